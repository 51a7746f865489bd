import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** A server under measurement. */
export interface Running {
  readonly address: string;
  readonly port: number;
  /** Processor seconds so far, of all its threads, of its children, and of those that it has waited for. */
  cpu(): number;
  /** Bytes resident, at most, its children's too. */
  memory(): number;
  /** It ended without being told to. */
  hasEnded(): boolean;
  stop(): Promise<void>;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where its output goes; nowhere when absent. */
  readonly output?: string;
  /** The cores that it may run on, as taskset writes them; any when absent. */
  readonly cores?: string;
}

/** Starts a program; it is killed when it does not end within ten seconds of SIGTERM. */
export function startProgram({ program, args, env, output, cores }: Command) {
  const file = output === undefined ? 'ignore' : openSync(output, 'w');
  const [first, ...rest] = pinned(program, args, cores);
  const child = spawn(first, rest, { env: { ...process.env, ...env }, stdio: ['ignore', file, file] });
  const ended = once(child, 'close');
  const pid = child.pid ?? 0;
  return {
    pid,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    cpu: () => sumOf(processorSeconds(pid), descendantsOf(pid).map(processorSeconds)),
    memory: () => sumOf(residentMost(pid), descendantsOf(pid).map(residentMost)),
    stop: () => stop(child, ended),
  };
}

/** taskset becomes the program: the process is the program's own. */
export const pinned = (program: string, args: readonly string[], cores?: string): readonly [string, ...string[]] =>
  cores === undefined ? [program, ...args] : ['taskset', '-c', cores, program, ...args];

/** Those that it, or a child of it, has begun. */
function descendantsOf(pid: number): number[] {
  const children = readOf(pid, `task/${pid}/children`)?.split(' ').filter(Boolean).map(Number) ?? [];
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** A child may be gone by the time that it is looked at. */
const sumOf = (own: number, ofChildren: readonly number[]): number =>
  ofChildren.reduce((sum, each) => sum + (Number.isNaN(each) ? 0 : each), own);

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(patience);
}

/** `/proc/PID/stat`: user and system time, then those of children that were waited for; in ticks of 10 ms. */
function processorSeconds(pid: number): number {
  const stat = readOf(pid, 'stat');
  if (stat === undefined) return Number.NaN;
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) / 100;
}

function residentMost(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readOf(pid, 'status') ?? '')?.[1] ?? 0) * 1024;
}

/** Undefined when the process is gone. */
function readOf(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether anybody listens on a UDP port, as the kernel tells it. */
export const isUdpBound = (port: number): boolean => isBound('udp', port);

/** The same of a TCP port. */
export const isTcpBound = (port: number): boolean => isBound('tcp', port, '0A');

/** A TCP port that nobody had a moment ago. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** State 0A is LISTEN; those that closed a moment ago are in the list, too. */
function isBound(protocol: 'udp' | 'tcp', port: number, wantedState?: string): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync(`/proc/net/${protocol}`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(([, local, , state]) => local?.endsWith(wanted) && (wantedState === undefined || state === wantedState));
}

export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 50) {
    if (waited > 120_000) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
