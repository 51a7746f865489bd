import { type Mac, parseMac } from '../model/mac.ts';
import { placeholderIn } from '../model/placeholder.ts';

/** What a path may stand for in out/. */
export interface RequestPath {
  /** Candidate names in out/, lower case, in the order to try; segments parted by `/`, none of them begins with a dot. */
  readonly names: readonly string[];
  /** The first of the names in the case that it was asked for, for files that people spelt themselves. */
  readonly asked: string;
  /** The MAC in the path. */
  readonly device?: Mac;
  /** Why no file will be found, when the path itself says so. */
  readonly hint?: string;
}

export interface PathRefusal {
  readonly status: 400 | 403 | 404;
  readonly reason: string;
}

/** Prefixes that always map to out/; `/` does by itself. */
const usualPrefixes = ['provision', 'cfg'];

const longestPath = 1024;
/** A name cannot be longer on any usual file system (bytes). */
const longestName = 255;
const deepest = 8;

/**
 * Reads a path as it came over the wire: a TFTP name or an HTTP request target, percent-encoded or not. Leading slashes
 * are optional, a query is ignored, one of the prefixes (`provision`, `a/b`) is taken off. What could leave out/ or hide
 * in it is refused, in whatever encoding, here and nowhere else, so that TFTP and HTTP cannot differ.
 */
export function parseRequestPath(target: string, prefixes: readonly string[] = []): RequestPath | PathRefusal {
  if (target.length > longestPath) return { status: 400, reason: 'the path is too long' };
  const path = decode(withoutOrigin(target).replace(/\?.*$/s, ''));
  if (path === undefined) return misencoded(target);
  const refusal = refusePath(path);
  if (refusal !== undefined) return refusal;
  const segments = withoutPrefix(path.split('/').filter(Boolean), prefixes);
  if (segments.length === 0 || path.endsWith('/')) return { status: 404, reason: 'the path names a folder' };
  const asked = segments.join('/');
  const name = asked.toLowerCase();
  const names = [...new Set([name, foldMacs(name)])];
  return { names, asked, device: macIn(names.at(-1)!), hint: hintOf(asked) };
}

const plain = /^\/?([a-z0-9][a-z0-9_.-]*)$/;

/**
 * The one name that a path stands for, where that needs no second look: in lower case, in no folder, nothing encoded.
 * `parseRequestPath` would say the same at ten times the cost. Undefined when it is not as simple as that.
 */
export function plainName(target: string, prefixes: readonly string[] = []): string | undefined {
  const name = plain.exec(target)?.[1];
  if (name === undefined || name.length > longestName || usualPrefixes.includes(name)) return undefined;
  return prefixes.some((prefix) => prefix.toLowerCase().includes(name)) ? undefined : name;
}

/** The MAC in a name in lower case. */
export const deviceIn = (name: string): Mac | undefined => macIn(foldMacs(name));

/** Most paths are one name, with nothing in it that could hold a secret or break a line. */
const ordinary = /^\/?[\w.-]{0,255}$/;

/**
 * For the log and the journal: no query, no user and no token (each may hold a secret), 512 characters, control
 * characters escaped.
 */
export function shownPath(target: string): string {
  if (ordinary.test(target)) return target;
  const path = target
    .slice(0, 4 * longestPath)
    .replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1')
    .replace(/((?:^|\/)t\/)[^/?#]{16,}(?=\/)/i, '$1...');
  const query = path.indexOf('?');
  const shown = query === -1 ? path : `${path.slice(0, query)}?...`;
  return shown
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, escapeCharacter)
    .slice(0, 512)
    .toWellFormed();
}

const escapeCharacter = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** A target in absolute form (RFC 9112 section 3.2.2) names the file just as well. */
const withoutOrigin = (target: string) => target.replace(/^https?:\/\/[^/?#]*/i, '');

/** Undefined when it is not percent-encoded UTF-8. */
function decode(path: string): string | undefined {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** `%MACD` and the like are placeholders that some phones know, and no percent-encoding. */
function misencoded(target: string): PathRefusal {
  const hint = hintOf(target);
  return hint === undefined
    ? { status: 400, reason: 'the path is not percent-encoded UTF-8' }
    : { status: 404, reason: hint };
}

function refusePath(path: string): PathRefusal | undefined {
  if (/\p{Cc}/u.test(path)) return { status: 400, reason: 'a control character in the path' };
  if (/%[0-9a-f]{2}/i.test(path)) return { status: 403, reason: 'the path is percent-encoded twice' };
  if (path.includes('\\')) return { status: 403, reason: 'a backslash in the path' };
  const segments = path.split('/');
  if (segments.includes('..')) return { status: 403, reason: 'the path climbs out with ..' };
  if (segments.some((segment) => segment.startsWith('.'))) return { status: 403, reason: 'a dot file' };
  if (segments.some((segment) => /^[a-z]:/i.test(segment))) return { status: 403, reason: 'a drive in the path' };
  if (segments.some((segment) => Buffer.byteLength(segment) > longestName) || segments.length > deepest + 4)
    return { status: 400, reason: 'the path is too long' };
  return undefined;
}

/** Takes off the longest prefix that fits, once. */
function withoutPrefix(segments: readonly string[], prefixes: readonly string[]): readonly string[] {
  const lower = segments.map((segment) => segment.toLowerCase());
  const fitting = [...usualPrefixes, ...prefixes]
    .map((prefix) => prefix.toLowerCase().split('/').filter(Boolean))
    .filter((prefix) => prefix.every((part, i) => lower[i] === part))
    .map((prefix) => prefix.length);
  return segments.slice(Math.max(0, ...fitting));
}

// A MAC may stand right behind a word that ends with letters that are digits, too (`spa8843e157ddcc`), but not in the
// middle of a longer number.
const before = '(?<=(?:^|[^0-9a-f])[a-f]{0,4})';
const after = '(?![0-9a-f])';
const spelt = '[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\\1[0-9a-f]{2}){4}|[0-9a-f]{4}\\.[0-9a-f]{4}\\.[0-9a-f]{4}';
const macWithSeparators = new RegExp(`${before}(?:${spelt})${after}`, 'g');
const macDigits = new RegExp(`${before}[0-9a-f]{12}${after}`, 'g');

const foldMacs = (name: string) => name.replace(macWithSeparators, (mac) => mac.replace(/[:.-]/g, ''));

/** The last one counts. Numbers of common files (`y000000000066.cfg`) look like MACs and are none. */
function macIn(name: string): Mac | undefined {
  const last = name.match(macDigits)?.findLast((digits) => !digits.startsWith('0000000000'));
  return last === undefined ? undefined : parseMac(last);
}

function hintOf(path: string): string | undefined {
  const placeholder = placeholderIn(path);
  if (placeholder === undefined) return undefined;
  return `the placeholder ${placeholder} came as it stands: this firmware does not know it, see the vendor’s README for the right one`;
}
