import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createKept, type Kept } from './kept.ts';

/** What is kept of how far a directory of people was read says this, whatever else. */
export interface Answered {
  /** The file that comes of it, as devices.yml names it. */
  readonly into: string;
  /** When it answered last, milliseconds since 1970. */
  readonly at: number;
}

const ending = '.cursor';

/** Where that is kept; `name`: of the file that comes of it. */
export const openCursor = <T extends object>(state: string, name: string): Kept<T & Answered> =>
  createKept(join(state, `${name}${ending}`), 'directory cursor 1');

/** When each directory that a state folder knows of answered last. */
export function directoriesIn(state: string): Answered[] {
  const names = existsSync(state) ? readdirSync(state).filter((name) => name.endsWith(ending)) : [];
  return names.sort().flatMap((name) => {
    const read = openCursor(state, name.slice(0, -ending.length)).read();
    return typeof read === 'string' ? [] : [{ into: read.value.into, at: read.value.at }];
  });
}
