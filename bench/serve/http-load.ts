import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pinned } from './process.ts';
import type { LoadSeen } from './seen.ts';

export interface HttpSeen extends LoadSeen {
  /** Answers that came whole. */
  readonly requests: number;
  /** Answers with other bytes than they must have, or more or fewer of them. */
  readonly wrong: number;
  readonly connections: number;
  /** Kept connections that the server ended when the next request was on its way. */
  readonly reconnects: number;
  /** Connections that the server broke off, not ended, behind a whole answer. */
  readonly resets: number;
  /** What failed first; empty. */
  readonly fault: string;
}

export interface HttpLoad {
  /** One request for each. */
  readonly names: readonly string[];
  readonly connections: number;
  readonly keepAlive: boolean;
  readonly tls: boolean;
}

export type HttpLoadClient = (
  server: { readonly address: string; readonly port: number },
  load: HttpLoad,
) => Promise<HttpSeen>;

/** Compiles http-load.c. Throws a sentence when there is no compiler, or no OpenSSL. `cores`: those that it runs on. */
export function compileHttpLoadClient(options: { files: string; tmp: string; cores?: string }): HttpLoadClient {
  const { files, tmp, cores } = options;
  const program = join(tmp, 'http-load');
  const source = join(import.meta.dirname, 'http-load.c');
  try {
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', program, source, '-lssl', '-lcrypto'], { stdio: 'pipe' });
  } catch (cause) {
    const wanted = 'cc, a C compiler, and OpenSSL (Debian’s gcc, libc6-dev and libssl-dev)';
    throw new Error(`the load client needs ${wanted}`, { cause });
  }
  const list = join(tmp, 'names');
  return async ({ address, port }, { names, connections, keepAlive, tls }) => {
    writeFileSync(list, names.map((name) => `${name}\n`).join(''));
    const numbers = [connections, keepAlive ? 1 : 0, tls ? 1 : 0].map(String);
    const [first, ...rest] = pinned(program, [address, String(port), files, list, ...numbers], cores);
    const { stdout } = await promisify(execFile)(first, rest);
    return JSON.parse(stdout);
  };
}
