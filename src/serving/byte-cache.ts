/** Something with bytes, for a cache that is bounded by them. */
export interface Sized {
  readonly bytes: Buffer;
}

export interface ByteCache<T extends Sized> {
  /** What stands under the key if it is of this version, and becomes the youngest by it. */
  get(key: string, version: string): T | undefined;
  /** Replaces what stands under the key; the ones that were not asked for the longest make room. */
  set(key: string, version: string, value: T): void;
}

/** Each entry costs some memory beyond its bytes. */
const overhead = 512;

/** Least recently used first out; `limit` in bytes. A value that is larger than an eighth of it is not kept. */
export function createByteCache<T extends Sized>(limit: number): ByteCache<T> {
  const entries = new Map<string, { version: string; value: T }>();
  let size = 0;
  const cost = (value: T) => value.bytes.byteLength + overhead;
  const remove = (key: string) => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    size -= cost(entry.value);
  };
  return {
    get(key, version) {
      const entry = entries.get(key);
      if (entry?.version !== version) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, version, value) {
      remove(key);
      if (cost(value) > limit / 8) return;
      entries.set(key, { version, value });
      size += cost(value);
      for (const eldest of entries.keys()) {
        if (size <= limit) break;
        remove(eldest);
      }
    },
  };
}

/** Runs `work` once for each key however many ask while it is under way; all get the one outcome. */
export function onceAtATime<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>();
  return (key, work) => {
    const before = underWay.get(key);
    if (before !== undefined) return before;
    const now = work().finally(() => underWay.delete(key));
    underWay.set(key, now);
    return now;
  };
}
