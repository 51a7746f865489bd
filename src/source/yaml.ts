import {
  type AliasEvent,
  COLLECTION_STYLE,
  defineScalarTag,
  EVENT_ID,
  type Event,
  FAILSAFE_SCHEMA,
  getScalarValue,
  load,
  mergeTag,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type Schema,
  YAMLException,
} from 'js-yaml';
import type { Path } from '../model/sources.ts';
import { type Place, type Problem, quoted } from '../problem.ts';
import { circleIn } from './circles.ts';
import { lineAndColumn, lineStarts } from './lines.ts';
import { createPool } from './pool.ts';
import { yamlMessage } from './yaml-words.ts';

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
function everyScalarIsText(): Schema {
  const text = { resolve: createPool(), identify: (value: unknown) => typeof value === 'string' };
  return FAILSAFE_SCHEMA.withTags(mergeTag, defineScalarTag('tag:yaml.org,2002:str', text));
}

/** A scalar of a YAML text, and where all of it stands: with its quotes, or the header of its block. Offsets are UTF-16 units. */
export interface Leaf {
  readonly path: Path;
  readonly value: string;
  readonly from: number;
  readonly to: number;
  readonly style: 'plain' | 'quoted' | 'block' | 'alias';
  /** Blanks before each line of a block. */
  readonly indent: number;
  /** Where the key begins that the first step of the path is: what stands at the top of the file. */
  readonly section: number;
}

/** The scalars of the first document, in order, and the aliases, without a value; those that are not there (`name:`) are left out. @throws YAMLException */
export function leavesOf(text: string): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const events = parseEvents(text, { maxDepth: limits.maxDepth });
  let next = events[0]?.type === EVENT_ID.DOCUMENT ? 1 : 0;
  let section = 0;

  function node(path: Path): void {
    const event = events[next++];
    if (event?.type === EVENT_ID.SCALAR && event.valueStart >= 0)
      leaves.push({ ...leafOf(text, event), path, section });
    if (event?.type === EVENT_ID.ALIAS)
      leaves.push({ ...noValue, from: event.anchorStart - 1, to: event.anchorEnd, path, section });
    if (event?.type === EVENT_ID.SEQUENCE) {
      for (let index = 0; hasMore(); index++) node([...path, index]);
      next++;
    }
    if (event?.type === EVENT_ID.MAPPING) {
      while (hasMore()) entry(path);
      next++;
    }
  }

  function entry(path: Path): void {
    const key = events[next];
    if (key?.type !== EVENT_ID.SCALAR) node(path);
    else next++;
    if (key?.type === EVENT_ID.SCALAR && path.length === 0) section = key.valueStart;
    node([...path, key?.type === EVENT_ID.SCALAR ? getScalarValue(text, key) : '']);
  }

  const hasMore = () => next < events.length && events[next]?.type !== EVENT_ID.POP;
  node([]);
  return leaves;
}

const noValue = { value: '', style: 'alias', indent: -1 } as const;
const quotes: ReadonlySet<number> = new Set([SCALAR_STYLE.SINGLE_QUOTED, SCALAR_STYLE.DOUBLE_QUOTED]);

