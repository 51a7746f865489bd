import { createLink, type Link, moveToEnd, unlink } from './ring.ts';

/** What stands in the table: a client's address and port make its key. */
export interface Entry {
  readonly key: string;
  readonly address: string;
  /** The table's own: where the entry stands while it is in. */
  place?: Place;
}

export interface TableLimits {
  /** Transfers under way at once, at least one. */
  readonly transfers: number;
  /** The same of one address; a site behind one NAT address is one address. */
  readonly perAddress: number;
}

/** All transfers under way, each found by its key, and in the order in which they last made progress. */
export interface Table<T extends Entry> {
  get(key: string): T | undefined;
  add(entry: T): void;
  /** It made progress: now it is the last that would be dropped. */
  touch(entry: T): void;
  remove(entry: T): void;
  /** Undefined when there is room for one more of this address; else which limit stands, and who is idle longest. */
  crowding(address: string): { readonly oldest: T; readonly limit: string } | undefined;
  values(): T[];
  size(): number;
}

interface Place {
  readonly everywhere: Link;
  readonly atAddress: Link;
  readonly house: House;
}

/** The transfers of one address. */
interface House {
  readonly head: Link;
  count: number;
}

export function createTable<T extends Entry>(limits: TableLimits): Table<T> {
  const entries = new Map<string, T>();
  const houses = new Map<string, House>();
  const head = createLink({});

  function touch({ place }: T): void {
    if (!place) return;
    moveToEnd(head, place.everywhere);
    moveToEnd(place.house.head, place.atAddress);
  }

  return {
    get: (key) => entries.get(key),
    touch,
    add(entry) {
      const house = houses.get(entry.address) ?? { head: createLink({}), count: 0 };
      houses.set(entry.address, house);
      house.count++;
      entries.set(entry.key, entry);
      entry.place = { house, everywhere: createLink({ entry }), atAddress: createLink({ entry }) };
      touch(entry);
    },
    remove(entry) {
      const { place } = entry;
      if (!place) return;
      entry.place = undefined;
      entries.delete(entry.key);
      unlink(place.everywhere);
      unlink(place.atAddress);
      if (--place.house.count === 0) houses.delete(entry.address);
    },
    crowding(address) {
      const house = houses.get(address);
      if (house && house.count >= limits.perAddress)
        return { oldest: first<T>(house.head), limit: `${limits.perAddress} transfers of one address` };
      if (entries.size >= limits.transfers)
        return { oldest: first<T>(head), limit: `${limits.transfers} transfers in all` };
      return undefined;
    },
    values: () => [...entries.values()],
    size: () => entries.size,
  };
}

const first = <T>(head: Link): T => (head.next as Link & { readonly entry: T }).entry;
