import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

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
  const inTree = gitIn(top, { GIT_INDEX_FILE: join(folder, 'index') });
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

type Git = (args: readonly string[], otherwise: (said: string) => string) => Promise<string>;

/** Answers what git prints. In a hook the environment says which repository and index git means: here the folder does. */
function gitIn(dir: string, more: Readonly<Record<string, string>> = {}): Git {
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_PREFIX, ...rest } = process.env;
  const options = { env: { ...rest, ...more, LC_ALL: 'C' }, maxBuffer: 1 << 26 };
  return async (args, otherwise) => {
    try {
      return (await run('git', ['-C', dir, ...args], options)).stdout.replace(/\n$/, '');
    } catch (error) {
      throw new Error(otherwise(saidBy(error)), { cause: error });
    }
  };
}

function saidBy(error: unknown): string {
  const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
  if (code === 'ENOENT') return 'there is no program git';
  return stderr.split('\n')[0]?.replace(/^fatal: /, '') || String(error);
}
