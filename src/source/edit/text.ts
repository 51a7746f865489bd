/** Where something stands in a text, in UTF-16 units. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is put in place of a part of a text. */
export interface Splice extends Span {
  readonly by: string;
}

/** Why a text is better edited by a person, and where. */
export interface Unsafe {
  readonly reason: string;
  readonly at: number;
}

/** The text with all of it done; parts do not overlap, and of two at one place the first one stands first. */
export function spliced(text: string, splices: readonly Splice[]): string {
  const pieces: string[] = [];
  let done = 0;
  for (const { from, to, by } of [...splices].sort((a, b) => a.from - b.from || a.to - b.to)) {
    pieces.push(text.slice(done, from), by);
    done = to;
  }
  return pieces.join('') + text.slice(done);
}

/** How lines end: as the first one does. */
export const eolOf = (text: string): string => /\r\n?|\n/.exec(text)?.[0] ?? '\n';

export function lineStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && !isBreak(text[start - 1])) start--;
  return start;
}

/** Before its line break. */
export function lineEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && !isBreak(text[end])) end++;
  return end;
}

/** Where the next line begins. */
function behindLine(text: string, at: number): number {
  const end = lineEnd(text, at);
  return text.startsWith('\r\n', end) ? end + 2 : Math.min(end + 1, text.length);
}

const isBreak = (character: string | undefined): boolean => character === '\n' || character === '\r';

/** Whether only blanks stand before it on its line. */
export const isFirstOnLine = (text: string, at: number): boolean =>
  /^\ufeff?[ \t]*$/.test(text.slice(lineStart(text, at), at));

/** Whether only blanks and a comment follow on the line. */
export const isLastOnLine = (text: string, at: number): boolean =>
  /^(?:[ \t]*|[ \t]+#.*)$/.test(text.slice(at, lineEnd(text, at)));

export const columnOf = (text: string, at: number): number => at - lineStart(text, at);

/**
 * Takes whole lines out. Without a line break at the end of the file, the one before them goes: what is left ends as the
 * file did.
 */
export function withoutLines(text: string, { from, to }: Span): Splice {
  const start = lineStart(text, from);
  const end = behindLine(text, to);
  const isOpen = end === text.length && !isBreak(text[end - 1]);
  if (!isOpen || start === 0) return { from: start, to: end, by: '' };
  return { from: start - (text.startsWith('\r\n', start - 2) ? 2 : 1), to: end, by: '' };
}
