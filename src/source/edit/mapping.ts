import type { Fields, Value } from '../../model/edit.ts';
import {
  columnOf,
  eolOf,
  isFirstOnLine,
  isLastOnLine,
  lineEnd,
  type Splice,
  type Unsafe,
  withoutLines,
} from './text.ts';
import type { Entry, MappingNode, Node, Tree } from './tree.ts';
import { entryText, flowText, inPlaceOf, isFields, mergePatch, type Style } from './value.ts';

export interface Context {
  readonly text: string;
  readonly tree: Tree;
}

export type Made = readonly Splice[] | Unsafe;

export const isUnsafe = (made: Made): made is Unsafe => 'reason' in made;

/** How a mapping is written, by its first key and the first text in it that stands in quotes. */
export function styleOf(text: string, node: Node | undefined): Style {
  if (node?.kind !== 'mapping') return { isJson: false, quote: '"' };
  const quotes = node.entries.flatMap(({ value }) => (/["']/.test(text[value.from] ?? '') ? [text[value.from]] : []));
  return { isJson: text[node.entries[0]?.key.from ?? -1] === '"', quote: quotes[0] === "'" ? "'" : '"' };
}

/**
 * Does to a mapping what a JSON merge patch (RFC 7396) says. `current` is what it is read as, with all that it merges.
 * Entries that the patch does not name keep every byte.
 */
export function patchMapping(
  context: Context,
  node: MappingNode,
  { patch, current }: { patch: Fields; current: Fields },
): Made {
  const splices: Splice[] = [];
  const removed = new Set<Entry>();
  const added: [string, Value][] = [];
  for (const [key, value] of Object.entries(patch)) {
    const entry = node.entries.find((one) => one.key.kind === 'scalar' && one.key.value === key);
    const isInherited = !entry && Object.hasOwn(current, key);
    if (value === null && isInherited)
      return { reason: `"${key}" comes from a mapping that is merged here (<<)`, at: node.from };
    if (!entry && value === null) continue;
    if (!entry) added.push([key, isFields(value) ? mergePatch(current[key], value) : value]);
    else if (value === null) removed.add(entry);
    else {
      const made = changeEntry(context, entry, { patch: value, current: current[key] ?? '' });
      if (isUnsafe(made)) return made;
      splices.push(...made);
    }
  }
  for (const { value } of removed) {
    const unsafe = stillWanted(context, value);
    if (unsafe) return unsafe;
  }
  return [...splices, ...withoutEntries(context, node, removed), ...withEntries(context, node, { added, removed })];
}

function changeEntry(context: Context, entry: Entry, { patch, current }: { patch: Value; current: Value }): Made {
  const { value } = entry;
  if (value.kind === 'alias')
    return { reason: `it is an alias of &${value.name}, which others may have too`, at: value.from };
  if (isFields(patch) && value.kind === 'mapping' && isFields(current))
    return patchMapping(context, value, { patch, current });
  return (
    stillWanted(context, value) ?? [replaced(context, entry, isFields(patch) ? mergePatch(current, patch) : patch)]
  );
}

/** What somebody else refers to is not taken away. */
export function stillWanted({ tree }: Context, node: Node): Unsafe | undefined {
  const anchors = anchorsIn(node);
  const name = anchors.find((anchor) => tree.aliases.get(anchor)?.some((at) => at < node.start || at >= node.to));
  return name === undefined
    ? undefined
    : { reason: `it has the anchor &${name}, which an alias elsewhere refers to`, at: node.start };
}

function anchorsIn(node: Node): string[] {
  const own = node.kind !== 'alias' && node.anchor !== undefined ? [node.anchor] : [];
  if (node.kind === 'sequence') return [...own, ...node.items.flatMap(anchorsIn)];
  if (node.kind !== 'mapping') return own;
  return [...own, ...node.entries.flatMap(({ key, value }) => [...anchorsIn(key), ...anchorsIn(value)])];
}

/** A scalar keeps its quotes; what had lines of its own comes behind the colon. */
function replaced({ text }: Context, { key, value: node, colon }: Entry, value: Value): Splice {
  const isScalar = !Array.isArray(value) && !isFields(value);
  const style = { isJson: text[key.from] === '"', quote: '"' } as const;
  if (node.kind === 'scalar' && node.style !== 'none' && node.style !== 'block' && isScalar)
    return { from: node.from, to: node.to, by: inPlaceOf(text.slice(node.from, node.to), value as string) };
  const by = flowText(value, style);
  const isOnLine = !/[\r\n]/.test(text.slice(colon, node.from)) && !(node.kind === 'scalar' && node.style === 'none');
  if (isOnLine) return { from: node.from, to: node.to, by };
  return { from: colon, to: Math.max(colon, node.to), by: `${text[colon - 1] === ':' ? '' : ':'} ${by}` };
}

/** Runs of entries, with the comma that parts them from what stays, or with the lines they stand on. */
function withoutEntries({ text }: Context, node: MappingNode, removed: ReadonlySet<Entry>): Splice[] {
  const { entries, isFlow } = node;
  if (removed.size === 0) return [];
  const splices: Splice[] = [];
  for (let first = 0; first < entries.length; first++) {
    if (!removed.has(entries[first]!)) continue;
    let next = first;
    while (next < entries.length && removed.has(entries[next]!)) next++;
    const [from, to] = [entries[first]!.key.start, endOf(entries[next - 1]!)];
    const [before, after] = [entries[first - 1], entries[next]];
    if (!before && !after) splices.push({ from, to, by: isFlow ? '' : '{}' });
    else if (!isFlow && isFirstOnLine(text, from)) splices.push(withoutLines(text, { from, to }));
    else if (after) splices.push({ from, to: after.key.start, by: '' });
    else splices.push({ from: endOf(before!), to, by: '' });
    first = next;
  }
  return splices;
}

interface Adding {
  readonly added: readonly (readonly [string, Value])[];
  readonly removed: ReadonlySet<Entry>;
}

/** Behind the last entry that stays: on its line within brackets, else on lines of their own. */
function withEntries({ text }: Context, node: MappingNode, { added, removed }: Adding): Splice[] {
  if (added.length === 0) return [];
  const style = styleOf(text, node);
  const texts = added.map((entry) => entryText(entry, style));
  const last = node.entries.findLast((entry) => !removed.has(entry));
  if (!last) return [{ from: node.from + 1, to: node.from + 1, by: ` ${texts.join(', ')} ` }];
  const end = endOf(last);
  const start = last.key.start;
  const line = `${eolOf(text)}${' '.repeat(columnOf(text, node.isFlow ? start : node.start))}`;
  if (node.isFlow) {
    const part = isFirstOnLine(text, start) ? `,${line}` : ', ';
    return [{ from: end, to: end, by: texts.map((one) => part + one).join('') }];
  }
  const at = isLastOnLine(text, end) ? lineEnd(text, end) : end;
  return [{ from: at, to: at, by: texts.map((one) => line + one).join('') }];
}

const endOf = ({ colon, value }: Entry): number => Math.max(colon, value.to);
