import { createBreathe } from '../breath.ts';
import { beginSlots, findSlot, putSlot, wordsFor } from './slots.ts';

/**
 * A map as one piece of memory that all threads share: made once, however many threads read it, complete before another
 * thread sees it, and never changed. Values are plain data, as JSON; one that many keys have stands there once.
 *
 * In the byte order of the machine: the slots (slots.ts); then values and records. A value: its length (32 bits), JSON. A
 * record: the place of its value (32 bits), the length of the key (16 bits), the key.
 */
export interface PackedTable {
  readonly memory: SharedArrayBuffer;
  readonly size: number;
}

/** What is read of one. Values are made when they are asked for. */
export interface Table<T> {
  readonly size: number;
  get(key: string): T | undefined;
  has(key: string): boolean;
}

const wordLength = 4;
const recordHead = 6;
const longestKey = 65_535;

/** Packs the map, with a pause now and then; it must not change meanwhile. */
export async function packTable<T>(entries: ReadonlyMap<string, T>): Promise<PackedTable> {
  const table = beginSlots(new Uint32Array(wordsFor(entries.size)));
  const pieces: Buffer[] = [];
  const values = new Map<T, number>();
  let place = table.byteLength;
  const put = (piece: Buffer): number => {
    const at = place;
    pieces.push(piece);
    place += piece.length;
    return at;
  };
  const breathe = createBreathe();
  for (const [key, value] of entries) {
    const name = Buffer.from(key);
    if (name.length > longestKey) continue;
    const valueAt = values.get(value) ?? put(lengthAndText(JSON.stringify(value)));
    values.set(value, valueAt);
    putSlot(table, name, put(record(name, valueAt)));
    if (pieces.length % 512 === 0) await breathe();
  }
  const memory = new SharedArrayBuffer(place);
  const bytes = Buffer.from(memory);
  bytes.set(Buffer.from(table.buffer));
  let at = table.byteLength;
  for (const piece of pieces) at += piece.copy(bytes, at);
  return { memory, size: entries.size };
}

function lengthAndText(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(wordLength + Buffer.byteLength(text));
  bytes.writeUInt32LE(bytes.length - wordLength);
  bytes.write(text, wordLength);
  return bytes;
}

function record(name: Buffer, valueAt: number): Buffer {
  const head = Buffer.allocUnsafe(recordHead);
  head.writeUInt32LE(valueAt);
  head.writeUInt16LE(name.length, wordLength);
  return Buffer.concat([head, name]);
}

/** Values that are kept once they were made: then the same value is the same object. */
const mostMade = 2000;

/** Reads a packed table; `revive` makes of the plain data what the value is. */
export function readTable<T>({ memory, size }: PackedTable, revive = (plain: unknown): T => plain as T): Table<T> {
  const bytes = Buffer.from(memory);
  const words = new Uint32Array(memory, 0, memory.byteLength >> 2);
  const made = new Map<number, T>();

  /** Undefined when there is none. */
  function valueAt(key: string): number | undefined {
    const wanted = Buffer.from(key);
    return findSlot(words, wanted, (at) => {
      const nameAt = at + recordHead;
      const nameEnd = nameAt + bytes.readUInt16LE(at + wordLength);
      const isWanted = bytes.compare(wanted, 0, wanted.length, nameAt, nameEnd) === 0;
      return isWanted ? bytes.readUInt32LE(at) : undefined;
    });
  }

  function make(at: number): T {
    const from = at + wordLength;
    const value = revive(JSON.parse(bytes.toString('utf8', from, from + bytes.readUInt32LE(at))));
    if (made.size >= mostMade) made.clear();
    made.set(at, value);
    return value;
  }

  return {
    size,
    has: (key) => valueAt(key) !== undefined,
    get(key) {
      const at = valueAt(key);
      return at === undefined ? undefined : (made.get(at) ?? make(at));
    },
  };
}
