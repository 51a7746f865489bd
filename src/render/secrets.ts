import type { Span } from '../model/file.ts';

/** What a template renders to. `secrets` are sorted and do not overlap. */
export interface Rendered {
  readonly bytes: Buffer;
  readonly secrets: readonly Span[];
}

/**
 * The first and the last byte around a secret while a file is being rendered. Two control characters, since those are
 * refused in every value and every template: nothing else can bring one in, and in UTF-8 they are single bytes that
 * are part of no other character.
 */
const open = 1;
const close = 2;

export const markSecret = (text: string): string => `\u0001${text}\u0002`;

/** True for text that only the renderer may write. */
export const hasMarks = (text: string): boolean => text.includes('\u0001') || text.includes('\u0002');

/** Encodes to UTF-8, takes the marks out again and notes where they stood. */
export function takeMarks(text: string): Rendered {
  const bytes = Buffer.from(text, 'utf8');
  let start = bytes.indexOf(open);
  if (start < 0) return { bytes, secrets: [] };
  const secrets: Span[] = [];
  let written = 0;
  let read = 0;
  for (; start >= 0; start = bytes.indexOf(open, read)) {
    const end = bytes.indexOf(close, start);
    written += bytes.copy(bytes, written, read, start);
    const length = bytes.copy(bytes, written, start + 1, end);
    if (length > 0) secrets.push({ start: written, end: written + length });
    written += length;
    read = end + 1;
  }
  written += bytes.copy(bytes, written, read);
  return { bytes: bytes.subarray(0, written), secrets };
}
