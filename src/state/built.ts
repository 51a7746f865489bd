import { join } from 'node:path';
import { createKept, type Kept } from './kept.ts';

/** A build of the daemon, as whoever waits for a commit needs it. */
export interface Built {
  /** When it began, milliseconds since 1970. */
  readonly at: number;
  /** Absent: what was built was no commit. */
  readonly commit?: string;
  readonly accepted: boolean;
  /** Why it was rejected: the first fault. */
  readonly reason?: string;
  /** How often pins had been changed; absent when it did not obey all of them. */
  readonly pins?: number;
}

const most = 50;

const openBuilt = (state: string): Kept<readonly Built[]> => createKept(join(state, 'built'), 'built 1');

/** The last builds of the daemon, the latest last: each written when all that it means for devices was. */
export function builtIn(state: string): readonly Built[] {
  const read = openBuilt(state).read();
  return typeof read === 'string' ? [] : read.value;
}

/** @throws Error when the disk does not take it */
export function addBuilt(state: string, one: Built): void {
  openBuilt(state).write([...builtIn(state), one].slice(-most));
}
