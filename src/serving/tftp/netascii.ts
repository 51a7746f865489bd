/** netascii (RFC 764 by way of RFC 1350 section 1): a line ends in CR LF, and a CR that ends no line is CR NUL. */

const LF = 0x0a;
const CR = 0x0d;

/** The bytes as they travel. Each byte is converted for itself, so that a file may be converted piece by piece. */
export function toNetascii(bytes: Buffer): Buffer {
  const converted = Buffer.allocUnsafe(netasciiSize(bytes));
  let at = 0;
  for (const byte of bytes) {
    if (byte === LF) converted[at++] = CR;
    converted[at++] = byte;
    if (byte === CR) converted[at++] = 0;
  }
  return converted;
}

/** How many bytes they become. */
export function netasciiSize(bytes: Buffer): number {
  let size = bytes.length;
  for (const byte of bytes) if (byte === LF || byte === CR) size++;
  return size;
}
