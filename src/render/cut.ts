import type { Span } from '../model/file.ts';
import { Secret } from '../model/secret.ts';
import type { Format } from '../model/vendor.ts';
import { escapeText } from './escape.ts';

/** The text of a file without its secrets, and where they were. */
export interface Cut {
  readonly text: Buffer;
  readonly gaps: readonly Gap[];
}

/** A place where a secret stood. */
export interface Gap {
  /** Byte of the text before which it stood; in order. */
  readonly at: number;
  /** What it is called; several where several secrets were the same, none where nobody knows it. */
  readonly names: readonly string[];
  /** What of it was no secret: the address before a token. */
  readonly before?: string;
  readonly after?: string;
  /** Of those that nobody knows: the same number, the same secret. */
  readonly number?: number;
}

/** The bytes of a file and where its secrets stand. */
export interface Marked {
  readonly bytes: Buffer;
  readonly secrets: readonly Span[];
}

/** Secrets by their names. */
export type Named = ReadonlyMap<string, Secret>;

/** A secret that is a part of another text is known there when it is at least so long. */
const leastWithin = 8;
/** The one text that has a secret in it is an address with a token; what else is around one may be another. */
const beforeToken = /^(?:[a-z]+:\/\/)?[\w.:[\]-]+\/t\/$/;
const afterToken = /^(?:\/[a-z/]*)?$/;

/**
 * Takes the secrets out of a file and says of each what it is called.
 * @param known whose secrets they may be, the surest first
 * @param like the same file as it is made now, cut: a secret that none of `known` is has the name of what stands in its place there
 */
export function cutSecrets({ bytes, secrets }: Marked, known: readonly Named[], like?: () => Cut | undefined): Cut {
  if (secrets.length === 0) return { text: bytes, gaps: [] };
  const printed = known.map((named) => printedBy(named, formatOf(bytes)));
  const parts: Buffer[] = [];
  const found: (Gap & { readonly secret: string })[] = [];
  let read = 0;
  let length = 0;
  for (const { start, end } of secrets) {
    parts.push(bytes.subarray(read, start));
    length += start - read;
    read = end;
    const secret = bytes.toString('utf8', start, end);
    found.push({ at: length, secret, ...nameOf(secret, printed) });
  }
  parts.push(bytes.subarray(read));
  const text = Buffer.concat(parts);
  return { text, gaps: numbered(likeNamed({ text, gaps: found }, like ?? (() => undefined))) };
}

type Name = Pick<Gap, 'names' | 'before' | 'after'>;

function nameOf(secret: string, printed: readonly ReadonlyMap<string, readonly string[]>[]): Name {
  for (const names of printed) {
    const found = names.get(secret);
    if (found) return { names: found };
  }
  for (const names of printed) {
    const [within, second] = [...names].filter(([text]) => text.length >= leastWithin && secret.includes(text));
    if (!within || second) continue;
    const at = secret.indexOf(within[0]);
    const [before, after] = [secret.slice(0, at), secret.slice(at + within[0].length)];
    if (beforeToken.test(before) && afterToken.test(after)) return { names: within[1], before, after };
  }
  return { names: [] };
}

/** Names by the texts that stand in a file. */
function printedBy(named: Named, format: Format): Map<string, readonly string[]> {
  const printed = new Map<string, readonly string[]>();
  for (const [name, secret] of named) {
    const text = printedAs(format, secret);
    if (text !== undefined) printed.set(text, [...(printed.get(text) ?? []), name]);
  }
  return printed;
}

function printedAs(format: Format, secret: Secret): string | undefined {
  try {
    return escapeText(format, Secret.reveal(secret));
  } catch {
    return undefined;
  }
}

/** Of a file whose vendor may be another by now. */
const formatOf = (bytes: Buffer): Format =>
  /^\ufeff?\s*</.test(bytes.toString('utf8', 0, Math.min(bytes.length, 64))) ? 'xml' : 'cfg';

type Found = Gap & { readonly secret: string };

/** What nobody knows has the name of what stands in the one place of `like` where the same words are before it. */
function likeNamed<Some extends Gap>(
  cut: { text: Buffer; gaps: readonly Some[] },
  likeWhat: () => Cut | undefined,
): readonly Some[] {
  const like = cut.gaps.every(({ names }) => names.length > 0) ? undefined : likeWhat();
  if (!like) return cut.gaps;
  const [here, there] = [byPlace(cut), byPlace(like)];
  return cut.gaps.map((gap, index) => {
    if (gap.names.length > 0) return gap;
    const place = placeOf(cut, index);
    const other = there.get(place);
    if (here.get(place)?.length !== 1 || other?.length !== 1) return gap;
    const { names, before, after } = other[0]!;
    // A part of a text is not told apart from the rest of it.
    return before === undefined && after === undefined ? { ...gap, names, number: undefined } : gap;
  });
}

