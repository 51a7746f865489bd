import { hash } from 'node:crypto';
import { createByteCache, onceAtATime } from './byte-cache.ts';
import type { IndexedFile } from './file-index.ts';
import { openInside, Refused } from './open-inside.ts';
import { type Built, createQuickRead } from './quick-read.ts';
import type { Served } from './served.ts';

/** A file in memory. */
export type Kept = Built & Pick<Served, 'made'>;

/**
 * Reads files of the last accepted build, each once however many ask, through a cache of `limit` bytes. While a build
 * is being written the bytes on disk may not be the index's: then they are given with their own hash, and are not kept.
 * Throws `Refused`; 503 when the file is not on disk.
 */
export function createBuiltFiles(out: string, limit: number): (entry: IndexedFile) => Kept | Promise<Kept> {
  const cache = createByteCache<Kept>(limit);
  const once = onceAtATime<Kept>();
  const readQuickly = createQuickRead(out);
  const keep = (entry: IndexedFile, built: Built): Kept => {
    if (built.hash !== entry.hash) return built;
    const kept = { ...built, made: {} };
    cache.set(entry.path, entry.hash, kept);
    return kept;
  };
  return (entry) => {
    const cached = cache.get(entry.path, entry.hash);
    if (cached !== undefined) return cached;
    const quick = readQuickly(entry);
    if (quick !== undefined) return keep(entry, quick);
    return once(`${entry.hash} ${entry.path}`, async () => keep(entry, await readBuilt(out, entry.path)));
  };
}

async function readBuilt(out: string, path: string): Promise<Built> {
  const handle = await openInside(out, path).catch(missing);
  try {
    const { mtime } = await handle.stat();
    const bytes = await handle.readFile();
    return { bytes, hash: hash('sha256', bytes), modified: mtime };
  } finally {
    await handle.close();
  }
}

function missing(error: unknown): never {
  if (error instanceof Refused && error.status === 404)
    throw new Refused(503, 'the last build wrote this file, but it is not on disk: somebody took it out of out/');
  throw error;
}
