import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadSeen } from './seen.ts';

export interface Seen extends LoadSeen {
  readonly fetches: number;
  /** Blocks with other bytes than they must have, and files of another size. */
  readonly wrong: number;
  /** Packets that the client had to send once more because nothing came. */
  readonly repeats: number;
}

export interface Load {
  /** One fetch for each. */
  readonly names: readonly string[];
  readonly atOnce: number;
  readonly blockSize: number;
  readonly windowSize?: number;
}

export type LoadClient = (server: { readonly address: string; readonly port: number }, load: Load) => Promise<Seen>;

/** Compiles tftp-load.c. Throws a sentence when there is no compiler. */
export function compileLoadClient({ files, tmp }: { readonly files: string; readonly tmp: string }): LoadClient {
  const program = join(tmp, 'tftp-load');
  try {
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', program, join(import.meta.dirname, 'tftp-load.c')]);
  } catch (cause) {
    throw new Error('the load client needs cc, a C compiler (Debian’s gcc and libc6-dev)', { cause });
  }
  const list = join(tmp, 'names');
  return async ({ address, port }, { names, atOnce, blockSize, windowSize = 1 }) => {
    writeFileSync(list, names.map((name) => `${name}\n`).join(''));
    const numbers = [atOnce, blockSize, windowSize].map(String);
    const { stdout } = await promisify(execFile)(program, [address, String(port), files, list, ...numbers]);
    return JSON.parse(stdout);
  };
}
