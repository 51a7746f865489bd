import { hash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, type Stats, statSync } from 'node:fs';
import { explainDiskError } from '../model/disk-error.ts';
import type { Written } from '../model/file.ts';
import { createModes } from './modes.ts';
import { clearStaging, createStage, readIfThere, type Stage, type WrittenRecord } from './stage.ts';

export interface OutFolder {
  /** Every file of the last accepted build, by its name in lower case. */
  readonly index: ReadonlyMap<string, Written>;
  /** Begins a build: nothing shows in the folder until it is committed. `mode`: of all files; 0600 when it is not given. */
  begin(mode?: number): Stage;
  /** The bytes of a file of the index; undefined when somebody else has changed them. */
  read(file: Pick<Written, 'path' | 'hash'>): Buffer | undefined;
}

/**
 * Opens out/. `known` is what earlier builds wrote; a file whose size or time is no longer what it was is written again.
 * What a killed process left half done is thrown away. Files hold passwords: they are for their owner alone, unless a build says otherwise.
 */
export function openOutFolder(out: string, known: Iterable<Written>, record: WrittenRecord): OutFolder {
  makeFolder(out);
  clearStaging(out);
  const index = new Map<string, Written>();
  for (const file of known) {
    const there = asWritten(out, file);
    if (there) index.set(file.path.toLowerCase(), there);
  }
  const others = new Set(namesIn(out).filter((name) => index.get(name.toLowerCase())?.path !== name));
  const modes = createModes(out, index);
  return {
    index,
    begin: (mode) => createStage({ out, index, others, record, mode, modes }),
    read(file) {
      const bytes = readIfThere(`${out}/${file.path}`);
      return bytes && hash('sha256', bytes) === file.hash ? bytes : undefined;
    },
  };
}

/** @throws Error with a sentence; a folder that is there is enough, also when it cannot be written to now */
function makeFolder(out: string): void {
  const stat = statSync(out, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return;
  if (stat) throw new Error(`${out} is no folder; wanted one that can be written (--out DIR)`);
  try {
    mkdirSync(out, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Error(`${out} cannot be made: ${explainDiskError(error)}; wanted a folder (--out DIR)`, { cause: error });
  }
}

/** With the time that it has now, when only that is new: copied from elsewhere, say. Undefined when it is another file. */
function asWritten(out: string, file: Written): Written | undefined {
  const path = `${out}/${file.path}`;
  const stat = attemptStat(path);
  if (!stat?.isFile() || stat.size !== file.size) return undefined;
  if (stat.mtimeMs === file.mtime) return file;
  const bytes = readIfThere(path);
  return bytes && hash('sha256', bytes) === file.hash ? { ...file, mtime: stat.mtimeMs } : undefined;
}

/** None where they cannot be read: what then goes wrong is said when a file is written. */
function namesIn(out: string): string[] {
  try {
    return readdirSync(out);
  } catch {
    return [];
  }
}

function attemptStat(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
