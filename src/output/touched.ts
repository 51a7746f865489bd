import type { Written } from '../model/file.ts';
import type { WrittenRecord } from './stage.ts';

/** What of the index is other than at the last question. Names in lower case. */
export interface Changes {
  readonly put: readonly (readonly [name: string, file: Written])[];
  readonly removed: readonly string[];
}

/** A record that also keeps in mind which files it was told of. */
export interface Touched {
  readonly record: WrittenRecord;
  /** What became of them since the last time. */
  take(index: ReadonlyMap<string, Written>): Changes;
}

export function createTouched(record: WrittenRecord): Touched {
  let names = new Set<string>();
  return {
    record: {
      put(files) {
        for (const { path } of files) names.add(path.toLowerCase());
        record.put(files);
      },
      remove(paths) {
        for (const path of paths) names.add(path.toLowerCase());
        record.remove(paths);
      },
    },
    take(index) {
      const all = [...names].map((name) => [name, index.get(name)] as const);
      names = new Set();
      return {
        put: all.flatMap(([name, file]) => (file ? [[name, file] as const] : [])),
        removed: all.flatMap(([name, file]) => (file ? [] : [name])),
      };
    },
  };
}
