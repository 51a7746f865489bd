import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gitIn } from './git-run.ts';

export interface Checkout {
  /** The project's folder as it is at the commit; it need not be there. */
  readonly dir: string;
  remove(): Promise<void>;
}

/**
 * Lays the project out as it is at a commit, in a temporary folder. The user's files and index are not touched.
 * @throws Error with a sentence when `dir` is in no repository, or the repository does not know `ref`
 */
export async function checkOut(dir: string, ref: string): Promise<Checkout> {
  const git = gitIn(dir);
  const prefix = await git(['rev-parse', '--show-prefix'], (said) => noRepository(dir, said));
  const top = await git(['rev-parse', '--show-toplevel'], (said) => noRepository(dir, said));
  const commit = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], () =>
    unknownRef(ref),
  );
  const folder = await mkdtemp(join(tmpdir(), 'offhook-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const tree = join(folder, 'tree');
  const inTree = gitIn(top, { env: { GIT_INDEX_FILE: join(folder, 'index') } });
  try {
    await inTree(['read-tree', commit], (said) => `git cannot read ${ref}: ${said}`);
    await inTree(['checkout-index', '--all', `--prefix=${tree}/`], (said) => `git cannot lay out ${ref}: ${said}`);
  } catch (error) {
    await remove();
    throw error;
  }
  return { dir: join(tree, prefix), remove };
}

/** What git keeps of a folder and below, relative to it; nothing where there is no repository, or no git. */
export async function trackedFiles(dir: string): Promise<ReadonlySet<string>> {
  const said = await gitIn(dir)(['ls-files', '-z', '--cached'], (reason) => reason).catch(() => '');
  return new Set(said.split('\0').filter((path) => path !== ''));
}

/** The commit that HEAD is; undefined where there is no repository, no commit yet, or no git. Never rejects. */
export const headOf = (dir: string): Promise<string | undefined> =>
  gitIn(dir)(['rev-parse', '--verify', '--quiet', 'HEAD'], (said) => said).catch(() => undefined);

/** Files that change when HEAD moves, absolute; none where there is no repository. Never rejects. */
export async function headFiles(dir: string): Promise<readonly string[]> {
  const said = await gitIn(dir)(['rev-parse', '--absolute-git-dir'], (reason) => reason).catch(() => undefined);
  return said === undefined ? [] : [join(said, 'HEAD'), join(said, 'logs', 'HEAD')];
}

/** The whole name of a commit; undefined where there is no repository, or it does not know it. Never rejects. */
export const commitOf = (dir: string, ref: string): Promise<string | undefined> =>
  gitIn(dir)(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], (said) => said).catch(
    () => undefined,
  );

/** Whether one commit is in the history of another. Never rejects: what cannot be found out is not so. */
export const isAncestor = (dir: string, one: string, other: string): Promise<boolean> =>
  gitIn(dir)(['merge-base', '--is-ancestor', one, other], (said) => said).then(
    () => true,
    () => false,
  );

/**
 * Whether nothing of a folder differs from HEAD, files that git does not know counted too. Never rejects.
 * @param apart folders within that do not count
 */
export async function isClean(dir: string, apart: readonly string[]): Promise<boolean> {
  const within = apart.map((path) => relative(dir, path)).filter((path) => path !== '' && !path.startsWith('..'));
  const paths = ['.', ...within.map((path) => `:(exclude,literal)${path}`)];
  // It runs beside a person's own git: no lock is taken.
  const args = ['--no-optional-locks', 'status', '--porcelain', '--', ...paths];
  return gitIn(dir)(args, (said) => said).then(
    (said) => said === '',
    () => false,
  );
}

const noRepository = (dir: string, said: string) => `${dir} is in no git repository that can be read: ${said}`;

const unknownRef = (ref: string) =>
  `"${ref}" is no folder, and the repository knows no such commit; wanted a branch, a tag or a commit (in CI, was the history fetched?), or a folder`;
