import type { FileIndex, IndexedFile } from '../file-index.ts';
import type { IndexChanges } from './messages.ts';
import { type PackedIndex, readIndex } from './packed-index.ts';

/** The index of a worker: what was packed, and above it what has changed since. */
export interface LayeredIndex extends FileIndex {
  use(packed: PackedIndex): void;
  change(changes: IndexChanges): void;
}

/** Empty at first. */
export function createLayeredIndex(): LayeredIndex {
  let base: FileIndex = { get: () => undefined };
  const above = new Map<string, IndexedFile | undefined>();
  return {
    get(name) {
      return above.get(name) ?? (above.has(name) ? undefined : base.get(name));
    },
    use(packed) {
      base = readIndex(packed);
      above.clear();
    },
    change({ put, removed }) {
      for (const [name, file] of put) above.set(name, file);
      for (const name of removed) above.set(name, undefined);
    },
  };
}
