import { chmodSync, lstatSync, statSync } from 'node:fs';
import type { Written } from '../model/file.ts';

/** Who may read what is written: its owner alone, unless somebody says otherwise. */
export const usualMode = 0o600;

/** A folder of files that somebody may read is one that he may look into. */
const folderMode = (mode: number): number => mode | ((mode & 0o444) >> 2);

/** Sees to it that all of a folder has a mode: what was there before, and the folder itself. */
export interface Modes {
  /**
   * Looks at the files only when the mode is another than the last time. Without a mode they are the owner's alone, and
   * the folder stays as it is unless it was changed here.
   * @throws the error of the file system, when a mode is asked for that it does not take
   */
  apply(mode?: number): void;
}

export function createModes(out: string, index: ReadonlyMap<string, Written>): Modes {
  let last: { readonly mode?: number } | undefined;
  return {
    apply(mode) {
      if (last && last.mode === mode) return;
      const isAsked = mode !== undefined || last?.mode !== undefined;
      for (const { path } of index.values()) change(`${out}/${path}`, mode ?? usualMode, isAsked);
      if (isAsked) change(out, folderMode(mode ?? usualMode), true);
      last = mode === undefined ? {} : { mode };
    },
  };
}

/** A file system that knows no modes is no fault, unless one is asked for. */
function change(path: string, mode: number, isAsked: boolean): void {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat || stat.isSymbolicLink() || (stat.mode & 0o777) === mode) return;
    chmodSync(path, mode);
  } catch (error) {
    if (isAsked) throw error;
  }
}

/** What copies of a folder need beside its files, and holds no password: as readable as the folder is. */
export const modeBeside = (folder: string): number => usualMode | (statSync(folder).mode & 0o044);
