import type { Fields } from '../../model/edit.ts';
import { type Context, type Made, stillWanted, styleOf } from './mapping.ts';
import { columnOf, eolOf, isFirstOnLine, isLastOnLine, lineEnd, lineStart, type Splice, withoutLines } from './text.ts';
import { type Entry, type Node, type SequenceNode, skip } from './tree.ts';
import { entryText, flowText } from './value.ts';

/** A mapping as the last item of a list, written as the one before it. */
export function addItem(context: Context, list: SequenceNode, item: Fields): Made {
  const { text } = context;
  const last = list.items.at(-1);
  if (!last) return [{ from: list.from + 1, to: list.to - 1, by: flowText(item, styleOf(text, undefined)) }];
  const style = styleOf(text, last);
  if (list.isFlow) return addInBrackets(context, last, flowText(item, style));
  const dash = dashOf(text, list, list.items.length - 1);
  const blanks = ' '.repeat(columnOf(text, dash));
  const eol = eolOf(text);
  const gap = eol.repeat(1 + emptyLinesBefore(text, dash, list));
  const made =
    last.kind === 'mapping' && !last.isFlow ? blockLines(context, { dash, last, item }) : `- ${flowText(item, style)}`;
  const at = isLastOnLine(text, last.to) ? lineEnd(text, last.to) : last.to;
  return [{ from: at, to: at, by: `${gap}${blanks}${made}` }];
}

/** The first item of a list that says nothing yet. */
export function firstItem({ text }: Context, { colon, value }: Entry, item: Fields): Splice {
  const at = lineEnd(text, Math.max(colon, value.to));
  const blanks = ' '.repeat(columnOf(text, lineStart(text, at)) + 2);
  return { from: at, to: at, by: `${eolOf(text)}${blanks}- ${flowText(item, styleOf(text, undefined))}` };
}

/** A section of its own, where there is none, at the end of the file. */
export function newSection(text: string, name: string, item: Fields): Splice {
  const eol = eolOf(text);
  const isOpen = text !== '' && lineStart(text, text.length) !== text.length;
  const by = `${name}:${eol}  - ${flowText(item, styleOf(text, undefined))}`;
  return { from: text.length, to: text.length, by: isOpen ? `${eol}${by}` : `${by}${eol}` };
}

interface InBlock {
  readonly dash: number;
  readonly last: Node;
  readonly item: Fields;
}

/** A line for each entry, as far from the dash as in the item before. */
function blockLines({ text }: Context, { dash, last, item }: InBlock): string {
  const isBeside = lineStart(text, last.start) === lineStart(text, dash);
  const distance = isBeside ? Math.max(2, columnOf(text, last.start) - columnOf(text, dash)) : 2;
  const line = `${eolOf(text)}${' '.repeat(columnOf(text, dash) + distance)}`;
  const style = styleOf(text, last);
  return `-${' '.repeat(distance - 1)}${Object.entries(item)
    .map((entry) => entryText(entry, style))
    .join(line)}`;
}

/** A comment behind the last one stays with it. */
function addInBrackets({ text }: Context, last: Node, item: string): Splice[] {
  const comma = skip(text, last.to);
  const hasComma = text[comma] === ',';
  const end = hasComma ? comma + 1 : last.to;
  const separator = { from: last.to, to: last.to, by: hasComma ? '' : ',' };
  const isOnLines = isFirstOnLine(text, last.start) && isLastOnLine(text, end);
  const between = isOnLines ? `${eolOf(text)}${' '.repeat(columnOf(text, last.start))}` : ' ';
  const at = isOnLines ? lineEnd(text, end) : end;
  return [separator, { from: at, to: at, by: `${between}${item}${hasComma ? ',' : ''}` }];
}

/** Takes an item out with its lines; comments on lines of their own before and behind it stay. */
export function removeItem(context: Context, list: SequenceNode, index: number): Made {
  const { text } = context;
  const item = list.items[index]!;
  const unsafe = stillWanted(context, item);
  if (unsafe) return unsafe;
  if (list.isFlow) return removeInBrackets(context, list, index);
  const dash = dashOf(text, list, index);
  if (!isFirstOnLine(text, dash)) return { reason: 'its dash stands behind something else', at: dash };
  const isLast = index === list.items.length - 1;
  const from = isLast ? linesUp(text, dash, emptyLinesBefore(text, dash, list)) : dash;
  return [withoutLines(text, { from, to: Math.max(dash + 1, item.to) })];
}

function removeInBrackets({ text }: Context, { items }: SequenceNode, index: number): Splice[] {
  const { start, to } = items[index]!;
  const [before, after] = [items[index - 1], items[index + 1]];
  const comma = skip(text, to);
  const end = text[comma] === ',' ? comma + 1 : to;
  const isOnLines =
    isFirstOnLine(text, start) && isLastOnLine(text, end) && lineStart(text, start) >= (before?.to ?? 0);
  const own =
    isOnLines && (before || after) ? withoutLines(text, { from: start, to: end }) : { from: start, to: end, by: '' };
  if (after) return [isOnLines ? own : { from: start, to: after.start, by: '' }];
  if (!before) return [own];
  const previous = skip(text, before.to);
  const isBeside = lineEnd(text, before.to) >= start;
  if (isBeside) return [{ from: end === to ? before.to : previous + 1, to: end, by: '' }];
  return end === to ? [{ from: previous, to: previous + 1, by: '' }, own] : [own];
}

/** The dash of an item of a list in lines. */
function dashOf(text: string, { items, from }: SequenceNode, index: number): number {
  const before = items[index - 1];
  return before ? skip(text, before.to) : from;
}

/** Lines without anything between an item and the one before it; none where a comment stands there, too. */
function emptyLinesBefore(text: string, dash: number, { items }: SequenceNode): number {
  const before = items.findLast(({ to }) => to <= dash);
  if (!before) return 0;
  const between = text.slice(lineEnd(text, before.to), lineStart(text, dash));
  return /\S/.test(between) ? 0 : Math.max(0, (between.match(/\r\n?|\n/g) ?? []).length - 1);
}

function linesUp(text: string, at: number, count: number): number {
  let start = lineStart(text, at);
  for (let left = count; left > 0; left--)
    start = lineStart(text, text.startsWith('\r\n', start - 2) ? start - 2 : start - 1);
  return start;
}