function leafOf(text: string, event: ScalarEvent): Omit<Leaf, 'path' | 'section'> {
  const { valueStart, valueEnd, indent } = event;
  const value = getScalarValue(text, event);
  if (event.style === SCALAR_STYLE.PLAIN) return { value, from: valueStart, to: valueEnd, style: 'plain', indent };
  if (quotes.has(event.style)) return { value, from: valueStart - 1, to: valueEnd + 1, style: 'quoted', indent };
  const line = text.lastIndexOf('\n', valueStart - 2) + 1;
  const header = /[|>][-+\d]*[ \t]*(?:#.*)?\r?\n$/.exec(text.slice(line, valueStart))?.index ?? 0;
  const body = text.slice(valueStart, valueEnd).trimEnd();
  return { value, from: line + header, to: valueStart + body.length, style: 'block', indent };
}

/** Far more than a fleet needs; a bound against aliases of aliases. Merge keys are counted over the whole file, so they have none. */
const limits = { maxAliases: 1_000_000, maxTotalMergeKeys: -1, maxDepth: 40 };

/** What `edit/` makes its tree of. */
export const yamlEvents = { id: EVENT_ID, style: SCALAR_STYLE, collection: COLLECTION_STYLE, valueOf: getScalarValue };
export type YamlEvent = Event;

/** The events of a text, with the offsets of what they are about. @throws YAMLException */
export const eventsOf = (text: string): readonly YamlEvent[] => parseEvents(text, { maxDepth: limits.maxDepth });

/** Reads one YAML document. An empty one is an empty mapping; of a key that is given twice the last one counts. Never throws. */
export function parseYaml(file: string, text: string): Document {
  const places = lazyPlaces(file, text);
  const { locate } = places;
  const read = (json: boolean) => load(text, { ...limits, schema: everyScalarIsText(), json });
  try {
    return withoutCircles({ file, value: read(false), problems: [], locate }, text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    if (/input is empty$/.test(error.reason)) return { file, value: {}, problems: [], locate };
    if (error.reason !== 'duplicated mapping key')
      return { file, value: undefined, problems: [places.problem(error)], locate };
  }
  // A key that is given twice is no reason to hide every other fault of the file.
  try {
    return withoutCircles({ file, value: read(true), problems: places.duplicates(), locate }, text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return { file, value: undefined, problems: [places.problem(error)], locate };
  }
}

/** A value that an alias makes a part of itself has no end, and nobody wants one. */
function withoutCircles(document: Document, text: string): Document {
  const path = text.includes('&') ? circleIn(document.value) : undefined;
  if (!path) return document;
  const place = document.locate(path);
  const problem: Problem = { ...place, code: 'yaml', severity: 'error', message: yamlMessage('recursive alias') };
  return { ...document, value: undefined, problems: [...document.problems, problem] };
}

interface Spot {
  readonly offset: number;
  readonly keyOffset?: number;
  readonly children?: ReadonlyMap<string, Spot>;
}

/** A key that its mapping had before. */
interface Duplicate {
  /** Not shown when it has no value: it may be the part of a password behind a comma. */
  readonly name?: string;
  readonly offset: number;
  readonly other: number;
}

interface Spots {
  readonly root: Spot;
  readonly duplicates: readonly Duplicate[];
  /** Where a second document begins. */
  readonly second?: number;
}

/** Places are asked for only when there is something to say: the text is read a second time then, and once. */
function lazyPlaces(file: string, text: string) {
  const memo: { spots?: Spots; lines?: readonly number[] } = {};
  const spots = () => {
    memo.spots ??= spotsOf(text);
    return memo.spots;
  };
  const placeOf = (offset: number): Place => {
    memo.lines ??= lineStarts(text);
    return { file, ...lineAndColumn(memo.lines, offset) };
  };
  return {
    locate(path: Path, which: 'value' | 'key' = 'value'): Place {
      const { spot, reached } = descend(spots().root, path);
      return placeOf(which === 'key' && reached ? (spot.keyOffset ?? spot.offset) : spot.offset);
    },
    duplicates: (): Problem[] => spots().duplicates.map((duplicate) => duplicateProblem(duplicate, placeOf)),
    problem({ mark, reason }: YAMLException): Problem {
      const offset = mark ? mark.position - (/^unidentified alias/.test(reason) ? 1 : 0) : spots().second;
      const place = offset === undefined ? { file } : placeOf(Math.min(offset, text.length));
      return { ...place, code: 'yaml', severity: 'error', message: yamlMessage(reason) };
    },
  };
}

function duplicateProblem({ name, offset, other }: Duplicate, placeOf: (offset: number) => Place): Problem {
  const first = placeOf(other);
  const message = `the key ${name === undefined ? '' : `${quoted(name)} `}is given twice (the other: line ${first.line})`;
  return { ...placeOf(offset), code: 'yaml', severity: 'error', message, related: [first] };
}

function descend(root: Spot, path: Path): { spot: Spot; reached: boolean } {
  let spot = root;
  for (const step of path) {
    const child = childOf(spot, String(step));
    if (!child) return { spot, reached: false };
    spot = child;
  }
  return { spot, reached: true };
}

/** Its own, or that of what it merges: a mapping, or the first of a list of them that has it. */
function childOf({ children }: Spot, step: string): Spot | undefined {
  const own = children?.get(step);
  const merged = children?.get('<<');
  if (own || !merged) return own;
  const sources = [merged, ...(merged.children?.has('0') ? merged.children.values() : [])];
  return sources.map((source) => childOf(source, step)).find((child) => child !== undefined);
}

function spotsOf(text: string): Spots {
  try {
    return spotTree(text, parseEvents(text, { maxDepth: limits.maxDepth }));
  } catch {
    return { root: { offset: 0 }, duplicates: [] };
  }
}

function spotTree(text: string, events: readonly Event[]): Spots {
  const anchors = new Map<string, Spot>();
  const duplicates: Duplicate[] = [];
  let next = 0;
  /** Up to where the text has been read. */
  let last = 0;

  function node(keyOffset?: number): Spot {
    const event = events[next++];
    if (event?.type === EVENT_ID.SCALAR) return anchored(event, scalar(event, keyOffset));
    if (event?.type === EVENT_ID.MAPPING) return anchored(event, mapping(event.start, keyOffset));
    if (event?.type === EVENT_ID.SEQUENCE) return anchored(event, sequence(event.start, keyOffset));
    if (event?.type === EVENT_ID.ALIAS) return alias(event, keyOffset);
    return { offset: last, keyOffset };
  }

  function scalar(event: ScalarEvent, keyOffset?: number): Spot {
    if (event.valueStart < 0) return { offset: keyOffset ?? last, keyOffset };
    last = event.valueEnd;
    return { offset: event.valueStart, keyOffset };
  }

  function alias({ anchorStart, anchorEnd }: AliasEvent, keyOffset?: number): Spot {
    last = anchorEnd;
    const target = anchors.get(text.slice(anchorStart, anchorEnd));
    return { offset: anchorStart - 1, keyOffset, children: target?.children };
  }

  function mapping(start: number, keyOffset?: number): Spot {
    const children = new Map<string, Spot>();
    last = start;
    while (hasMore()) {
      const key = events[next];
      const at = node();
      if (key?.type !== EVENT_ID.SCALAR) node();
      else add(getScalarValue(text, key), at, children);
    }
    next++;
    return { offset: start, keyOffset, children };
  }

  function add(name: string, key: Spot, children: Map<string, Spot>): void {
    const value = node(key.offset);
    const other = children.get(name);
    const isShown = value.children !== undefined || value.offset !== key.offset;
    if (other && name !== '<<')
      duplicates.push({ ...(isShown && { name }), offset: key.offset, other: other.keyOffset ?? other.offset });
    children.set(name, value);
  }

  function sequence(start: number, keyOffset?: number): Spot {
    const children = new Map<string, Spot>();
    last = start;
    while (hasMore()) {
      const event = events[next];
      if (event?.type === EVENT_ID.SCALAR && event.valueStart < 0) last = dashBehind(text, last);
      children.set(String(children.size), node());
      if (event?.type === EVENT_ID.SCALAR && event.valueStart < 0) last++;
    }
    next++;
    return { offset: start, keyOffset, children };
  }

  const hasMore = () => next < events.length && events[next]?.type !== EVENT_ID.POP;

  function anchored(event: { anchorStart: number; anchorEnd: number }, spot: Spot): Spot {
    if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), spot);
    return spot;
  }

  if (events[next]?.type === EVENT_ID.DOCUMENT) next++;
  const root = node();
  // POP and DOCUMENT of the next one stand before its first node.
  next += 2;
  return { root, duplicates, ...(next < events.length && { second: node().offset }) };
}

/** The dash of a list's item that has no value. */
function dashBehind(text: string, from: number): number {
  const dash = /(?<=^[ \t]*(?:-[ \t]+)*)-(?=\s|$)/gm;
  dash.lastIndex = from;
  return dash.exec(text)?.index ?? from;
}
