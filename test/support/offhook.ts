import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

const main = resolve(import.meta.dirname, '../../src/main.ts');

export interface Ended {
  readonly code: number | null;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A program, with its first arguments, that runs offhook: as another user, say. */
  readonly through?: readonly string[];
}

/** The environment of a test, without what it may have of offhook's own. */
function clean(more: RunOptions['env']): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OFFHOOK_|EXT_|GIT_|CHOKIDAR)/.test(name));
  // Compiling again is what a run would take longest over.
  return { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: join(tmpdir(), 'offhook-compile-cache'), ...more };
}

function start(args: readonly string[], { env, cwd, through = [] }: RunOptions): ChildProcess {
  const [program, ...rest] = [...through, process.execPath, main, ...args];
  return spawn(program!, rest, { cwd, env: clean(env), stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs the command line as a process of its own, to its end. */
export async function offhook(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const running = watch(start(args, options));
  const code = await running.ended;
  return { code, out: running.out(), err: running.err() };
}

export interface Running {
  readonly pid: number;
  out(): string;
  err(): string;
  /** Waits for text on standard output or error. */
  said(what: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** The exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts the command line; killed when the test has ended. */
export function startOffhook(args: readonly string[], options: RunOptions = {}): Running {
  const running = watch(start(args, options));
  onTestFinished(async () => {
    running.kill('SIGKILL');
    await running.ended;
  });
  return running;
}

function watch(child: ChildProcess): Running {
  const text = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text.out += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text.err += chunk;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    pid: child.pid ?? 0,
    out: () => text.out,
    err: () => text.err,
    said: (what) =>
      until(
        () => `${what} in\n${text.out}\n${text.err}`,
        () => what.exec(text.out) ?? what.exec(text.err) ?? undefined,
      ),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** The ports that `serve` says it has, by protocol. */
export async function portsOf(running: Running): Promise<{ http: number; tftp: number }> {
  const [, http] = await running.said(/serving protocol=http address=\S+ port=(\d+)/);
  const [, tftp] = await running.said(/serving protocol=tftp address=\S+ port=(\d+)/);
  return { http: Number(http), tftp: Number(tftp) };
}
