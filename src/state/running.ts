import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../alive.ts';
import { createKept } from './kept.ts';

export interface Listens {
  readonly address: string;
  readonly port: number;
}

/** A daemon that works with a state folder, and where phones find it. */
export interface Running {
  readonly pid: number;
  /** When it began, milliseconds since 1970. */
  readonly at: number;
  readonly listening: Readonly<Partial<Record<'http' | 'https' | 'tftp', Listens>>>;
}

const keptIn = (state: string) => createKept<Running>(join(state, 'running'), 'running 1');

/** Notes it for other processes; what the disk refuses costs nothing but that. */
export function noteRunning(state: string, running: Running): void {
  try {
    keptIn(state).write(running);
  } catch {
    // Nobody but `offhook doctor` asks.
  }
}

/** It has ended. */
export function forgetRunning(state: string): void {
  if (readRunning(state)?.pid === process.pid) rmSync(join(state, 'running'), { force: true });
}

/** The daemon of a state folder that runs now, unless its process ended without a word. */
export function readRunning(state: string): Running | undefined {
  const read = keptIn(state).read();
  return typeof read === 'string' || !isAlive(read.value.pid) ? undefined : read.value;
}
