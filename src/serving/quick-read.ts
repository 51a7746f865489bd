import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { IndexedFile } from './file-index.ts';

/** The bytes of a file that offhook wrote, as they stand on disk, with the hash that they really have. */
export interface Built {
  readonly bytes: Buffer;
  readonly hash: string;
  readonly modified: Date;
}

export interface QuickReadOptions {
  /** Milliseconds; what takes longer was not in the system's memory. */
  readonly slow?: number;
  /** How long after a slow read nothing is read in this way, milliseconds. */
  readonly rest?: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** Larger files are read by others (bytes). */
const largest = 256 * 1024;

/**
 * Reads a file of the build at once, on this thread: what was just written is in the system's memory, and there it takes
 * a twentieth of what it takes by way of the thread pool. A disk that makes us wait twice in a row is given a rest, so that
 * a slow one costs two short stops now and then. Undefined when the file is to be read the other way, which also knows what is wrong.
 */
export function createQuickRead(
  out: string,
  options: QuickReadOptions = {},
): (entry: IndexedFile) => Built | undefined {
  const { slow = 4, rest = 2000, now = () => performance.now() } = options;
  let restUntil = Number.NEGATIVE_INFINITY;
  let wasSlow = false;
  return ({ path, size }) => {
    const since = now();
    if (size > largest || since < restUntil || !isFlat(path)) return undefined;
    const built = readNow(join(out, path));
    const until = now();
    const isSlow = until - since > slow;
    // Once may be another program that had the processor; twice in a row is the disk.
    if (isSlow && wasSlow) restUntil = until + rest;
    wasSlow = isSlow;
    return built;
  };
}

/** Names with folders, and dot files, need a closer look. */
const isFlat = (path: string): boolean => !path.startsWith('.') && !path.includes('/') && !path.includes('\\');

/** Undefined unless it is a regular file, and no link. */
function readNow(path: string): Built | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    return readDescriptor(descriptor);
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function readDescriptor(descriptor: number): Built | undefined {
  const stats = fstatSync(descriptor);
  if (!stats.isFile() || stats.size > largest) return undefined;
  // Of its own: a piece of Node's pool would keep the whole pool in memory for as long as it is in the cache.
  const bytes = Buffer.allocUnsafeSlow(stats.size);
  if (stats.size > 0 && readSync(descriptor, bytes, 0, stats.size, 0) !== stats.size) return undefined;
  return { bytes, hash: hash('sha256', bytes), modified: stats.mtime };
}
