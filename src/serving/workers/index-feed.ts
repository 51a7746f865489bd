import type { IndexedFile } from '../file-index.ts';
import type { IndexChanges, ToWorker } from './messages.ts';
import { type PackedIndex, packIndex } from './packed-index.ts';

/** What workers are to know of the index: all of it once, then what changed, until that is so much that all is sent again. */
export interface IndexFeed {
  readonly version: number;
  /** For a worker that begins. */
  greeting(): readonly ToWorker[];
  /** Takes over what the index is now; what of it changed, if that is known. Answers what the workers are to be told. */
  update(index: ReadonlyMap<string, IndexedFile>, changes?: IndexChanges): Promise<ToWorker>;
}

/** Changes above the packed index, at most; each costs every worker some 300 bytes. */
const mostAbove = 2000;

export function createIndexFeed(): IndexFeed {
  let version = 0;
  let packed: PackedIndex | undefined;
  /** Changes since it was packed, by name. */
  const above = new Map<string, IndexedFile | undefined>();

  return {
    get version() {
      return version;
    },
    greeting() {
      if (!packed) return [];
      const changes = changesOf(above);
      return [
        { kind: 'index', version, packed },
        { kind: 'changes', version, changes },
      ];
    },
    async update(index, changes) {
      if (packed && changes && above.size + changes.put.length + changes.removed.length <= mostAbove) {
        for (const [name, file] of changes.put) above.set(name, plain(file));
        for (const name of changes.removed) above.set(name, undefined);
        version++;
        return { kind: 'changes', version, changes: plainChanges(changes) };
      }
      packed = await packIndex(index);
      above.clear();
      version++;
      return { kind: 'index', version, packed };
    },
  };
}

/** No more than serving needs: where the secrets stand is nobody's business. */
const plain = ({ path, size, hash, audience }: IndexedFile): IndexedFile => ({ path, size, hash, audience });

const plainChanges = ({ put, removed }: IndexChanges): IndexChanges => ({
  put: put.map(([name, file]) => [name, plain(file)]),
  removed,
});

function changesOf(above: ReadonlyMap<string, IndexedFile | undefined>): IndexChanges {
  const put: [string, IndexedFile][] = [];
  const removed: string[] = [];
  for (const [name, file] of above) {
    if (file) put.push([name, file]);
    else removed.push(name);
  }
  return { put, removed };
}
