import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Git, type GitOptions, gitIn } from './git-run.ts';

/** Where a project’s repository is. */
export interface Repository {
  /** Its working tree, absolute. */
  readonly top: string;
  /** The project in it: empty, or with a `/` at the end. */
  readonly prefix: string;
  /** The file by which git keeps other gits from the index, and from the working tree. */
  readonly lock: string;
}

/** A commit of one file, in somebody’s name. */
export interface Committing {
  readonly repository: Repository;
  /** From the project. */
  readonly path: string;
  /** As the API calls whoever asked for it. */
  readonly author: string;
  /** One line. */
  readonly subject: string;
  /** Milliseconds after which git and its hooks are ended. */
  readonly timeout?: number;
}

/** A hook, or a remote far away, may take its time; not for ever. */
const patience = 60_000;

/** What git, its hooks and SSH need of the environment: no password of offhook’s is in it. */
const kept: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TMPDIR', 'XDG_CONFIG_HOME', 'SSH_AUTH_SOCK'],
  ...['GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_ASKPASS', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'],
  ...['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY', 'SSL_CERT_FILE'],
]);

/** Nobody is there to be asked for a password, or to edit a message; and nothing is tidied up in passing. */
const quiet = { GIT_TERMINAL_PROMPT: '0', GIT_EDITOR: 'true', GIT_LITERAL_PATHSPECS: '1', GIT_OPTIONAL_LOCKS: '0' };
const untidied = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];

const writing = (dir: string, { env, ...options }: GitOptions = {}): Git =>
  gitIn(dir, { keep: kept, timeout: patience, ...options, env: { ...quiet, ...env } });

/** Undefined where there is no repository with a working tree, or no git. Never rejects. */
export async function repositoryOf(dir: string): Promise<Repository | undefined> {
  const args = ['rev-parse', '--show-toplevel', '--git-path', 'index.lock', '--show-prefix'];
  const said = await gitIn(dir)(args, (reason) => reason).catch(() => undefined);
  const [top, lock, prefix = ''] = said?.split('\n') ?? [];
  return top && lock ? { top, prefix, lock: resolve(dir, lock) } : undefined;
}

/** In words why a file is not as HEAD has it, staged changes counted; undefined when it is. Never rejects. */
export async function uncommitted({ top, prefix }: Repository, path: string): Promise<string | undefined> {
  const git = writing(top);
  const full = `${prefix}${path}`;
  try {
    await git(['rev-parse', '--verify', '--quiet', 'HEAD'], () => 'the repository has no commit yet');
    await git(['ls-files', '--error-unmatch', '--', full], () => 'git does not keep it: it was never committed');
    const said = await git(['status', '--porcelain', '--', full], (reason) => reason);
    return said === '' ? undefined : 'it has changes that are not committed';
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * `git commit` of one file as it stands: what else is staged or changed stays so, and hooks have their say.
 * @throws Error with a sentence of what git, or a hook, said; then there is no commit
 */
export async function commitFile({
  repository,
  path,
  author,
  subject,
  timeout = patience,
}: Committing): Promise<string> {
  const { top, prefix } = repository;
  const full = `${prefix}${path}`;
  const { name, email } = identityOf(author);
  const commit = ['commit', '--quiet', '--only', `--author=${name} <${email}>`, '--file=-', '--', full];
  const git = writing(top, { input: `${subject}\n`, env: committer, timeout });
  await whileLocked(() => git([...untidied, ...commit], (said) => `git did not commit it: ${said}`)).catch(
    async (error) => {
      // A hook that comes after the commit may fail, or take too long: the commit is there.
      if ((await uncommitted(repository, path)) !== undefined) throw error;
    },
  );
  return writing(top)(['log', '-1', '--format=%H', '--', full], (said) => said);
}

/** Another git is at work for a moment: it has a lock, or is in the middle of a merge. */
async function whileLocked<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const end = Date.now() + 5_000; ; await wait(100))
    try {
      return await work();
    } catch (error) {
      if (!/\.lock': File exists|cannot lock ref|during a merge/.test(String(error)) || Date.now() > end) throw error;
    }
}

/** Branches of offhook, by what they are about: `offhook/add-001565123456-9f3a1c`. */
export const branchName = (about: string): string => `offhook/${about}-${randomBytes(3).toString('hex')}`;

export interface Pushing extends Committing {
  readonly before: Uint8Array;
  readonly bytes: Uint8Array;
  readonly branch: string;
  readonly remote: string;
}

/**
 * A commit on top of HEAD in which one file has these bytes, pushed as a branch. Working tree, index and branches here
 * are not touched. Gives the commit; undefined where HEAD has another text than the one that the change was made from.
 * @throws Error with a sentence of what git, or the remote, said
 */
export async function pushBranch({
  repository,
  path,
  author,
  subject,
  ...pushing
}: Pushing): Promise<string | undefined> {
  const { top, prefix } = repository;
  const full = `${prefix}${path}`;
  const folder = await mkdtemp(join(tmpdir(), 'offhook-'));
  const { name, email } = identityOf(author);
  const env = { ...committer, GIT_INDEX_FILE: join(folder, 'index'), GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email };
  const git = (args: readonly string[], input?: string | Uint8Array) =>
    writing(top, { env, input })(args, (said) => `git cannot make the branch: ${said}`);
  try {
    await git(['remote', 'get-url', '--', pushing.remote]);
    const head = await git(['rev-parse', '--verify', 'HEAD']);
    const [mode = '', , known = ''] = (await git(['ls-tree', head, '--', full])).split(/[ \t]/);
    if ((await git(['hash-object', '--stdin', `--path=${full}`], pushing.before)) !== known) return undefined;
    await git(['read-tree', head]);
    const blob = await git(['hash-object', '-w', '--stdin', `--path=${full}`], pushing.bytes);
    await git(['update-index', '-z', '--index-info'], `${mode} ${blob}\t${full}\0`);
    const tree = await git(['write-tree']);
    const commit = await git(['commit-tree', '-p', head, '-F', '-', tree], `${subject}\n`);
    await git(['push', '--quiet', '--', pushing.remote, `${commit}:refs/heads/${pushing.branch}`]);
    return commit;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const committer = { GIT_COMMITTER_NAME: 'offhook', GIT_COMMITTER_EMAIL: 'offhook@localhost' };

/** Name and address of an author: what would end either is left out. */
function identityOf(author: string): { readonly name: string; readonly email: string } {
  const name = author.replace(/[^\p{L}\p{N} ._@:+-]/gu, '').trim() || 'unknown';
  return { name, email: /[\w.+-]+@[\w.-]+/.exec(name)?.[0] ?? 'offhook@localhost' };
}
