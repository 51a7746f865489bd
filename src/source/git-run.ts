import { execFile } from 'node:child_process';

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
  return (args, otherwise) =>
    new Promise((resolve, reject) => {
      const child = execFile(
        'git',
        ['-C', dir, ...args],
        { env: environment(options), maxBuffer: 1 << 26, timeout: options.timeout ?? 0, killSignal: 'SIGTERM' },
        (error, said, complaint) => {
          if (error) reject(new Error(otherwise(saidBy(error, complaint || said)), { cause: error }));
          else resolve(said.replace(/\n$/, ''));
        },
      );
      // Git may end before it has read all.
      child.stdin?.on('error', () => {});
      child.stdin?.end(options.input);
    });
}

function environment({ env = {}, keep }: GitOptions): NodeJS.ProcessEnv {
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_PREFIX, ...rest } = process.env;
  const kept = keep ? Object.entries(rest).filter(([name]) => keep.has(name)) : Object.entries(rest);
  return { ...Object.fromEntries(kept), ...env, LC_ALL: 'C' };
}

/** As much of what git, or a hook, complained of as fits a sentence; what a URL has before its @ is nobody’s to see. */
function saidBy(error: Error & { killed?: boolean }, complaint: string): string {
  if ('code' in error && error.code === 'ENOENT') return 'there is no program git';
  const lines = complaint.split('\n').map((line) => line.replace(/^(?:fatal|error): /, '').trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('hint:'));
  const text = said
    .slice(0, 3)
    .join('; ')
    .replace(/\/\/[^@/\s]*@/g, '//…@');
  if (error.killed) return `it took too long${text && ` (${text})`}`;
  return text === '' ? error.message.split('\n')[0]! : text.slice(0, 400);
}
