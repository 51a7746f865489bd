import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Writes beside a file and then over it: whoever reads it sees the one or the other. Links stay links, and the mode stays;
 * a file that was not there gets `mode`.
 * @throws the error of the file system
 */
export function replaceFile(path: string, bytes: Uint8Array | string, mode = 0o644): void {
  replaceFileIf(path, bytes, { mode, isStill: () => true });
}

export interface ReplaceOptions {
  readonly mode?: number;
  /** Asked when all is written, right before the name is taken. */
  readonly isStill: () => boolean;
}

/** The same, unless it is said at the last moment that it is not wanted any more: then false, and nothing is left behind. @throws the error of the file system */
export function replaceFileIf(
  path: string,
  bytes: Uint8Array | string,
  { mode = 0o644, isStill }: ReplaceOptions,
): boolean {
  const before = statSync(path, { throwIfNoEntry: false });
  const target = before ? realpathSync(path) : path;
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  // What a process of this number left when it was killed.
  rmSync(temporary, { force: true });
  try {
    const file = openSync(temporary, 'wx', (before?.mode ?? mode) & 0o7777);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    const isWanted = isStill();
    if (isWanted) renameSync(temporary, target);
    else rmSync(temporary, { force: true });
    return isWanted;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
