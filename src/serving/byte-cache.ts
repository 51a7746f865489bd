/** Something with bytes, for a cache that is bounded by them. */
export interface Sized {
  readonly bytes: Buffer;
}

export interface ByteCache<T extends Sized> {
  /** What stands under the key if it is of this version. */
  get(key: string, version: string): T | undefined;
  /** Replaces what stands under the key; those that were not asked for make room. */
  set(key: string, version: string, value: T): void;
}

/** Each entry costs some memory beyond its bytes. */
const overhead = 512;

interface Entry<T> {
  readonly version: string;
  readonly value: T;
  /** It was asked for since it came, or since its turn to go. */
  used: boolean;
}

/**
 * First in, first out, but what was asked for meanwhile gets another round: as good as least recently used, and asking
 * costs no more than looking. `limit` in bytes. A value that is larger than an eighth of it is not kept.
 */
export function createByteCache<T extends Sized>(limit: number): ByteCache<T> {
  const entries = new Map<string, Entry<T>>();
  let size = 0;
  const cost = (value: T) => value.bytes.byteLength + overhead;
  const remove = (key: string) => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    size -= cost(entry.value);
  };
  const spare = (key: string, entry: Entry<T>) => {
    entry.used = false;
    entries.delete(key);
    entries.set(key, entry);
  };
  return {
    get(key, version) {
      const entry = entries.get(key);
      if (entry?.version !== version) return undefined;
      entry.used = true;
      return entry.value;
    },
    set(key, version, value) {
      remove(key);
      if (cost(value) > limit / 8) return;
      entries.set(key, { version, value, used: false });
      size += cost(value);
      for (const [eldest, entry] of entries) {
        if (size <= limit) break;
        if (entry.used) spare(eldest, entry);
        else remove(eldest);
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
