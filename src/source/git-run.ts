import { spawn } from 'node:child_process';

/** Answers what git prints, without its last line break. @throws Error with the sentence that `otherwise` makes of what git said */
export type Git = (args: readonly string[], otherwise: (said: string) => string) => Promise<string>;

export interface GitOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** For standard input. */
  readonly input?: string | Uint8Array;
  /** Milliseconds after which git is ended. */
  readonly timeout?: number;
  /** What is taken of the environment; all of it but what says which repository is meant, when it is not given. */
  readonly keep?: ReadonlySet<string>;
}

/** In a hook the environment says which repository and index git means: here the folder does. No shell is between. */
export function gitIn(dir: string, options: GitOptions = {}): Git {
  return async (args, otherwise) => {
    const { code, said, complaint, isLate, failure } = await run(['-C', dir, ...args], options);
    if (code === 0) return said.replace(/\n$/, '');
    throw new Error(otherwise(failure ? saidOf(failure) : saidBy(complaint || said, isLate)), { cause: failure });
  };
}

interface Ran {
  readonly code: number | null;
  readonly said: string;
  readonly complaint: string;
  /** It was ended since it took too long. */
  readonly isLate: boolean;
  /** It could not be started. */
  readonly failure?: NodeJS.ErrnoException;
}

/** A group of processes of its own: what hooks have begun ends with it, and nobody waits for what they left open. */
function run(args: readonly string[], options: GitOptions): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const child = spawn('git', args, { env: environment(options), detached: true, stdio: 'pipe' });
  const state = { said: [] as Buffer[], complaint: [] as Buffer[], isLate: false };
  const end = (code: number | null, failure?: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();
    resolve({ code, said: text(state.said), complaint: text(state.complaint), isLate: state.isLate, failure });
  };
  const timer = setTimeout(() => {
    state.isLate = true;
    if (child.pid !== undefined) endGroup(child.pid);
  }, options.timeout ?? longest);
  child.on('error', (failure) => end(null, failure));
  // Where there is no descriptor left it has no streams, whatever its type says; the error comes by itself.
  if ((child.stdin as typeof child.stdin | undefined) === undefined) return promise;
  child.stdout.on('data', (chunk: Buffer) => void state.said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => void state.complaint.push(chunk));
  child.on('close', (code) => end(code));
  // What a hook has left behind may keep its ends of the pipes.
  child.on('exit', (code) => state.isLate && end(code));
  // Git may end before it has read all.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  return promise;
}

/** As long (ms) as nothing of git takes where nobody says otherwise. */
const longest = 600_000;

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

function environment({ env = {}, keep }: GitOptions): NodeJS.ProcessEnv {
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_PREFIX, ...rest } = process.env;
  const kept = keep ? Object.entries(rest).filter(([name]) => keep.has(name)) : Object.entries(rest);
  return { ...Object.fromEntries(kept), ...env, LC_ALL: 'C' };
}

const saidOf = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOENT' ? 'there is no program git' : message;

/** As much of what git, or a hook, complained of as fits a sentence; what a URL has before its @ is nobody’s to see. */
function saidBy(complaint: string, isLate: boolean): string {
  const lines = complaint.split('\n').map((line) => line.replace(/^(?:fatal|error): /, '').trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('hint:'));
  const text = said
    .slice(0, 3)
    .join('; ')
    .replace(/\/\/[^@/\s]*@/g, '//…@')
    .slice(0, 400);
  if (isLate) return `it took too long${text && ` (${text})`}`;
  return text || 'it does not say why';
}
