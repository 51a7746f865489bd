import { quoted } from '../problem.ts';
import type { Key, Line } from './device.ts';
import type { Extension } from './extension.ts';
import type { Fault } from './faults.ts';
import { nearestNumber } from './nearest.ts';
import type { RawKey } from './sources.ts';
import type { Model } from './vendor.ts';

export interface LayoutInput {
  readonly keys: readonly RawKey[];
  readonly lines: readonly Line[];
  /** How many lines the device is meant to have: more than `lines` where one has a fault. */
  readonly lineCount: number;
  readonly model: Model;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Whether a number may be an extension whose entry has a fault. */
  isLeftOut(number: string): boolean;
}

/**
 * Gives every key its position and label. Where lines take keys (`line_keys: shared`) and the list has no key of type
 * `line`, the device's lines come first, one each; a key without a position stands behind the one before it.
 * Fault paths start at the list of keys.
 */
export function layOutKeys(input: LayoutInput): { keys: readonly Key[]; faults: Fault[] } {
  const { keys, lines, model, extensions } = input;
  const faults: Fault[] = [];
  const laid = new Map<number, { key: Key; index?: number }>();
  for (const line of linesAsKeys({ keys, lines, model })) laid.set(line.position, { key: line });
  const positions = positionsOf(keys, laid.size + 1);
  for (const [index, raw] of keys.entries()) {
    const position = positions[index] ?? 0;
    const other = laid.get(position);
    if (other) faults.push(samePosition(index, position, other));
    else laid.set(position, { key: toKey(raw, position, { lines, extensions }), index });
    faults.push(...keyFaults(raw, { ...input, index, position }));
  }
  const placed = [...laid.values()].map(({ key }) => Object.freeze(key));
  return { keys: placed.sort((a, b) => a.position - b.position), faults };
}

/** The position of each key of a list; one that does not say its own stands behind the one before it. */
export function positionsOf(keys: readonly RawKey[], first: number): number[] {
  let next = first;
  return keys.map(({ position = next }) => {
    next = position + 1;
    return position;
  });
}

/** Whether every line of the device takes a key by itself, before those of the list. */
export const takesLineKeys = (keys: readonly RawKey[], model: Pick<Model, 'line_keys'>): boolean =>
  model.line_keys === 'shared' && !keys.some(({ type }) => type === 'line');

function linesAsKeys({ keys, lines, model }: Pick<LayoutInput, 'keys' | 'lines' | 'model'>): Key[] {
  if (!takesLineKeys(keys, model)) return [];
  return lines.map(({ index, label }) => ({ position: index, type: 'line', line: index, value: '', label }));
}

function toKey(raw: RawKey, position: number, { lines, extensions }: Pick<LayoutInput, 'lines' | 'extensions'>): Key {
  const line = raw.line ?? 1;
  const value = raw.value ?? '';
  const name = raw.type === 'line' ? lines[line - 1]?.label : extensions.get(value)?.name;
  return { position, type: raw.type, line, value, label: raw.label ?? name ?? value };
}

interface KeyContext extends LayoutInput {
  readonly index: number;
  readonly position: number;
}

/** Types of keys that do nothing without a value. */
const needsValue: ReadonlySet<string> = new Set(['blf', 'speed_dial', 'dtmf', 'park', 'intercom', 'forward']);

function keyFaults(
  raw: RawKey,
  { index, position, lineCount, model, extensions, isLeftOut }: KeyContext,
): readonly Fault[] {
  const faults: Fault[] = [];
  const add = (code: Fault['code'], step: string | undefined, message: string) =>
    faults.push({ code, path: step === undefined ? [index] : [index, step], message, severity: 'error' });
  if (position > model.keys)
    add('too-many-keys', undefined, `key on position ${position}; ${model.title} has ${model.keys} keys`);
  if (raw.type !== 'none' && !model.key_types.includes(raw.type))
    add(
      'unsupported-key',
      'type',
      `${model.title} has no key of type ${raw.type}; wanted one of ${model.key_types.join(', ')}`,
    );
  if ((raw.line ?? 1) > Math.max(1, lineCount))
    add(
      'unknown-line',
      'line',
      `key works on line ${raw.line}, but the device has ${lineCount} ${lineCount === 1 ? 'line' : 'lines'}`,
    );
  if (needsValue.has(raw.type) && !raw.value)
    add('schema', undefined, `key of type ${raw.type} has no value; wanted the number or extension it is for`);
  else if (
    raw.type === 'blf' &&
    raw.label === undefined &&
    !extensions.has(raw.value ?? '') &&
    !isLeftOut(raw.value ?? '')
  )
    add('unknown-extension', 'value', watchesNobody(raw.value ?? '', extensions));
  return faults;
}

function watchesNobody(value: string, extensions: ReadonlyMap<string, Extension>): string {
  const guess = nearestNumber(value, extensions);
  const hint = guess ? `did you mean "${guess}"?` : 'wanted one of `extensions`';
  return `key of type blf watches ${quoted(value)}, which is no extension; ${hint} (give the key a label if it is a parking lot or a feature code)`;
}

function samePosition(index: number, position: number, other: { key: Key; index?: number }): Fault {
  const message = `two keys stand on position ${position}`;
  const fault = { code: 'duplicate-key', path: [index], severity: 'error' } as const;
  return other.index === undefined
    ? { ...fault, message: `${message} (the other is the key of line ${other.key.line})` }
    : { ...fault, message, relatedPath: [other.index] };
}
