/**
 * The value of `next`, built from the objects of `previous` wherever they say the same, so that whoever remembers what
 * he made of an object need not make it again. Lists are aligned by `identity` of their items where they have one
 * (a device's MAC), else by index.
 */
export function share(previous: unknown, next: unknown, identity: (item: object) => unknown): unknown {
  if (previous === next) return next;
  if (!isObject(previous) || !isObject(next)) return next;
  if (Array.isArray(previous) && Array.isArray(next)) return shareList(previous, next, identity);
  if (Array.isArray(previous) || Array.isArray(next)) return next;
  return shareMap(previous, next, identity);
}

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function shareList(previous: unknown[], next: unknown[], identity: (item: object) => unknown): unknown[] {
  let known: Map<unknown, unknown> | undefined;
  const find = (id: unknown): unknown => {
    known ??= new Map(previous.filter(isObject).map((item) => [identity(item), item]));
    return known.get(id);
  };
  const items = next.map((item, index) => {
    const id = isObject(item) ? identity(item) : undefined;
    const there = previous[index];
    const isThere = id === undefined || (isObject(there) && identity(there) === id);
    return share(isThere ? there : find(id), item, identity);
  });
  return previous.length === items.length && items.every((item, index) => item === previous[index]) ? previous : items;
}

function shareMap(previous: Fields, next: Fields, identity: (item: object) => unknown): Fields {
  const keys = Object.keys(next);
  let same = keys.length === Object.keys(previous).length;
  for (const key of keys) {
    const value = share(Object.hasOwn(previous, key) ? previous[key] : undefined, next[key], identity);
    next[key] = value;
    same &&= Object.hasOwn(previous, key) && value === previous[key];
  }
  return same ? previous : next;
}
