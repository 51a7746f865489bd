import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A disk of its own, a few hundred kilobytes; undefined where one may not be mounted. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]);
  if (mounted.status === 0) return folder;
  rmdirSync(folder);
  return undefined;
}

function unmount(folder: string): void {
  spawnSync('umount', [folder]);
  rmdirSync(folder);
}

const probe = mountSmallDisk();
if (probe !== undefined) unmount(probe);

/** For `test.skipIf` and the name of the test. */
export const smallDisks = { missing: probe === undefined, sentence: 'needs the right to mount a tmpfs' };

/** Mounted until the test is over. */
export function smallDisk(): string {
  const folder = mountSmallDisk()!;
  onTestFinished(() => unmount(folder));
  return folder;
}

export function remount(folder: string, how: string): void {
  const { status } = spawnSync('mount', ['-o', `remount,${how}`, folder]);
  if (status !== 0) throw new Error(`cannot remount ${folder} ${how}`);
}
