import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

export interface LockTiming {
  /** Milliseconds between two tries, and until there is no hope. */
  readonly every?: number;
  readonly most?: number;
}

/**
 * Does a short work while no git changes the working tree: `git pull` and the like hold this file, and wait for no one, so
 * what they are at is over before. Where it cannot be made (no right to write there) nobody is kept out.
 * @throws Error with a sentence when another git does not end
 */
export async function withGitLock<Result>(
  path: string | undefined,
  work: () => Result,
  { every = 20, most = 10_000 }: LockTiming = {},
): Promise<Result> {
  if (path === undefined) return work();
  for (const end = Date.now() + most; ; await wait(every)) {
    const lock = openLock(path);
    if (lock === 'none') return work();
    if (lock === 'taken' && Date.now() > end)
      throw new Error(`another git is at work here: ${path} is there; if none is, remove it`);
    if (lock === 'taken') continue;
    try {
      return work();
    } finally {
      rmSync(path, { force: true });
    }
  }
}

function openLock(path: string): 'made' | 'taken' | 'none' {
  try {
    closeSync(openSync(path, 'wx', 0o644));
    return 'made';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EEXIST' ? 'taken' : 'none';
  }
}
