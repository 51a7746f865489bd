import { cursorOf, type PageQuery, readCursor } from './paging.ts';

/** Where a page of a list begins that may have changed since: behind one of its items, or where that was. */
interface Place {
  readonly key: string;
  readonly index: number;
}

const isPlace = (value: unknown): value is Place => {
  const { key, index } = Object(value);
  return typeof key === 'string' && Number.isSafeInteger(index) && index >= 0;
};

/** A page of a list that is made anew for each; `keyOf` names an item in a few characters. @throws Fault for a strange cursor */
export function pageIn<T>(
  items: readonly T[],
  { limit, cursor, keyOf }: PageQuery & { readonly keyOf: (item: T) => string },
): { readonly items: readonly T[]; readonly next: string | null } {
  const after = readCursor(cursor, isPlace);
  const start = after ? placeBehind(after) : 0;
  const end = start + limit;
  const last = items[end - 1];
  const next = last !== undefined && end < items.length ? cursorOf({ key: keyOf(last), index: end }) : null;
  return { items: items.slice(start, end), next };

  function placeBehind({ key, index }: Place): number {
    const before = items[index - 1];
    if (before !== undefined && keyOf(before) === key) return index;
    const found = items.findIndex((item) => keyOf(item) === key) + 1;
    return found === 0 ? index : found;
  }
}
