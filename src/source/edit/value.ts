import type { Fields, Value } from '../../model/edit.ts';

/** Whether it is a map. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON merge patch (RFC 7396): maps merge, null takes away, all else replaces. */
export function mergePatch(target: unknown, patch: Value): Value {
  if (!isFields(patch)) return patch;
  const merged = new Map<string, Value>(isFields(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch))
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  return Object.fromEntries(merged);
}

/** As our reader gives it: every scalar is text, and nothing is nothing. */
export function asRead(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? '' : value.map(asRead);
  if (!isFields(value)) return value === null || value === undefined ? '' : String(value);
  const entries = Object.entries(value).map(([key, inner]) => [key, asRead(inner)]);
  return entries.length === 0 ? '' : Object.fromEntries(entries);
}

/** How values are written: as what stands beside them. */
export interface Style {
  /** Every text and every key in quotes, as in JSON. */
  readonly isJson: boolean;
  readonly quote: '"' | "'";
}

/** On one line, within brackets of its own. */
export function flowText(value: Value, style: Style): string {
  if (Array.isArray(value)) return `[${value.map((item) => flowText(item, style)).join(', ')}]`;
  if (!isFields(value)) return scalarText(value as string | number | boolean | null, style);
  const entries = Object.entries(value).map((entry) => entryText(entry, style));
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

export const entryText = ([key, value]: readonly [string, Value], style: Style): string =>
  `${keyText(key, style)}: ${flowText(value, style)}`;

const keyText = (key: string, style: Style): string =>
  style.isJson || !isPlain(key) ? quotedText(key, style.quote) : key;

function scalarText(value: string | number | boolean | null, { isJson, quote }: Style): string {
  if (typeof value !== 'string') return String(value);
  return !isJson && isPlain(value) ? value : quotedText(value, quote);
}

/** Other readers of YAML see something else than a text in these. */
const words = /^(?:y|n|yes|no|on|off|true|false|null|none|nan|inf)$/i;

/** A text that no reader of YAML takes for anything else, wherever it stands. */
export const isPlain = (text: string): boolean =>
  /^[\p{L}_][\p{L}\p{N}_./+-]*(?: [\p{L}\p{N}_./+&-]+)*$/u.test(text) && !words.test(text);

/** What our own reader takes for a text, as all else, and others for a number: good enough beside another of its kind. */
const isPlainHere = (text: string): boolean => /^[\p{L}\p{N}_+][\p{L}\p{N}_./+-]*$/u.test(text);

function quotedText(text: string, quote: Style['quote']): string {
  if (quote === "'" && !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\ufeff]/u.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** In place of a scalar: in the quotes that it has, and without any where it has none and needs none. */
export function inPlaceOf(before: string, value: string | number | boolean | null): string {
  const [quote] = /^["']/.exec(before) ?? [];
  const text = String(value);
  if (quote === '"' || quote === "'") return quotedText(text, quote);
  if (typeof value !== 'string' || isPlain(text) || (isPlainHere(text) && isPlainHere(before))) return text;
  return quotedText(text, '"');
}
