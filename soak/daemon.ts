import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createDaemonLog, type DaemonLog } from './daemon-log.ts';

/** A daemon in a process of its own, on ports of 127.0.0.1 that the system gave. */
export interface SoakDaemon {
  readonly pid: number;
  readonly http: number;
  readonly tftp: number;
  readonly log: DaemonLog;
  /** How it ended; undefined while it runs. */
  ended(): string | undefined;
  /** Resolves when its first build is accepted. */
  readonly built: Promise<unknown>;
  /** With SIGTERM; rejects when it does not end, or not with 0. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface DaemonOptions {
  /** Folder of the project. */
  readonly dir: string;
  /** Changes are looked for at once, and a failed write is tried again soon; through createDaemon, not the command line. */
  readonly hasty?: boolean;
  /** Threads that answer phones; none but the main one when it is not given. */
  readonly workers?: number;
  /** `ulimit -n`; that of this process when it is not given. */
  readonly descriptors?: number;
}

const main = resolve(import.meta.dirname, '../src/main.ts');
const hasty = resolve(import.meta.dirname, 'hasty-daemon.ts');

/** A process that may not be listening yet. */
export interface Starting {
  readonly pid: number;
  readonly log: DaemonLog;
  /** Rejects when it ends before it listens. */
  readonly listening: Promise<{ readonly http: number; readonly tftp: number }>;
  readonly built: Promise<unknown>;
  ended(): string | undefined;
  signal(name: NodeJS.Signals): void;
  /** Its exit code, or the name of the signal that ended it. */
  readonly end: Promise<string>;
}

/** Starts `offhook serve`; nobody is notified. */
export function launch({ dir, hasty: isHasty = false, workers = 0, descriptors }: DaemonOptions): Starting {
  const place = ['--host', '127.0.0.1', '--http-port', '0', '--tftp-port', '0'];
  const serve = ['--project', dir, 'serve', ...place, '--no-notify', '--workers', String(workers)];
  const node = [process.execPath, ...(isHasty ? [hasty, dir, String(workers)] : [main, ...serve])];
  const limited = ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(descriptors)];
  const [program, ...args] = descriptors === undefined ? node : [...limited, ...node];
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'], env: environment() });
  const log = createDaemonLog();
  const port = async (protocol: string) => Number(/port=(\d+)/.exec(await log.next(portOf(protocol)))?.[1]);
  const listening = Promise.all([port('http'), port('tftp')]).then(([http, tftp]) => ({ http, tftp }));
  const built = log.next(/ info build accepted /);
  // Whoever does not care must not end this process.
  listening.catch(() => {});
  child.stderr.setEncoding('utf8').on('data', log.write);
  // Nothing is left behind by a run that is broken off.
  const reap = () => void child.kill('SIGKILL');
  process.once('exit', reap);
  let how: string | undefined;
  const end = once(child, 'close').then(([code, signal]) => {
    process.off('exit', reap);
    how = String(signal ?? code);
    log.end(`the daemon ended (${how})`);
    return String(how);
  });
  return { pid: child.pid ?? 0, log, listening, built, ended: () => how, signal: (name) => void child.kill(name), end };
}

export async function startDaemon(options: DaemonOptions): Promise<SoakDaemon> {
  const { pid, log, listening, built, ended, signal, end } = launch(options);
  const ports = await listening;
  return {
    ...{ pid, log, built, ended, ...ports },
    async stop() {
      signal('SIGTERM');
      const patience = setTimeout(() => signal('SIGKILL'), 60_000);
      const how = await end;
      clearTimeout(patience);
      if (how !== '0') throw new Error(`the daemon did not stop, but ended (${how}):\n${log.tail()}`);
    },
    async kill() {
      signal('SIGKILL');
      await end;
    },
  };
}

const portOf = (protocol: string) => new RegExp(` serving protocol=${protocol} .*port=\\d+`);

/** Without what this process may have of offhook's own. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OFFHOOK_|EXT_|NODE_)/.test(name)));
}
