import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startProgram, until } from '../serve/process.ts';
import type { ToldSite } from './site.ts';

const main = join(resolve(import.meta.dirname, '../..'), 'src/main.ts');

/** `offhook serve` as people start it, on the port that phones know. */
export interface Serving {
  readonly pid: number;
  /** Processor seconds so far, and bytes resident at most. */
  cpu(): number;
  memory(): number;
  /** Accepted builds so far. */
  builds(): number;
  /** SIGKILL to it, and waits until it is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Waits until it listens and has built. */
export async function serve({ dir }: ToldSite, port: number): Promise<Serving> {
  const output = join(dir, `../offhook-${Date.now()}.log`);
  const ports = ['--http-port', `${port}`, '--tftp-port', '0'];
  const args = [main, 'serve', '--project', dir, '--host', '127.0.0.1', ...ports];
  const running = startProgram({ program: process.execPath, args, output });
  const builds = () => readFileSync(output, 'utf8').split('build accepted').length - 1;
  const isThere = () => builds() > 0 || running.hasEnded();
  await until('offhook has built', isThere);
  if (running.hasEnded()) throw new Error(readFileSync(output, 'utf8').slice(-2000));
  return {
    ...{ pid: running.pid, cpu: running.cpu, memory: running.memory, stop: running.stop, builds },
    async kill() {
      process.kill(running.pid, 'SIGKILL');
      await until('it is gone', running.hasEnded);
    },
  };
}

/** How many devices are in each state, as `offhook status` says. */
export function countsOf({ dir }: ToldSite): Readonly<Record<string, number>> {
  const args = [main, 'status', '--project', dir, '--format', 'json'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  try {
    return JSON.parse(stdout).counts;
  } catch (cause) {
    throw new Error(`offhook status: ${stderr}`, { cause });
  }
}
