import type { Path, RawFile } from '../model/sources.ts';
import { valueAtPath } from './describe.ts';
import type { Fault, Validate } from './schema.ts';
import type { Document } from './yaml.ts';

/** What can be relied upon of a file that has faults. */
export interface Reliable {
  readonly content: RawFile;
  /** What is missing in it because it has a fault: nothing that hangs on it is reported a second time. */
  readonly leftOut: readonly Path[];
}

/** More than any path of the schema is long. */
const mostRounds = 12;

/**
 * Leaves out what has a fault and as little as possible besides, so that everything else is checked all the same: a
 * word, or what cannot be without that word. What others count by its index has a stand-in: undefined for a device, a
 * pattern of `include`, a source of people and one of registrations, a key of type `none`, a line of no extension.
 */
export function leaveOutFaulty(document: Document, faults: readonly Fault[], validate: Validate): Reliable {
  const { value } = document;
  const leftOut: Path[] = [];
  let open = faults;
  for (let round = 0; open.length > 0 && round < mostRounds && isFields(value); round++) {
    for (const { path } of open) leaveOut(value, path);
    leftOut.push(...open.flatMap(({ path, meant }) => (meant ? [path, meant] : [path])));
    open = validate(document).filter(({ path }) => !isStandIn(value, path));
  }
  return open.length === 0 && isFields(value) ? { content: value, leftOut } : { content: {}, leftOut: [[]] };
}

type Fields = Record<string | number, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sections with an entry that others name. */
const named: ReadonlySet<unknown> = new Set(['models', 'groups', 'extensions']);
/** Lists whose items keep their index. */
const counted: ReadonlySet<unknown> = new Set(['devices', 'include', 'people', 'registry', 'webhooks']);
const isLineWord = (step: unknown): boolean => step === 'lines' || step === 'extension';

function leaveOut(root: Fields, path: Path): void {
  const step = path.at(-1);
  const parent = valueAtPath(root, path.slice(0, -1));
  const key = keyWithin(root, path);
  if (step === undefined || typeof parent !== 'object' || parent === null) return;
  const fields: Fields = Object(parent);
  if (key) key.list[key.index] = { type: 'none', ...(step !== 'position' && positionOf(key.list[key.index])) };
  else if (Array.isArray(parent)) leaveOutItem(root, path, parent);
  else if (path.length === 2 && named.has(path[0]) && !isFields(fields[step])) fields[step] = {};
  else if (path[0] === 'devices' && path.length === 3 && isLineWord(step)) leaveOutLines(fields, step);
  else if (path[0] === 'devices' && path[2] === 'lines' && step === 'extension') fields[step] = '';
  else delete fields[step];
}

function leaveOutItem(root: Fields, path: Path, list: unknown[]): void {
  const index = Number(path.at(-1));
  if (path.length === 2 && counted.has(path[0])) list[index] = undefined;
  else if (path[0] === 'devices' && path[2] === 'lines') list[index] = { extension: '' };
  else leaveOut(root, path.slice(0, -1));
}

/** With both words there, the other one says which lines there are. */
function leaveOutLines(device: Fields, step: string | number): void {
  const hasBoth = device.lines !== undefined && device.extension !== undefined;
  delete device[step];
  if (!hasBoth) device.lines = [{ extension: '' }];
}

/** The key that a path leads into. */
function keyWithin(root: Fields, path: Path): { list: unknown[]; index: number } | undefined {
  const at = path.indexOf('keys');
  const list = at < 0 || at + 1 >= path.length ? undefined : valueAtPath(root, path.slice(0, at + 1));
  return Array.isArray(list) ? { list, index: Number(path[at + 1]) } : undefined;
}

const positionOf = (key: unknown): { position?: number } => {
  const position: unknown = Object(key).position;
  return typeof position === 'number' ? { position } : {};
};

/** Faults of stand-ins are none of the user's. */
function isStandIn(root: Fields, path: Path): boolean {
  if (counted.has(path[0]) && path.length > 1 && valueAtPath(root, path.slice(0, 2)) === undefined) return true;
  return path[0] === 'devices' && path.at(-1) === 'extension' && valueAtPath(root, path) === '';
}
