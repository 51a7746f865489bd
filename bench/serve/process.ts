import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';

/** A server under measurement. */
export interface Running {
  readonly address: string;
  readonly port: number;
  /** Processor seconds so far, of all its threads and of the children that it has waited for. */
  cpu(): number;
  /** Bytes resident, at most. */
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
}

/** Starts a program; it is killed when it does not end within ten seconds of SIGTERM. */
export function startProgram({ program, args, env, output }: Command) {
  const file = output === undefined ? 'ignore' : openSync(output, 'w');
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', file, file] });
  const ended = once(child, 'close');
  const pid = child.pid ?? 0;
  return {
    pid,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    cpu: () => processorSeconds(pid),
    memory: () => residentMost(pid),
    stop: () => stop(child, ended),
  };
}

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
export function isUdpBound(port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .some((line) => line.trim().split(/\s+/)[1]?.endsWith(wanted));
}

export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 50) {
    if (waited > 120_000) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
