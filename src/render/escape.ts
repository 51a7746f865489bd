import { Secret } from '../model/secret.ts';
import type { Format } from '../model/vendor.ts';
import { markSecret } from './secrets.ts';

/**
 * What a value may need before it stands in a file: escaping, or a refusal. Everything else passes after this one test,
 * which runs for every value of every file. The bullet is there because a `Secret` that was printed by accident is a
 * row of them.
 */
const special: Readonly<Record<Format, RegExp>> = {
  cfg: /[\0-\x1f\x7f-\x9f\u2022\u2028\u2029]/,
  xml: /[\0-\x1f\x7f-\x9f&<>"'\u2022\ufffe\uffff]/,
};

/** A TAB in an attribute is read back as a space unless it is written as a reference (XML 1.0, 3.3.3). */
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\t': '&#9;',
};

/** XML 1.0, 2.2, has no form for these, not even an escaped one; line breaks are a fault in every value we know of. */
const refused: Readonly<Record<Format, RegExp>> = {
  cfg: /[\0-\x1f\x7f-\x9f\u2028\u2029]/,
  xml: /[\0-\x08\x0a-\x1f\x7f-\x9f\ufffe\uffff]/,
};

const dots = String(new Secret(''));

/** True for text that can stand in a file of the format as it is. */
export const isPlain = (format: Format, text: string): boolean => !special[format].test(text);

/**
 * Text as it stands in a file of the format, so that it cannot break out of its place. A `cfg` value ends with its line
 * and knows no escaping at all, hence it is refused when it holds a line break or another control character.
 * @throws RangeError that names the character, never the text
 */
export function escapeText(format: Format, text: string): string {
  const found = refused[format].exec(text)?.[0];
  if (found !== undefined) throw new RangeError(`the value holds ${nameOf(found)}, which no ${format} file can`);
  if (text.includes(dots)) throw new RangeError('a secret was joined with text or filtered; write it by itself');
  return format === 'xml' ? text.replace(/[&<>"'\t]/g, (character) => entities[character] ?? '') : text;
}

function nameOf(character: string): string {
  if (/[\n\r\u2028\u2029]/.test(character)) return 'a line break';
  const number = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return `the control character U+${number}`;
}

/**
 * A value as it stands in a file. Here alone, and in a SIP digest, a secret is revealed.
 * @throws for what is no text, number or boolean, and for what the format cannot hold
 */
export function print(format: Format, value: unknown): string {
  if (typeof value === 'string') return escapeText(format, value);
  if (value instanceof Secret) return markSecret(escapeText(format, Secret.reveal(value)));
  if (typeof value === 'boolean' || Number.isFinite(value)) return String(value);
  if (value === undefined || value === null) throw new TypeError('the value is not there');
  throw new TypeError(
    `wanted a text or a number, got ${Array.isArray(value) ? 'a list' : `something else (${typeof value})`}`,
  );
}
