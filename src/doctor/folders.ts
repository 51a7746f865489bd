import { randomBytes } from 'node:crypto';
import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainDiskError } from '../model/disk-error.ts';

/** Why a file cannot be written into a folder, in words; undefined when it can. One is, and goes again. */
export function whyNotWritable(folder: string): string | undefined {
  const probe = join(folder, `.doctor-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    if (!statSync(folder).isDirectory()) return 'it is no folder';
    writeFileSync(probe, 'offhook doctor\n', { mode: 0o600, flag: 'wx' });
    return undefined;
  } catch (error) {
    return explainDiskError(error);
  } finally {
    // Of a full disk there is room for its name, and not for what it says.
    remove(probe);
  }
}

function remove(probe: string): void {
  try {
    rmSync(probe, { force: true });
  } catch {
    // It could not be made, either.
  }
}

/** What is left of the file system that a folder is in; undefined when it cannot be asked. */
export function roomIn(folder: string): { readonly bytes: number; readonly share: number } | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { bytes: bavail * bsize, share: blocks === 0 ? 1 : bavail / blocks };
  } catch {
    return undefined;
  }
}
