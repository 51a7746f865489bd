import { createLink, type Link, moveToEnd, unlink } from './ring.ts';

/** What stands in the table, found by its client's address and port. */
export interface Entry {
  readonly address: string;
  readonly port: number;
  /** The table's own: where the entry stands while it is in. */
  place?: Place;
}

export interface TableLimits {
  /** Transfers under way at once, at least one. */
  readonly transfers: number;
  /** The same of one address; a site behind one NAT address is one address. */
  readonly perAddress: number;
}

/** All transfers under way, each found by its client, and in the order in which they last made progress. */
export interface Table<T extends Entry> {
  get(address: string, port: number): T | undefined;
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
  readonly house: House<Entry>;
}

/** The transfers of one address. */
interface House<T> {
  readonly head: Link;
  readonly byPort: Map<number, T>;
}

export function createTable<T extends Entry>(limits: TableLimits): Table<T> {
  const houses = new Map<string, House<T>>();
  const head = createLink({});
  let size = 0;

  function touch({ place }: T): void {
    if (!place) return;
    moveToEnd(head, place.everywhere);
    moveToEnd(place.house.head, place.atAddress);
  }

  function houseOf(address: string): House<T> {
    const known = houses.get(address);
    if (known) return known;
    const house = { head: createLink({}), byPort: new Map<number, T>() };
    houses.set(address, house);
    return house;
  }

  return {
    get: (address, port) => houses.get(address)?.byPort.get(port),
    touch,
    add(entry) {
      const house = houseOf(entry.address);
      house.byPort.set(entry.port, entry);
      size++;
      entry.place = { house, everywhere: createLink({ entry }), atAddress: createLink({ entry }) };
      touch(entry);
    },
    remove(entry) {
      const { place } = entry;
      if (!place) return;
      entry.place = undefined;
      size--;
      unlink(place.everywhere);
      unlink(place.atAddress);
      place.house.byPort.delete(entry.port);
      if (place.house.byPort.size === 0) houses.delete(entry.address);
    },
    crowding(address) {
      const house = houses.get(address);
      if (house && house.byPort.size >= limits.perAddress)
        return { oldest: first<T>(house.head), limit: `${limits.perAddress} transfers of one address` };
      if (size >= limits.transfers) return { oldest: first<T>(head), limit: `${limits.transfers} transfers in all` };
      return undefined;
    },
    values: () => [...houses.values()].flatMap(({ byPort }) => [...byPort.values()]),
    size: () => size,
  };
}

const first = <T>(head: Link): T => (head.next as Link & { readonly entry: T }).entry;
