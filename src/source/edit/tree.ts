import { eventsOf, type YamlEvent, yamlEvents } from '../yaml.ts';
import { lineEnd, type Span } from './text.ts';

interface Common extends Span {
  /** Where its anchor or its tag begins, or itself. */
  readonly start: number;
  readonly anchor?: string;
}

/** A node with the place of all of it: a scalar with its quotes or its header, a collection up to its last child or its bracket. */
export type Node = ScalarNode | AliasNode | MappingNode | SequenceNode;

export interface ScalarNode extends Common {
  readonly kind: 'scalar';
  readonly value: string;
  readonly style: 'plain' | 'single' | 'double' | 'block' | 'none';
}

export interface AliasNode extends Common {
  readonly kind: 'alias';
  readonly name: string;
}

export interface Entry {
  readonly key: Node;
  readonly value: Node;
  /** Behind the colon; behind the key where there is none. */
  readonly colon: number;
}

export interface MappingNode extends Common {
  readonly kind: 'mapping';
  readonly isFlow: boolean;
  readonly entries: readonly Entry[];
}

export interface SequenceNode extends Common {
  readonly kind: 'sequence';
  readonly isFlow: boolean;
  readonly items: readonly Node[];
}

/** A text as a tree of nodes. */
export interface Tree {
  /** Undefined where there is nothing but comments. */
  readonly root: Node | undefined;
  readonly documents: number;
  /** Offsets of the aliases, by the name of their anchor. */
  readonly aliases: ReadonlyMap<string, readonly number[]>;
}

const { id, style, collection } = yamlEvents;

type Event<Type extends YamlEvent['type']> = Extract<YamlEvent, { type: Type }>;

/** @throws YAMLException when it is no YAML */
export function treeOf(text: string): Tree {
  const events = eventsOf(text);
  const aliases = new Map<string, number[]>();
  let next = 1;

  const hasMore = () => next < events.length && events[next]?.type !== id.POP;

  /** `after` is where the text has been read up to: something without a text of its own stands there. */
  function node(after: number): Node {
    const event = events[next++];
    if (event?.type === id.ALIAS) return alias(event);
    if (event?.type === id.MAPPING) return mapping(event);
    if (event?.type === id.SEQUENCE) return sequence(event);
    if (event?.type === id.SCALAR) return scalar(event, after);
    return { kind: 'scalar', style: 'none', value: '', start: after, from: after, to: after };
  }

  function alias({ anchorStart, anchorEnd }: Event<5>): AliasNode {
    const name = text.slice(anchorStart, anchorEnd);
    aliases.set(name, [...(aliases.get(name) ?? []), anchorStart - 1]);
    return { kind: 'alias', name, start: anchorStart - 1, from: anchorStart - 1, to: anchorEnd };
  }

  function scalar(event: Event<4>, after: number): ScalarNode {
    const span = spanOf(text, event) ?? emptyBehind(event, after);
    const value = event.valueStart < 0 ? '' : yamlEvents.valueOf(text, event);
    return { kind: 'scalar', value, style: styleOf(event), ...span, ...properties(event, span.from) };
  }

  function mapping(event: Event<3>): MappingNode {
    const entries: Entry[] = [];
    const isFlow = event.style === collection.FLOW;
    let last = isFlow && text[event.start] === '{' ? event.start + 1 : event.start;
    while (hasMore()) {
      const key = node(last);
      const colon = behindColon(text, key.to);
      const value = node(colon);
      entries.push({ key, value, colon });
      last = Math.max(colon, value.to);
    }
    next++;
    return { kind: 'mapping', isFlow, entries, ...closed(event, last) };
  }

  function sequence(event: Event<2>): SequenceNode {
    const items: Node[] = [];
    const isFlow = event.style === collection.FLOW;
    let last = isFlow ? event.start + 1 : event.start;
    while (hasMore()) {
      const item = node(isFlow ? last : skip(text, last) + 1);
      items.push(item);
      last = Math.max(last, item.to);
    }
    next++;
    return { kind: 'sequence', isFlow, items, ...closed(event, last) };
  }

  /** A pair within brackets is a mapping without any of its own. */
  function closed(event: Event<2> | Event<3>, last: number): Common {
    const hasBracket = event.style === collection.FLOW && /[[{]/.test(text[event.start] ?? '');
    const to = hasBracket ? closingBracket(text, last) + 1 : last;
    return { from: event.start, to, ...properties(event, event.start) };
  }

  function properties(event: Event<2 | 3 | 4>, from: number): { start: number; anchor?: string } {
    const { anchorStart, anchorEnd, tagStart } = event;
    const starts = [from, ...(anchorStart < 0 ? [] : [anchorStart - 1]), ...(tagStart < 0 ? [] : [tagStart])];
    return { start: Math.min(...starts), ...(anchorStart >= 0 && { anchor: text.slice(anchorStart, anchorEnd) }) };
  }

  const documents = events.filter(({ type }) => type === id.DOCUMENT).length;
  const root = hasMore() ? node(0) : undefined;
  return { root: root?.kind === 'scalar' && root.style === 'none' ? undefined : root, documents, aliases };
}

function emptyBehind({ anchorEnd, tagEnd }: Event<4>, after: number): Span {
  const at = Math.max(after, anchorEnd, tagEnd);
  return { from: at, to: at };
}

function spanOf(text: string, { valueStart, valueEnd, style: how }: Event<4>): Span | undefined {
  if (valueStart < 0) return undefined;
  if (how === style.SINGLE_QUOTED || how === style.DOUBLE_QUOTED) return { from: valueStart - 1, to: valueEnd + 1 };
  if (how === style.PLAIN) return { from: valueStart, to: valueEnd };
  const line = text.lastIndexOf('\n', valueStart - 2) + 1;
  const [header = ''] = /[|>][-+\d]*[ \t]*(?:#.*)?\r?\n$/.exec(text.slice(line, valueStart)) ?? [];
  const body = text.slice(valueStart, valueEnd);
  // With + the empty lines at the end are a part of it.
  const end = /^.[-\d]*\+/.test(header) ? body.replace(/\r?\n$/, '') : body.trimEnd();
  return { from: valueStart - header.length, to: valueStart + end.length };
}

function styleOf({ style: how, valueStart }: Event<4>): ScalarNode['style'] {
  if (valueStart < 0) return 'none';
  if (how === style.PLAIN) return 'plain';
  if (how === style.SINGLE_QUOTED) return 'single';
  return how === style.DOUBLE_QUOTED ? 'double' : 'block';
}

/** Past blanks, line breaks and comments. */
export function skip(text: string, from: number): number {
  for (let at = from; ; at++) {
    // It begins a comment at the start of a line, behind a blank, and behind what is none of a scalar.
    if (text[at] === '#' && /^$|[\s,[\]{}]/.test(text[at - 1] ?? '')) at = lineEnd(text, at);
    if (!/[ \t\r\n]/.test(text[at] ?? '')) return at;
  }
}

function behindColon(text: string, key: number): number {
  const at = skip(text, key);
  return text[at] === ':' ? at + 1 : key;
}

/** Behind the last child there are only commas, a colon without a value, and comments. */
function closingBracket(text: string, from: number): number {
  let at = skip(text, from);
  while (/[,:?]/.test(text[at] ?? '')) at = skip(text, at + 1);
  return at;
}
