import { createBreathe } from '../../breath.ts';
import type { Audience } from '../../model/file.ts';
import type { Mac } from '../../model/mac.ts';
import type { FileIndex, IndexedFile } from '../file-index.ts';
import { beginSlots, findSlot, putSlot, wordsFor } from '../slots.ts';

/**
 * The index of out/ as one piece of memory that all threads share: some 90 bytes for a file, once, however many threads
 * read it, and at hand for a thread that has just begun. It is complete before another thread sees it, and never changed.
 *
 * In the byte order of the machine: the slots (slots.ts); the records. A record: lengths of the name, of the spelling (0: as the name) and of the audience
 * (0: a MAC of six bytes), 16 bits each; the size, 64 bits floating (these little-endian); SHA-256; audience, name, spelling.
 */
export type PackedIndex = SharedArrayBuffer;

const sizeAt = 6;
const hashAt = 14;
const audienceAt = 46;
const macLength = 6;

/** Packs the files by their names in lower case, with a pause now and then; they must not change meanwhile. */
export async function packIndex(files: ReadonlyMap<string, IndexedFile>): Promise<PackedIndex> {
  const slots = wordsFor(files.size);
  let size = slots * Uint32Array.BYTES_PER_ELEMENT;
  await forEach(files, (name, file) => {
    size += lengthOf(name, file);
  });
  const packed = new SharedArrayBuffer(size);
  const memory = Buffer.from(packed);
  const table = beginSlots(new Uint32Array(packed, 0, slots));
  let place = table.byteLength;
  await forEach(files, (name, file) => {
    const length = writeRecord(memory, place, { name, file });
    putSlot(table, Buffer.from(name), place);
    place += length;
  });
  return packed;
}

async function forEach<T>(files: ReadonlyMap<string, T>, work: (name: string, file: T) => void): Promise<void> {
  const breathe = createBreathe();
  let done = 0;
  for (const [name, file] of files) {
    work(name, file);
    // An `await` for each of them would cost more than the work.
    if (++done % 1000 === 0) await breathe();
  }
}

/** The audience as bytes; nothing for a MAC, which has its own form. */
const audienceText = (audience: Audience): string => ('mac' in audience ? '' : JSON.stringify(audience));
const spellingOf = (name: string, { path }: IndexedFile): string => (path === name ? '' : path);

function lengthOf(name: string, file: IndexedFile): number {
  const audience = Buffer.byteLength(audienceText(file.audience)) || macLength;
  return audienceAt + audience + Buffer.byteLength(name) + Buffer.byteLength(spellingOf(name, file));
}

function writeRecord(memory: Buffer, at: number, { name, file }: { name: string; file: IndexedFile }): number {
  const { audience, size, hash } = file;
  const text = audienceText(audience);
  memory.writeDoubleLE(size, at + sizeAt);
  memory.write(hash, at + hashAt, 'hex');
  const audienceLength = 'mac' in audience ? 0 : memory.write(text, at + audienceAt);
  if ('mac' in audience) memory.write(audience.mac, at + audienceAt, 'hex');
  const nameAt = at + audienceAt + (audienceLength || macLength);
  const nameLength = memory.write(name, nameAt);
  const spellingLength = memory.write(spellingOf(name, file), nameAt + nameLength);
  memory.writeUInt16LE(nameLength, at);
  memory.writeUInt16LE(spellingLength, at + 2);
  memory.writeUInt16LE(audienceLength, at + 4);
  return nameAt + nameLength + spellingLength - at;
}

/** Finds files in packed memory; what it gives is made for the one who asks, and not kept. */
export function readIndex(packed: PackedIndex): FileIndex {
  const memory = Buffer.from(packed);
  const table = new Uint32Array(packed, 0, packed.byteLength >> 2);
  return {
    get(name) {
      const wanted = Buffer.from(name);
      return findSlot(table, wanted, (place) => readRecord(memory, place, wanted));
    },
  };
}

/** Undefined when it is of another name. */
function readRecord(memory: Buffer, at: number, wanted: Buffer): IndexedFile | undefined {
  const nameLength = memory.readUInt16LE(at);
  if (nameLength !== wanted.length) return undefined;
  const audienceLength = memory.readUInt16LE(at + 4);
  const nameAt = at + audienceAt + (audienceLength || macLength);
  const nameEnd = nameAt + nameLength;
  if (memory.compare(wanted, 0, nameLength, nameAt, nameEnd) !== 0) return undefined;
  const spellingLength = memory.readUInt16LE(at + 2);
  const [from, to] = spellingLength === 0 ? [nameAt, nameEnd] : [nameEnd, nameEnd + spellingLength];
  return {
    path: memory.toString('utf8', from, to),
    size: memory.readDoubleLE(at + sizeAt),
    hash: memory.toString('hex', at + hashAt, at + audienceAt),
    audience: readAudience(memory, at + audienceAt, audienceLength),
  };
}

function readAudience(memory: Buffer, at: number, length: number): Audience {
  if (length === 0) return { mac: memory.toString('hex', at, at + macLength) as Mac };
  return JSON.parse(memory.toString('utf8', at, at + length));
}
