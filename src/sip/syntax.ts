/** The small pieces of RFC 3261 section 25 that more than one header is made of. */

const token = /^[\w\-.!%*+`'~]+$/;

export const isToken = (text: string): boolean => token.test(text);

/** Without the blanks and tabs at both ends: what SIP calls white space, and no more. Linear, whatever is sent. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 32 || code === 9;

/** Splits at `separator` where it stands outside quotes and angle brackets; the parts are trimmed. */
export function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  if (!text.includes(separator)) return [text.trim()];
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') quoted = !quoted;
    else if (quoted) at += character === '\\' ? 1 : 0;
    else if (character === '<') bracketed = true;
    else if (character === '>') bracketed = false;
    else if (character === separator && !bracketed) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

/** `;a=1;b;c="x"` as a map: names in lower case, values without quotes, '' for a parameter without a value; the first counts. */
export function parseParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of splitOutsideQuotes(text, ';')) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name !== '' && !parameters.has(name)) {
      parameters.set(name, equals < 0 ? '' : unquote(part.slice(equals + 1).trim()));
    }
  }
  return parameters;
}

/** A quoted-string of `text`: quotes and backslashes are escaped. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** What stands between the quotes, its escapes undone; text without quotes stays as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replace(/\\(.)/gs, '$1');
}

/** The user part of a SIP URI: what may not stand there is percent-escaped (RFC 3261, `user`). */
export function escapeUser(user: string): string {
  return user
    .toWellFormed()
    .replace(/[^\w\-.!~*'()&=+$,;?/]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    );
}

/** An IP address as URIs and Via write it: IPv6 in brackets, without the zone that means something only here. */
export function hostOf(address: string): string {
  return address.includes(':') ? `[${address.replace(/%.*$/, '')}]` : address;
}
