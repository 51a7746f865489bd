import { hash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { explainDiskError } from '../model/disk-error.ts';
import type { File, Written } from '../model/file.ts';
import { isManifestName } from '../model/manifest.ts';
import { retractManifest } from './manifest.ts';

/** Where it is remembered what was written, so that nothing else is ever removed. */
export interface WrittenRecord {
  put(files: readonly Written[]): void;
  remove(paths: readonly string[]): void;
}

export interface OutFolder {
  /** Every file of the last accepted build, by its name in lower case. */
  readonly index: ReadonlyMap<string, Written>;
  /** Begins a build: nothing shows in the folder until it is committed. */
  begin(): Stage;
}

export interface Stage {
  /**
   * Sets a file aside if its bytes differ from what stands in the folder. Answers the difference, with the bytes that
   * were there, or undefined when there is none.
   * @throws the error of the file system: disk full, no permission
   */
  put(file: File): Difference | undefined;
  /** Wants a file gone that an earlier build wrote. */
  remove(path: string): void;
  /** Puts everything in place, file by file, each by a rename. A manifest goes before: it would name bytes that are gone. */
  commit(): void;
  /** Leaves the folder as it was. */
  discard(): void;
}

export interface Difference {
  readonly path: string;
  readonly before?: Buffer;
  readonly after: Buffer;
}

// Beside the files, so that a rename stays in one file system; a dot folder, so that no server of ours hands it out.
const staging = '.offhook-staging';

/**
 * Opens out/. `known` is what earlier builds wrote; a file whose size or time is no longer what it was is written again.
 * What a killed process left half done is thrown away. Files hold passwords: they are for their owner alone.
 */
export function openOutFolder(out: string, known: readonly Written[], record: WrittenRecord): OutFolder {
  makeFolder(out);
  clearStaging(out);
  const index = new Map<string, Written>();
  for (const file of known) {
    const there = asWritten(out, file);
    if (there) index.set(file.path.toLowerCase(), there);
  }

  function begin(): Stage {
    const staged: { file: Written; temporary?: string }[] = [];
    const removed = new Set<string>();
    let count = 0;

    function setAside(file: File): { file: Written; temporary: string } {
      if (count === 0) makeStaging(join(out, staging));
      const temporary = join(out, staging, String(count++));
      return { file: withoutBytes(file, writeWhole(temporary, file.bytes)), temporary };
    }

    return {
      put(file) {
        if (isManifestName(file.path)) throw new Error(`a template makes ${file.path}, which is offhook's own name`);
        const key = file.path.toLowerCase();
        const there = index.get(key);
        if (there?.hash === file.hash && there.path === file.path) return undefined;
        const before = readIfThere(join(out, there?.path ?? file.path));
        const isRenamed = there !== undefined && there.path !== file.path;
        if (isRenamed) removed.add(there.path);
        if (!isRenamed && before && hash('sha256', before) === file.hash && !removed.has(file.path)) {
          staged.push({ file: withoutBytes(file, mtimeOf(join(out, file.path))) });
          return undefined;
        }
        staged.push(setAside(file));
        return { path: file.path, before, after: file.bytes };
      },
      remove(path) {
        removed.add(path);
      },
      commit() {
        // Recorded first: if the process is killed from here on, sizes and times tell what did not come to pass.
        record.put(staged.map(({ file }) => file));
        if (removed.size > 0 || staged.some(({ temporary }) => temporary)) retractManifest(out);
        for (const { file, temporary } of staged) {
          if (temporary) renameSync(temporary, join(out, file.path));
          index.set(file.path.toLowerCase(), file);
          removed.delete(file.path);
        }
        for (const path of removed) removeFile(out, path, index);
        record.remove([...removed]);
        clearStaging(out);
      },
      discard: () => clearStaging(out),
    };
  }

  return { index, begin };
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

/** Not `recursive`: then Node says of a read-only file system that there is no such folder. */
function makeStaging(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })) mkdirSync(folder, { mode: 0o700 });
}

function clearStaging(out: string): void {
  try {
    rmSync(join(out, staging), { recursive: true, force: true });
  } catch {
    // What cannot be removed now is written over, or says so when it cannot be.
  }
}

/** With the time that it has now, when only that is new: copied from elsewhere, say. Undefined when it is another file. */
function asWritten(out: string, file: Written): Written | undefined {
  const stat = attemptStat(join(out, file.path));
  if (!stat?.isFile() || stat.size !== file.size) return undefined;
  if (stat.mtimeMs === file.mtime) return file;
  const bytes = readIfThere(join(out, file.path));
  return bytes && hash('sha256', bytes) === file.hash ? { ...file, mtime: stat.mtimeMs } : undefined;
}

function attemptStat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function withoutBytes({ path, size, hash, audience, secrets }: File, mtime: number): Written {
  return { path, size, hash, audience, secrets, mtime };
}

const mtimeOf = (path: string): number => lstatSync(path).mtimeMs;

function writeWhole(path: string, bytes: Buffer): number {
  const file = openSync(path, 'w', 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    return fstatSync(file).mtimeMs;
  } finally {
    closeSync(file);
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function removeFile(out: string, path: string, index: Map<string, Written>): void {
  try {
    unlinkSync(join(out, path));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  if (index.get(path.toLowerCase())?.path === path) index.delete(path.toLowerCase());
}
