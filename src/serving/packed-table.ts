import { createBreathe } from '../breath.ts';

/**
 * A map as one piece of memory that all threads share: made once, however many threads read it, complete before another
 * thread sees it, and never changed. Values are plain data, as JSON; one that many keys have stands there once.
 *
 * In the byte order of the machine: the number of slots, the slots (each the place of a record or 0, found by a hash of
 * the key with open addressing), 32 bits each; then values and records. A value: its length (32 bits), JSON. A record:
 * the place of its value (32 bits), the length of the key (16 bits), the key.
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
  const slots = 2 ** Math.ceil(Math.log2(Math.max(8, entries.size * 1.5)));
  const table = new Uint32Array(1 + slots);
  table[0] = slots;
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
    let slot = hashOf(name) & (slots - 1);
    while (table[1 + slot] !== 0) slot = (slot + 1) & (slots - 1);
    table[1 + slot] = put(record(name, valueAt));
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
  const mask = words[0]! - 1;
  const made = new Map<number, T>();

  /** 0 when there is none. */
  function valueAt(key: string): number {
    const wanted = Buffer.from(key);
    for (let slot = hashOf(wanted) & mask; ; slot = (slot + 1) & mask) {
      const at = words[1 + slot]!;
      if (at === 0) return 0;
      const nameAt = at + recordHead;
      const nameEnd = nameAt + bytes.readUInt16LE(at + wordLength);
      if (bytes.compare(wanted, 0, wanted.length, nameAt, nameEnd) === 0) return bytes.readUInt32LE(at);
    }
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
    has: (key) => valueAt(key) !== 0,
    get(key) {
      const at = valueAt(key);
      return at === 0 ? undefined : (made.get(at) ?? make(at));
    },
  };
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  return hash >>> 0;
}
