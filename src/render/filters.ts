import { nearest } from '../model/nearest.ts';
import { type ClockChange, onOrAfter, withinDay } from '../model/timezone.ts';

/** A filter of a template: `{{ value | name(...rest) }}`. Throws where the value is not of its kind. */
export type Filter = (value: unknown, ...rest: unknown[]) => unknown;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The first `most` code points of a text, for phones that show or keep no more. Never cuts through what people see as
 * one character: a surrogate pair, a base with its combining marks, a joined emoji.
 */
export function cut(value: unknown, most: unknown): string {
  const text = String(value);
  const limit = Number(most);
  if (text.length <= limit) return text;
  let room = limit;
  let end = 0;
  for (const { segment } of graphemes.segment(text)) {
    room -= [...segment].length;
    if (room < 0) break;
    end += segment.length;
  }
  return text.slice(0, end).trimEnd();
}

/** The first `most` bytes of UTF-8, for phones that count those; never through what people see as one character. */
export function cutBytes(value: unknown, most: unknown): string {
  const text = String(value);
  const limit = Number(most);
  if (Buffer.byteLength(text) <= limit) return text;
  let room = limit;
  let end = 0;
  for (const { segment } of graphemes.segment(text)) {
    room -= Buffer.byteLength(segment);
    if (room < 0) break;
    end += segment.length;
  }
  return text.slice(0, end).trimEnd();
}

/** The vendor's word for one of ours: `{{ settings.dtmf | word(t.dtmf) }}`. */
export function word(value: unknown, table: unknown): unknown {
  if (typeof table !== 'object' || table === null) throw new TypeError('the vendor has no such table');
  const ours = String(value);
  if (Object.hasOwn(table, ours)) return Reflect.get(table, ours);
  const known = Object.keys(table);
  const guess = nearest(ours, known);
  throw new RangeError(
    `the vendor has no word for "${ours}"; ${guess ? `did you mean "${guess}"?` : `known are ${known.join(', ')}`}`,
  );
}

/** Seconds as `02:00`, `-05:30`: a time of day, or an offset from UTC. */
export function hhmm(value: unknown): string {
  const seconds = Number(value);
  if (!Number.isFinite(seconds)) throw new TypeError('hhmm wants seconds');
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${seconds < 0 ? '-' : ''}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const onClockChange =
  (change: (value: ClockChange) => unknown): Filter =>
  (value) => {
    if (!isClockChange(value)) throw new TypeError('wanted time.dst.start or time.dst.end');
    return change(value);
  };

const isClockChange = (value: unknown): value is ClockChange =>
  typeof value === 'object' && value !== null && 'week' in value && 'weekday' in value && 'time' in value;

/** What a template has besides `pureBuiltins`. */
export const filters: Readonly<Record<string, Filter>> = {
  cut,
  cut_bytes: cutBytes,
  word,
  hhmm,
  within_day: onClockChange(withinDay),
  on_or_after: onClockChange(onOrAfter),
};

/**
 * The template language's own filters that give the same answer each time and leave escaping alone. Not among them:
 * `safe`, `escape` and their kin (escaping is the engine's), `random`, `dump` (would print what is no value).
 */
export const pureBuiltins: readonly string[] = [
  ...['abs', 'batch', 'capitalize', 'd', 'default', 'dictsort', 'first', 'float', 'groupby', 'int', 'join', 'last'],
  ...[
    'length',
    'list',
    'lower',
    'reject',
    'rejectattr',
    'replace',
    'reverse',
    'round',
    'select',
    'selectattr',
    'slice',
  ],
  ...['sort', 'sum', 'title', 'trim', 'truncate', 'upper', 'urlencode', 'wordcount'],
];
