/** Something in a heap. The heap keeps its place, so that it can be taken out of the middle. */
export interface Placed {
  /** -1 outside the heap. */
  place: number;
}

export interface Heap<T extends Placed> {
  first(): T | undefined;
  add(item: T): void;
  /** Does nothing for an item that is not there. */
  remove(item: T): void;
  clear(): void;
}

/** A binary heap: the item that comes `before` all others is first. Adding and removing cost O(log n). */
export function createHeap<T extends Placed>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];

  function put(item: T, place: number): void {
    items[place] = item;
    item.place = place;
  }

  function rise(item: T): void {
    let place = item.place;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      put(items[parent]!, place);
      place = parent;
    }
    put(item, place);
  }

  function sink(item: T): void {
    let place = item.place;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++;
      if (!before(items[child]!, item)) break;
      put(items[child]!, place);
      place = child;
    }
    put(item, place);
  }

  return {
    first: () => items[0],
    add(item) {
      put(item, items.length);
      rise(item);
    },
    remove(item) {
      if (item.place < 0) return;
      const last = items.pop()!;
      if (last !== item) {
        put(last, item.place);
        rise(last);
        sink(last);
      }
      item.place = -1;
    },
    clear() {
      for (const item of items) item.place = -1;
      items.length = 0;
    },
  };
}
