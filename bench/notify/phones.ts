import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What phones have seen since `begin`. Moments are seconds of the system's monotonic clock, 0 for none. */
export interface PhonesSeen {
  /** Phones that a NOTIFY came to, and those that a second one, not a repetition, came to. */
  readonly told: number;
  readonly toldAgain: number;
  /** Phones that took one, and those that took two. */
  readonly taken: number;
  readonly takenTwice: number;
  /** Datagrams that came once more. */
  readonly repeats: number;
  /** Phones that have fetched their whole file, and fetches that came to nothing. */
  readonly fetched: number;
  readonly failedFetches: number;
  /** Answers to a challenge that were wrong. */
  readonly forged: number;
  readonly strays: number;
  readonly firstCall: number;
  readonly lastCall: number;
  readonly lastFetch: number;
}

export interface Phones {
  begin(): Promise<void>;
  report(): Promise<PhonesSeen>;
  stop(): Promise<void>;
}

export interface PhonesOptions {
  /** As `compilePhones` gives it. */
  readonly program: string;
  readonly count: number;
  /** Where they fetch; absent when they do not. */
  readonly serverPort?: number;
  /** Every so-manieth is silent, and challenges; none when absent. */
  readonly silentEach?: number;
  readonly challengeEach?: number;
}

/** Compiles phones.c. Throws a sentence when there is no compiler, or no OpenSSL. */
export function compilePhones(tmp: string): string {
  const program = join(tmp, 'phones');
  const source = join(import.meta.dirname, 'phones.c');
  const flags = ['-O2', '-Wall', '-Wextra', '-Wno-unused-function'];
  try {
    execFileSync('cc', [...flags, '-o', program, source, '-lssl', '-lcrypto'], { stdio: 'pipe' });
  } catch (cause) {
    const wanted = 'cc, a C compiler, and OpenSSL (Debian’s gcc, libc6-dev and libssl-dev)';
    throw new Error(`the phones need ${wanted}`, { cause });
  }
  return program;
}

/** Phones that listen, in a process of their own. */
export async function startPhones(options: PhonesOptions): Promise<Phones> {
  const { program, count, serverPort = 0, silentEach = 0, challengeEach = 0 } = options;
  const numbers = [count, serverPort, silentEach, challengeEach].map(String);
  const child = spawn(program, numbers, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function answer(): Promise<string> {
    const line = await lines.next();
    if (line.done) throw new Error('the phones have ended');
    return line.value;
  }
  async function ask(word: string): Promise<string> {
    child.stdin.write(`${word}\n`);
    return answer();
  }
  await answer();
  return {
    begin: async () => void (await ask('begin')),
    report: async () => JSON.parse(await ask('report')),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
