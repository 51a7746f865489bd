/** What is read is not of the form that LDAP has. */
export class BerError extends Error {}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads BER as LDAP has it (RFC 4511, section 5.1: definite lengths, one byte for a tag). It never reads beyond its end,
 * and what is not whole throws a `BerError`: ldapts' own reader gives null there, and goes round in circles on a value
 * that is longer than what it stands in.
 */
export class BerReader {
  #offset: number;
  readonly #bytes: Buffer;
  readonly #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#end;
  }

  /** The tag of what comes next; undefined at the end. */
  get tag(): number | undefined {
    return this.#offset < this.#end ? this.#bytes[this.#offset] : undefined;
  }

  /** What stands in the next element. */
  enter(tag: number): BerReader {
    const start = this.#open(tag);
    return new BerReader(this.#bytes, start, this.#offset);
  }

  /** The next element's bytes: a view, good for as long as what they were read from. */
  octets(tag = 0x04): Buffer {
    const start = this.#open(tag);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** What is no UTF-8 is read as far as it goes. */
  text(tag = 0x04): string {
    const start = this.#open(tag);
    return this.#bytes.toString('utf8', start, this.#offset);
  }

  /** A text, or the bytes when they are none. */
  value(tag = 0x04): string | Buffer {
    const start = this.#open(tag);
    const end = this.#offset;
    // Mostly there is nothing but ASCII, which needs no decoder to be sure of.
    const text = this.#bytes.toString('latin1', start, end);
    if (isAscii(text)) return text;
    const bytes = this.#bytes.subarray(start, end);
    try {
      return decoder.decode(bytes);
    } catch {
      return Buffer.from(bytes);
    }
  }

  /** INTEGER (2) or ENUMERATED (10) of up to four bytes. */
  integer(tag = 0x02): number {
    const start = this.#open(tag);
    const size = this.#offset - start;
    if (size < 1 || size > 4) throw new BerError(`a number of ${size} bytes`);
    return this.#bytes.readIntBE(start, size);
  }

  boolean(tag = 0x01): boolean {
    const start = this.#open(tag);
    if (this.#offset - start !== 1) throw new BerError('a boolean that is not one byte');
    return this.#bytes[start] !== 0;
  }

  skip(): void {
    this.#open(this.tag ?? -1);
  }

  /** Goes behind the next element; gives where its contents begin. */
  #open(wanted: number): number {
    const tag = this.tag;
    if (tag === undefined) throw new BerError('it ends too early');
    if (tag !== wanted) throw new BerError(`tag 0x${tag.toString(16)}, wanted 0x${wanted.toString(16)}`);
    const { start, end } = boundsOf(this.#bytes, this.#offset, this.#end) ?? {
      start: 0,
      end: Number.POSITIVE_INFINITY,
    };
    if (end > this.#end) throw new BerError('an element is longer than what it stands in');
    this.#offset = end;
    return start;
  }
}

const isAscii = (text: string): boolean => !/[\x80-\xff]/.test(text);

/** Where the element at `offset` has its contents; undefined when its length is not all there yet. */
export function boundsOf(bytes: Buffer, offset: number, end: number): { start: number; end: number } | undefined {
  if (offset + 2 > end) return undefined;
  const first = bytes[offset + 1] ?? 0;
  if (first < 0x80) return { start: offset + 2, end: offset + 2 + first };
  const size = first & 0x7f;
  if (size === 0 || size > 4) throw new BerError(`a length of ${size} bytes`);
  const start = offset + 2 + size;
  if (start > end) return undefined;
  return { start, end: start + bytes.readUIntBE(offset + 2, size) };
}
