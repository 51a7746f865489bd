import {
  EVENT_ID,
  type Event,
  FAILSAFE_SCHEMA,
  getScalarValue,
  load,
  mergeTag,
  parseEvents,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';
import type { Path } from '../model/sources.ts';
import type { Place, Problem } from '../problem.ts';

/** YAML text as a value whose every scalar is text, and the place of every path in it. */
export interface Document {
  readonly file: string;
  /** Undefined when the text cannot be read; then `problems` says why. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** The place of a value, or of the nearest enclosing one that the file has; `key` asks for the place of its key. */
  locate(path: Path, which?: 'value' | 'key'): Place;
}

// A MAC such as 001565123456 or 0015651234e6 would be read as a number, and the name "Null" as nothing:
// every scalar stays text, and the JSON Schema decides what it is.
const everyScalarIsText = FAILSAFE_SCHEMA.withTags(mergeTag);

/** Far more than a fleet needs; a bound against aliases of aliases. Merge keys are counted over the whole file, so they have none. */
const limits = { maxAliases: 1_000_000, maxTotalMergeKeys: -1, maxDepth: 40 };

/** Reads one YAML document. An empty one is an empty mapping. Never throws. */
export function parseYaml(file: string, text: string): Document {
  const locate = lazyLocator(file, text);
  try {
    return { file, value: load(text, { ...limits, schema: everyScalarIsText }), problems: [], locate };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    if (error.mark === undefined && /input is empty/.test(error.reason))
      return { file, value: {}, problems: [], locate };
    return { file, value: undefined, problems: [syntaxProblem(file, error)], locate };
  }
}

function syntaxProblem(file: string, error: YAMLException): Problem {
  const place = error.mark ? { file, line: error.mark.line + 1, column: error.mark.column + 1 } : { file };
  return { ...place, code: 'yaml', severity: 'error', message: error.reason };
}

interface Spot {
  readonly offset: number;
  readonly keyOffset?: number;
  readonly children?: ReadonlyMap<string, Spot>;
}

/** Places are asked for only when there is something to say: the text is read a second time then, and once. */
function lazyLocator(file: string, text: string): Document['locate'] {
  const memo: { root?: Spot; lines?: readonly number[] } = {};
  return (path, which = 'value') => {
    memo.root ??= spots(text);
    memo.lines ??= lineStarts(text);
    const { spot, reached } = descend(memo.root, path);
    const offset = which === 'key' && reached ? (spot.keyOffset ?? spot.offset) : spot.offset;
    return { file, ...lineAndColumn(memo.lines, offset) };
  };
}

function descend(root: Spot, path: Path): { spot: Spot; reached: boolean } {
  let spot = root;
  for (const step of path) {
    const child = spot.children?.get(String(step)) ?? spot.children?.get('<<')?.children?.get(String(step));
    if (!child) return { spot, reached: false };
    spot = child;
  }
  return { spot, reached: true };
}

function spots(text: string): Spot {
  try {
    return spotTree(text, parseEvents(text, { maxDepth: limits.maxDepth }));
  } catch {
    return { offset: 0 };
  }
}

function spotTree(text: string, events: readonly Event[]): Spot {
  const anchors = new Map<string, Spot>();
  let next = 0;
  let last = 0;

  function node(keyOffset?: number): Spot {
    const event = events[next++];
    if (event?.type === EVENT_ID.SCALAR) return anchored(event, scalar(event, keyOffset));
    if (event?.type === EVENT_ID.MAPPING) return anchored(event, mapping(event.start, keyOffset));
    if (event?.type === EVENT_ID.SEQUENCE) return anchored(event, sequence(event.start, keyOffset));
    if (event?.type === EVENT_ID.ALIAS) {
      const target = anchors.get(text.slice(event.anchorStart, event.anchorEnd));
      return { offset: event.anchorStart, keyOffset, children: target?.children };
    }
    return { offset: last, keyOffset };
  }

  function scalar(event: ScalarEvent, keyOffset?: number): Spot {
    if (event.valueStart >= 0) last = event.valueStart;
    return { offset: event.valueStart >= 0 ? event.valueStart : (keyOffset ?? last), keyOffset };
  }

  function mapping(start: number, keyOffset?: number): Spot {
    const children = new Map<string, Spot>();
    while (events[next]?.type !== EVENT_ID.POP && next < events.length) {
      const key = events[next++];
      if (key?.type !== EVENT_ID.SCALAR) return { offset: start, keyOffset, children };
      children.set(getScalarValue(text, key), node(key.valueStart));
    }
    next++;
    return { offset: start, keyOffset, children };
  }

  function sequence(start: number, keyOffset?: number): Spot {
    const children = new Map<string, Spot>();
    while (events[next]?.type !== EVENT_ID.POP && next < events.length) children.set(String(children.size), node());
    next++;
    return { offset: start, keyOffset, children };
  }

  function anchored(event: { anchorStart: number; anchorEnd: number }, spot: Spot): Spot {
    if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), spot);
    return spot;
  }

  if (events[next]?.type === EVENT_ID.DOCUMENT) next++;
  return node();
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lineAndColumn(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
