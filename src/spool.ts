import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAlive } from './alive.ts';

/**
 * What is on its way to a place where it is kept. It outlives the death of this process, not that of the machine: nothing
 * waits for the disk.
 */
export interface Spool {
  /**
   * One line, without line breaks; it is with the system when this returns, which takes some microseconds. At the end of
   * a turn of the event loop would be cheaper, and too late: a busy machine may not come to it. Never throws.
   */
  append(line: string): void;
  /** What was appended is kept elsewhere by now. */
  close(): void;
}

/** Where those of a state folder are. */
export const spoolFolder = (state: string): string => join(state, 'spool');

/** A fact on its way to a table. `since`: when whoever tells it began to serve what it serves, milliseconds since 1970. */
export const spoolLine = (table: string, fact: object, since?: number): string =>
  JSON.stringify({ table, fact, since });

export interface SpoolOptions {
  readonly folder: string;
  /** No other spool of this process in the folder has it. */
  readonly name: string;
  /** Lines are thrown away after one to two times so many milliseconds. */
  readonly keepMs?: number;
  readonly now?: () => number;
}

/** Two files in turn: the one that is begun anew has what is long kept elsewhere. Both are opened at once, if that can be. */
export function openSpool({ folder, name, keepMs = 5_000, now = Date.now }: SpoolOptions): Spool {
  const paths = [0, 1].map((turn) => join(folder, `${process.pid}-${name}.${turn}`));
  const files = paths.map(openIfPossible);
  let began = 0;

  /** The file of this moment. */
  function fileNow(): number {
    const turn = Math.floor(now() / keepMs);
    const file = files[turn % 2] ?? openSpoolFile(paths[turn % 2]!);
    files[turn % 2] = file;
    if (turn !== began) ftruncateSync(file);
    began = turn;
    return file;
  }

  return {
    append(line) {
      try {
        writeSync(fileNow(), `${line}\n`);
      } catch {
        // A disk that takes nothing costs what a process that is killed has not kept: those who keep it say so.
      }
    },
    close() {
      for (const file of files) if (file !== undefined) closeSync(file);
      for (const path of paths) rmSync(path, { force: true });
    },
  };
}

function openSpoolFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, 'a', 0o600);
}

/** A disk that does not take it now may do so later. */
function openIfPossible(path: string): number | undefined {
  try {
    return openSpoolFile(path);
  } catch {
    return undefined;
  }
}

/** The lines that processes have left which are there no more, the last of each perhaps cut off. Throws what the disk says. */
export function readSpools(folder: string): string[] {
  return namesIn(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean));
}

/** Of those processes; before this one opens any. */
export function removeSpools(folder: string): void {
  for (const name of namesIn(folder)) rmSync(join(folder, name), { force: true });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !isOthers(Number.parseInt(name, 10)))
      .sort();
  } catch (error) {
    if (Object(error).code === 'ENOENT') return [];
    throw error;
  }
}

/** In a container a process has the number of the one before it: what stands there under ours is left by that one. */
const isOthers = (pid: number): boolean => pid !== process.pid && isAlive(pid);
