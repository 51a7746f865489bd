import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A folder on a file system of its own, of a few megabytes in memory. */
export interface SmallDisk extends Disposable {
  /** Takes all the room that is left. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  readOnly(yes: boolean): void;
}

/** Why there can be no such disk here; undefined when there can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to mount a small tmpfs';
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs the right to mount a tmpfs (CAP_SYS_ADMIN; in a container --privileged)';
  }
}

const filler = 'filler.bin';

/** Mounts a tmpfs over a folder, which is made. */
export function mountSmallDisk(folder: string, megabytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', folder]);
  return {
    fill() {
      const file = openSync(join(folder, filler), 'w');
      for (let size = 65_536; size >= 1; ) if (!hasWritten(file, size)) size /= 2;
      closeSync(file);
    },
    free: () => rmSync(join(folder, filler), { force: true }),
    readOnly: (yes) => void execFileSync('mount', ['-o', `remount,${yes ? 'ro' : 'rw'}`, folder]),
    // Also when somebody still has a file open there.
    [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', folder]),
  };
}

function hasWritten(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) > 0;
  } catch {
    return false;
  }
}
