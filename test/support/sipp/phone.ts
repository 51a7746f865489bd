import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A `sipp` that plays a phone: one call, then it ends. */
export interface SippPhone {
  readonly address: string;
  readonly port: number;
  /** What sipp thought of the call: 0 when all went as its scenario says. */
  ended(): Promise<number | null>;
  kill(): void;
}

/** Starts `scenario`.xml of this folder on an address of its own; resolves when it listens. */
export async function startSipp(scenario: string, keys: Readonly<Record<string, string>> = {}): Promise<SippPhone> {
  const address = ownAddress();
  const port = await freePort(address);
  const file = fileURLToPath(new URL(`${scenario}.xml`, import.meta.url));
  const sipp = spawn(
    'sipp',
    [
      ...['-sf', file, '-i', address, '-bind_local', '-p', String(port), '-ci', address, '-m', '1'],
      ...['-nostdin', '-timeout', '20s', '-timeout_error'],
      ...Object.entries(keys).flatMap(([key, value]) => ['-key', key, value]),
    ],
    { stdio: 'ignore' },
  );
  const ended = once(sipp, 'exit').then(([code]) => code as number | null);
  await listening(address, port, sipp);
  return { address, port, ended: () => ended, kill: () => void sipp.kill('SIGKILL') };
}

/** An address of the loopback network that no other test has, very likely. */
export function ownAddress(): string {
  return `127.0.${randomInt(2, 255)}.${randomInt(2, 255)}`;
}

/** A port of this address that nobody had a moment ago; sipp has no way to say which one it took. */
export async function freePort(address: string): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Looks into the kernel's table until the socket is there: sipp would count a datagram sent to find out. */
async function listening(address: string, port: number, sipp: ChildProcess): Promise<void> {
  const bytes = address.split('.').map(Number).reverse();
  const place = `${Buffer.from(bytes).toString('hex')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
  while (!readFileSync('/proc/net/udp', 'latin1').includes(place)) {
    if (sipp.exitCode !== null) throw new Error(`sipp ended with ${sipp.exitCode} before it listened`);
    await pause(10);
  }
}
