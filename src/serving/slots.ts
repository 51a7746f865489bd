/**
 * A table of slots in front of records, in one piece of memory: their number, then the slots, 32 bits each; each the place
 * of a record or 0, found by a hash of its key with open addressing.
 */
export type Slots = Uint32Array<ArrayBufferLike>;

const first = 1;

/** How many 32-bit words the table takes; a third of the slots and more stay empty. */
export const wordsFor = (entries: number): number => first + 2 ** Math.ceil(Math.log2(Math.max(8, entries * 1.5)));

/** Begins an empty table, as long as `wordsFor` says. */
export function beginSlots(table: Slots): Slots {
  table[0] = table.length - first;
  return table;
}

/** Puts a record behind a key that is not there yet. */
export function putSlot(table: Slots, key: Buffer, place: number): void {
  const mask = table[0]! - 1;
  let slot = hashOf(key) & mask;
  while (table[first + slot] !== 0) slot = (slot + 1) & mask;
  table[first + slot] = place;
}

/** What `read` makes of the record of a key; it answers undefined for one of another key. */
export function findSlot<T>(table: Slots, key: Buffer, read: (place: number) => T | undefined): T | undefined {
  const mask = table[0]! - 1;
  for (let slot = hashOf(key) & mask; ; slot = (slot + 1) & mask) {
    const place = table[first + slot]!;
    if (place === 0) return undefined;
    const found = read(place);
    if (found !== undefined) return found;
  }
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  return hash >>> 0;
}
