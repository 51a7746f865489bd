import { isUtf8 } from 'node:buffer';

/** A byte that is no UTF-8, in words, and where it stands: line and column count from 1. */
export interface ForeignByte {
  readonly reason: string;
  readonly line?: number;
  readonly column?: number;
}

/** Why bytes are no UTF-8; undefined where they are. */
export function foreignByte(bytes: Uint8Array): ForeignByte | undefined {
  if (isUtf8(bytes)) return undefined;
  const order = `${bytes[0]} ${bytes[1]}`;
  if (order === '255 254' || order === '254 255') return { reason: 'it is UTF-16' };
  // A line break is no part of any other character.
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const next = bytes.indexOf(0x0a, start);
    const end = next < 0 ? bytes.length : next;
    const own = bytes.subarray(start, end);
    if (!isUtf8(own)) return { ...foreignIn(own), line };
    start = end + 1;
  }
  return { reason: 'it is not UTF-8' };
}

function foreignIn(line: Uint8Array): ForeignByte {
  let length = line.length;
  for (let low = 0; low < length; ) {
    const middle = (low + length) >> 1;
    if (isStart(line.subarray(0, middle + 1))) low = middle + 1;
    else length = middle;
  }
  // What follows the beginning of a character and is no part of it shows that the beginning was none.
  while (!isUtf8(line.subarray(0, length))) length--;
  const byte = line[length] ?? 0;
  const name = `the byte 0x${byte.toString(16).toUpperCase()}`;
  // Windows-1252, which is what is meant by Latin-1 (WHATWG Encoding).
  const [letter = ''] = new TextDecoder('windows-1252').decode(Uint8Array.of(byte));
  const guess = /\p{L}/u.test(letter) ? ` (“${letter}” in Latin-1)` : '';
  const before = Buffer.from(line.subarray(0, length))
    .toString('utf8')
    .replace(/\ufffd$/, '');
  return { reason: `${name} is no UTF-8${guess}`, column: before.length + 1 };
}

/** Whether bytes are UTF-8 that may go on: a character at the end may be there in part. */
function isStart(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
