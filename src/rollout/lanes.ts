export interface Lane {
  readonly name: string;
  /** How many may be on it at once. */
  readonly room: number;
}

/** What may be under way at once on each of some lanes, and who waits for room on one. */
export interface Lanes<Item> {
  /** Takes a place on each lane; or waits for room on the first that is full, and is on none: then false. */
  enter(item: Item, lanes: readonly Lane[]): boolean;
  /** Leaves the lanes that it is on, and waits for none. */
  leave(item: Item): void;
  /** Takes one of those who waited for room that is there now. */
  freed(): Item | undefined;
  /** How many are on a lane. */
  readonly size: number;
}

export function createLanes<Item>(): Lanes<Item> {
  const taken = new Map<Item, readonly Lane[]>();
  const counts = new Map<string, number>();
  /** In the order in which they came. */
  const parked = new Map<string, Set<Item>>();
  const parkedOn = new Map<Item, string>();
  /** Lanes with room that somebody waits for. */
  const open = new Set<string>();

  function unpark(item: Item): void {
    const name = parkedOn.get(item);
    if (name === undefined) return;
    parkedOn.delete(item);
    const waiting = parked.get(name);
    waiting?.delete(item);
    if (waiting?.size !== 0) return;
    parked.delete(name);
    open.delete(name);
  }

  return {
    enter(item, lanes) {
      const full = lanes.find(({ name, room }) => (counts.get(name) ?? 0) >= room);
      if (full) {
        parked.set(full.name, (parked.get(full.name) ?? new Set()).add(item));
        parkedOn.set(item, full.name);
        open.delete(full.name);
        return false;
      }
      for (const { name } of lanes) counts.set(name, (counts.get(name) ?? 0) + 1);
      taken.set(item, lanes);
      return true;
    },
    leave(item) {
      unpark(item);
      for (const { name } of taken.get(item) ?? []) {
        const left = (counts.get(name) ?? 1) - 1;
        if (left > 0) counts.set(name, left);
        else counts.delete(name);
        if (parked.has(name)) open.add(name);
      }
      taken.delete(item);
    },
    freed() {
      const [name = ''] = open;
      const [first] = parked.get(name) ?? [];
      if (first !== undefined) unpark(first);
      return first;
    },
    get size() {
      return taken.size;
    },
  };
}
