/*
 * The two forms of text that a directory reads: filters (RFC 4515) and distinguished names (RFC 4514). Here they are
 * only told apart from what is none, so that a phone is not told nonsense.
 */

const attribute = /[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*/y;
/** A value has no parentheses and no backslash but in an escape. */
const value = /(?:[^()\\\0]|\\[0-9A-Fa-f]{2})*/y;
const comparison = /(?:~|>|<)?=/y;
/** Deeper than any filter is nested. */
const deepest = 20;

/** Whether a text is one filter, from its first parenthesis to the last. */
export function isLdapFilter(text: string): boolean {
  return filterEnd(text, 0, 0) === text.length;
}

/** Where the filter ends that begins at `at`; -1 where none does. */
function filterEnd(text: string, at: number, depth: number): number {
  if (text[at] !== '(' || depth > deepest) return -1;
  const kind = text[at + 1];
  if (kind === '!') return closed(text, filterEnd(text, at + 2, depth + 1));
  if (kind === '&' || kind === '|') {
    let end = at + 2;
    while (end > 0 && text[end] === '(') end = filterEnd(text, end, depth + 1);
    return end === at + 2 ? -1 : closed(text, end);
  }
  return closed(text, itemEnd(text, at + 1));
}

const closed = (text: string, end: number): number => (end > 0 && text[end] === ')' ? end + 1 : -1);

function itemEnd(text: string, at: number): number {
  let end = at;
  for (const part of [attribute, comparison, value]) {
    part.lastIndex = end;
    const found = part.exec(text);
    if (!found) return -1;
    end += found[0].length;
  }
  return end;
}

/**
 * An account as it is compared: the parts of a DN without case, spare blanks and ways to escape; whatever else a
 * directory takes for an account (user@example.com, EXAMPLE\user) without case.
 */
export function comparableAccount(account: string): string {
  const plain = account.trim().normalize('NFKC');
  if (!/^[A-Za-z0-9.-]+\s*=/.test(plain)) return plain.toLowerCase();
  return splitUnescaped(plain, /[,;]/)
    .map((part) =>
      splitUnescaped(part, /\+/)
        .map((pair) => comparablePair(pair))
        .sort()
        .join('+'),
    )
    .join(',');
}

function comparablePair(pair: string): string {
  const [type = '', ...rest] = pair.split('=');
  const text = unescaped(
    rest
      .join('=')
      .trim()
      .replace(/^"(.*)"$/, '$1'),
  )
    .trim()
    .replace(/\s+/g, ' ');
  return `${type.trim()}=${text}`.toLowerCase().replace(/[,;+\\]/g, '\\$&');
}

/** At separators that no backslash stands before, and that stand in no quotes. */
function splitUnescaped(text: string, separator: RegExp): string[] {
  const parts = [''];
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') isQuoted = !isQuoted;
    if (!isQuoted && separator.test(character)) parts.push('');
    else parts[parts.length - 1] += character === '\\' ? text.slice(at, ++at + 1) : character;
  }
  return parts;
}

/** `\2C` and `\,` are a comma; the bytes of hexadecimal escapes are UTF-8. */
const unescaped = (text: string): string =>
  text.replace(/(?:\\[0-9A-Fa-f]{2})+|\\(.)/g, (pair, character?: string) =>
    character === undefined ? Buffer.from(pair.replaceAll('\\', ''), 'hex').toString('utf8') : character,
  );
