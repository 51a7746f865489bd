import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { onceAtATime } from './byte-cache.ts';

/** Finds how a folder spells a path that is given in lower case; undefined when it spells it so, or has none. */
export type Spelling = (path: string) => Promise<string | undefined>;

interface Listing {
  readonly readAt: number;
  /** How long the reading took (ms). */
  readonly took: number;
  readonly changed: bigint;
  /** A change right after the reading may not show in the folder's time stamp. */
  readonly settled: boolean;
  /** Only names that are not in lower case already: an out/ of 100,000 files leaves nothing here. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * A folder that takes 100 ms to read is not read again for two seconds, however fast it changes and however many ask for
 * what is not there; a small one is read whenever it changed.
 */
const rest = 20;
const mostFolders = 64;

/** Listings are kept until the folder changes. */
export function createSpelling(root: string): Spelling {
  const listings = new Map<string, Listing>();
  const once = onceAtATime<Listing | undefined>();

  const list = async (folder: string): Promise<Listing | undefined> => {
    const known = listings.get(folder);
    if (known !== undefined && performance.now() - known.readAt < rest * known.took) return known;
    return once(folder, async () => {
      const listing = await readListing(folder, { known, follow: folder === root });
      listings.delete(folder);
      if (listing !== undefined) listings.set(folder, listing);
      for (const eldest of listings.keys()) if (listings.size > mostFolders) listings.delete(eldest);
      return listing;
    });
  };

  return async (path) => {
    let spelt = '';
    for (const segment of path.split('/')) {
      const listing = await list(join(root, spelt));
      if (listing === undefined) return undefined;
      spelt = join(spelt, listing.names.get(segment) ?? segment);
    }
    return spelt === path ? undefined : spelt;
  };
}

/** Undefined when there is no such folder, or only a link to one: what it lists might not be ours. */
async function readListing(
  folder: string,
  { known, follow }: { known: Listing | undefined; follow: boolean },
): Promise<Listing | undefined> {
  try {
    const readAt = performance.now();
    const stats = follow ? await stat(folder, { bigint: true }) : await lstat(folder, { bigint: true });
    if (!stats.isDirectory()) return undefined;
    const changed = stats.mtimeNs;
    if (known?.settled && known.changed === changed) return { ...known, readAt };
    const settled = Date.now() - Number(stats.mtimeMs) > 2000;
    const names = mixedCase(await readdir(folder));
    return { readAt, took: performance.now() - readAt, changed, settled, names };
  } catch {
    return undefined;
  }
}

function mixedCase(names: readonly string[]): ReadonlyMap<string, string> {
  const spelt = new Map<string, string>();
  for (const name of names) {
    const lower = name.toLowerCase();
    if (lower !== name && !spelt.has(lower)) spelt.set(lower, name);
  }
  return spelt;
}
