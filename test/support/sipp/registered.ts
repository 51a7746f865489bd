import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../until.ts';
import { freePort, ownAddress } from './phone.ts';

/** A phone played by sipp that registered, and answers NOTIFYs with 200. */
export interface RegisteredPhone {
  readonly address: string;
  readonly port: number;
  /** The Event headers that it was sent. */
  events(): string[];
  kill(): Promise<void>;
}

export interface RegisterOptions {
  readonly registrar: { readonly address: string; readonly sipPort: number };
  readonly user: string;
  readonly agent?: string;
  /** A UUID. */
  readonly instance?: string;
  /** Seconds. */
  readonly expires?: number;
  readonly transport?: 'udp' | 'tcp';
}

const file = (name: string) => fileURLToPath(new URL(`${name}.xml`, import.meta.url));

/** Resolves when it was sent; who is told of it says when the registration has come. */
export async function startRegistered(options: RegisterOptions): Promise<RegisteredPhone> {
  const {
    registrar,
    user,
    agent = 'Phone',
    instance = 'f81d4fae-7dec-41d0-a765-ffffffffffff',
    expires = 120,
  } = options;
  const address = ownAddress();
  const port = await freePort(address);
  const folder = mkdtempSync(join(tmpdir(), 'offhook-sipp-'));
  const log = join(folder, 'log');
  const keys = { user, agent, instance, expires: String(expires) };
  const sipp = spawn(
    'sipp',
    [
      ...[`${registrar.address}:${registrar.sipPort}`, '-sf', file('registers'), '-oocsf', file('notified')],
      ...['-i', address, '-p', String(port), '-m', '1', '-nostdin', '-timeout', '60s'],
      ...['-t', options.transport === 'tcp' ? 't1' : 'u1', '-trace_logs', '-log_file', log],
      ...Object.entries(keys).flatMap(([key, value]) => ['-key', key, value]),
    ],
    { stdio: 'ignore' },
  );
  const ended = once(sipp, 'exit');
  return {
    ...{ address, port },
    events: () =>
      existsSync(log)
        ? [...readFileSync(log, 'latin1').matchAll(/NOTIFY (.*)/g)].map(([, event = '']) => event.trim())
        : [],
    async kill() {
      sipp.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until it was sent so many NOTIFYs, and gives their Event headers. */
export const notified = (phone: RegisteredPhone, count = 1): Promise<string[]> =>
  until(`${count} NOTIFYs`, () => phone.events().length >= count && phone.events());
