import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Checkout {
  /** The project's folder as it is at the commit. */
  readonly dir: string;
  remove(): Promise<void>;
}

/**
 * Lays the project out as it is at a commit, in a temporary folder.
 * @throws Error with a sentence when `dir` is in no repository, or the repository does not know `ref`
 */
export async function checkOut(dir: string, ref: string): Promise<Checkout> {
  const top = await git(dir, ['rev-parse', '--show-toplevel'], `${dir} is in no git repository`);
  const commit = await git(
    dir,
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`],
    unknownRef(ref),
  );
  const folder = await mkdtemp(join(tmpdir(), 'offhook-'));
  // A worktree of its own index: the user's files and index are not touched.
  const environment = { ...process.env, GIT_INDEX_FILE: join(folder, '.index') };
  const tree = join(folder, 'tree');
  await run('git', ['-C', top, 'read-tree', commit], { env: environment });
  await run('git', ['-C', top, 'checkout-index', '--all', `--prefix=${tree}/`], {
    env: environment,
    maxBuffer: 1 << 26,
  });
  return { dir: join(tree, relative(top, dir)), remove: () => rm(folder, { recursive: true, force: true }) };
}

const unknownRef = (ref: string) =>
  `the repository knows no commit "${ref}"; wanted a branch, a tag or a commit (in CI, was the history fetched?)`;

async function git(dir: string, args: readonly string[], otherwise: string): Promise<string> {
  try {
    return (await run('git', ['-C', dir, ...args])).stdout.trim();
  } catch (error) {
    throw new Error(otherwise, { cause: error });
  }
}
