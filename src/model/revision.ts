import { hash } from 'node:crypto';
import type { FileEntry } from './file.ts';

/** Short enough to read aloud, long enough for every build of a fleet: 48 bits. */
const digits = 12;

/** The hash over all bytes that a device is meant to have, whatever the order of its files. */
export function revisionOf(files: readonly Pick<FileEntry, 'path' | 'hash'>[]): string {
  const lines = files.map(({ path, hash: bytes }) => `${path} ${bytes}\n`).sort();
  return hash('sha256', lines.join('')).slice(0, digits);
}
