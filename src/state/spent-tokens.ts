import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';

/** Which devices have come with their own token: their bootstrap tokens are spent, after a restart as well. */
export interface SpentTokens {
  readonly names: ReadonlySet<string>;
  /** Never throws: what the disk does not take holds until the next start. */
  add(name: string): void;
}

/** A line for each in `spent-tokens` of the state folder; a line that was cut off is none. */
export function openSpentTokens(folder: string, log: Log): SpentTokens {
  const path = join(folder, 'spent-tokens');
  const text = readText(path);
  const names = new Set(text.split('\n').slice(0, -1).filter(Boolean));
  // What was cut off must not become the beginning of the next line.
  let before = text === '' || text.endsWith('\n') ? '' : '\n';
  let isSaid = false;
  return {
    names,
    add(name) {
      if (names.has(name)) return;
      names.add(name);
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        appendFileSync(path, `${before}${name}\n`, { mode: 0o600 });
        before = '';
      } catch (error) {
        if (!isSaid)
          log.warn('that a bootstrap token is spent cannot be kept over a restart', { reason: String(error) });
        isSaid = true;
      }
    },
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
