import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Writes beside a file and then over it: whoever reads it sees the one or the other. Links stay links, and the mode stays;
 * a file that was not there gets `mode`.
 * @throws the error of the file system
 */
export function replaceFile(path: string, bytes: Uint8Array | string, mode = 0o644): void {
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
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
