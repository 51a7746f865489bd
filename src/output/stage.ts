import { hash } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { Breathe } from '../breath.ts';
import type { File, FileEntry, Written } from '../model/file.ts';
import { isManifestName } from '../model/manifest.ts';
import { retractManifest } from './manifest.ts';
import { type Modes, usualMode } from './modes.ts';

/** Where it is remembered what was written, so that nothing else is ever removed. */
export interface WrittenRecord {
  put(files: readonly Written[]): void;
  remove(paths: readonly string[]): void;
}

export interface Stage {
  /**
   * Sets a file aside if its bytes differ from what stands in the folder. Answers the difference from the last build,
   * with the bytes that were there, or undefined when there is none.
   * @throws the error of the file system: disk full, no permission
   */
  put(file: File): Difference | undefined;
  /** Wants a file gone that an earlier build wrote. */
  remove(path: string): void;
  /** What would stand in the folder under this name. */
  entry(path: string): FileEntry | undefined;
  /** Takes back what was put: what stands in the folder under this name stays. */
  withdraw(path: string): void;
  /**
   * Puts everything in place, file by file, each by a rename. A manifest goes before: it would name bytes that are gone.
   * `breathe` is asked between files, so that others get their turn; the index says what is in place by then.
   */
  commit(breathe?: Breathe): Promise<void>;
  /** Leaves the folder as it was. */
  discard(): void;
}

export interface Difference {
  readonly path: string;
  readonly before?: Buffer;
  readonly after: Buffer;
}

export interface StageOptions {
  readonly out: string;
  readonly index: Map<string, Written>;
  /** Names of what somebody else had put there when the folder was opened. */
  readonly others: ReadonlySet<string>;
  readonly record: WrittenRecord;
  /** Of the files that are written; 0600 when it is not given. */
  readonly mode?: number;
  /** Sees to those that are there already. */
  readonly modes: Modes;
}

// Beside the files, so that a rename stays in one file system; a dot folder, so that no server of ours hands it out.
const staging = '.offhook-staging';

interface Staged {
  readonly file: Written;
  /** Where its bytes wait; undefined when they stand in the folder already. */
  readonly temporary?: string;
}

/** Files that are put in place together: recorded in one transaction, and soon after it. */
const together = 500;

export function createStage({ out, index, others, record, mode, modes }: StageOptions): Stage {
  /** By name in lower case. */
  const staged = new Map<string, Staged>();
  const removed = new Set<string>();
  let count = 0;

  function setAside(file: File): Staged {
    if (count === 0) makeStaging(out);
    const temporary = `${out}/${staging}/${count++}`;
    return { file: withoutBytes(file, writeWhole(temporary, file.bytes, mode)), temporary };
  }

  function putInPlace(some: readonly Staged[]): void {
    // Recorded first: if the process is killed from here on, sizes and times tell what did not come to pass.
    record.put(some.map(({ file }) => file));
    for (const { file, temporary } of some) {
      if (temporary) renameSync(temporary, `${out}/${file.path}`);
      index.set(file.path.toLowerCase(), file);
      removed.delete(file.path);
    }
  }

  return {
    put(file) {
      if (isManifestName(file.path)) throw new Error(`a template makes ${file.path}, which is offhook's own name`);
      const there = index.get(file.path.toLowerCase());
      if (there?.hash === file.hash && there.path === file.path) return undefined;
      // Not asked of the disk when it cannot be: in a first build that would cost as much as writing the file.
      const before = there || others.has(file.path) ? readIfThere(`${out}/${there?.path ?? file.path}`) : undefined;
      const isRenamed = there !== undefined && there.path !== file.path;
      if (isRenamed) removed.add(there.path);
      if (!isRenamed && before && hash('sha256', before) === file.hash && !removed.has(file.path)) {
        const as = withoutBytes(file, lstatSync(`${out}/${file.path}`).mtimeMs);
        staged.set(file.path.toLowerCase(), { file: as });
        // Another process has written it since, `offhook build`, say: nobody was told of that.
        return there && { path: file.path, after: file.bytes };
      }
      staged.set(file.path.toLowerCase(), setAside(file));
      return { path: file.path, before, after: file.bytes };
    },
    remove(path) {
      removed.add(path);
    },
    entry: (path) => staged.get(path.toLowerCase())?.file ?? index.get(path.toLowerCase()),
    withdraw(path) {
      staged.delete(path.toLowerCase());
      const there = index.get(path.toLowerCase());
      if (there) removed.delete(there.path);
    },
    async commit(breathe = () => undefined) {
      if (removed.size > 0 || count > 0) retractManifest(out);
      const all = [...staged.values()];
      for (let first = 0; first < all.length; first += together) {
        putInPlace(all.slice(first, first + together));
        await breathe();
      }
      for (const path of removed) removeFile(out, path, index);
      record.remove([...removed]);
      modes.apply(mode);
      clearStaging(out);
    },
    discard: () => clearStaging(out),
  };
}

function withoutBytes({ path, size, hash, audience, secrets }: File, mtime: number): Written {
  return { path, size, hash, audience, secrets, mtime };
}

/** Not `recursive`: then Node says of a read-only file system that there is no such folder. */
function makeStaging(out: string): void {
  const folder = `${out}/${staging}`;
  if (!statSync(folder, { throwIfNoEntry: false })) mkdirSync(folder, { mode: 0o700 });
}

/** What a build left half done is thrown away. */
export function clearStaging(out: string): void {
  try {
    rmSync(`${out}/${staging}`, { recursive: true, force: true });
  } catch {
    // What cannot be removed now is written over, or says so when it cannot be.
  }
}

function writeWhole(path: string, bytes: Buffer, mode = usualMode): number {
  const file = openSync(path, 'w', usualMode);
  try {
    // Not what the process's mask leaves of it.
    if (mode !== usualMode) fchmodSync(file, mode);
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    return fstatSync(file).mtimeMs;
  } finally {
    closeSync(file);
  }
}

export function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function removeFile(out: string, path: string, index: Map<string, Written>): void {
  try {
    unlinkSync(`${out}/${path}`);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  if (index.get(path.toLowerCase())?.path === path) index.delete(path.toLowerCase());
}