/** A file of which every secret is its name, or its number: to be shown, and held against another one. */
export function namesInPlace(cut: Cut, like?: Cut): Marked {
  const parts: Buffer[] = [];
  const secrets: Span[] = [];
  let read = 0;
  let length = 0;
  for (const { at, names, number } of likeNamed(cut, () => like)) {
    const name = Buffer.from(names.length > 0 ? names.join(' ') : `#${number}`);
    parts.push(cut.text.subarray(read, at), name);
    length += at - read;
    secrets.push({ start: length, end: length + name.length });
    length += name.length;
    read = at;
  }
  parts.push(cut.text.subarray(read));
  return { bytes: Buffer.concat(parts), secrets };
}

const byPlace = (cut: Cut): Map<string, Gap[]> =>
  Map.groupBy(cut.gaps, (_, index) => placeOf(cut, index)) as Map<string, Gap[]>;

/** The words before a gap on its line, back to another gap. */
function placeOf({ text, gaps }: Cut, index: number): string {
  const { at = 0 } = gaps[index] ?? {};
  const from = Math.max(gaps[index - 1]?.at ?? 0, text.lastIndexOf('\n', at - 1) + 1, at - 80);
  return text.toString('utf8', Math.min(from, at), at);
}

function numbered(gaps: readonly Found[]): Gap[] {
  const numbers = new Map<string, number>();
  return gaps.map(({ secret, ...gap }) => {
    if (gap.names.length > 0) return gap;
    const number = numbers.get(secret) ?? numbers.size;
    numbers.set(secret, number);
    return { ...gap, number };
  });
}

/** The file again, or a sentence that says why it cannot be made. */
export type Filled = { readonly file: Marked } | { readonly missing: string };

/**
 * Puts the secrets of today into a file that was cut.
 * @param today the same file as it is made now, where there is one: for secrets that nobody knows by name
 */
export function fillSecrets(cut: Cut, named: Named, today?: Marked): Filled {
  const { text, gaps } = cut;
  if (gaps.length === 0) return { file: { bytes: text, secrets: [] } };
  const format = formatOf(text);
  const unknown = gaps.some(({ names }) => names.length === 0) ? unknownOf(cut, named, today) : [];
  if (typeof unknown === 'string') return { missing: unknown };
  const parts: Buffer[] = [];
  const secrets: Span[] = [];
  let read = 0;
  let length = 0;
  for (const gap of gaps) {
    const secret = gap.number === undefined ? secretFor(gap, named, format) : unknown[gap.number];
    if (secret === undefined) return { missing: missingWords(gap) };
    const bytes = Buffer.from(secret);
    parts.push(text.subarray(read, gap.at), bytes);
    length += gap.at - read;
    secrets.push({ start: length, end: length + bytes.length });
    length += bytes.length;
    read = gap.at;
  }
  parts.push(text.subarray(read));
  return { file: { bytes: Buffer.concat(parts), secrets } };
}

function secretFor({ names, before = '', after = '' }: Gap, named: Named, format: Format): string | undefined {
  const texts = new Set(
    names.map((name) => {
      const secret = named.get(name);
      return secret && printedAs(format, secret);
    }),
  );
  const [text] = texts;
  return texts.size === 1 && text !== undefined ? `${before}${text}${after}` : undefined;
}

function missingWords({ names }: Gap): string {
  if (names.length > 1) return `${names.join(' and ')} were the same, and no longer are`;
  return `${names[0]} is no longer there for the device, or cannot stand in such a file`;
}

/** Those that nobody knows by name, if the file of today has as many in the same places. */
function unknownOf(cut: Cut, named: Named, today: Marked | undefined): readonly string[] | string {
  const now = today && cutSecrets(today, [named]);
  const [before, after] = [firstPlaces(cut), now ? firstPlaces(now) : []];
  if (before.length !== after.length || before.some((place, number) => place !== after[number]))
    return 'it holds a secret that no setting of the device is, and the file of today has none in its place';
  const texts: string[] = [];
  for (const [index, { number }] of (now?.gaps ?? []).entries()) {
    const { start, end } = today!.secrets[index]!;
    if (number !== undefined) texts[number] ??= today!.bytes.toString('utf8', start, end);
  }
  return texts;
}

/** Where each secret that nobody knows stands first. */
function firstPlaces(cut: Cut): string[] {
  const places: string[] = [];
  for (const [index, { number }] of cut.gaps.entries())
    if (number !== undefined) places[number] ??= placeOf(cut, index);
  return places;
}
