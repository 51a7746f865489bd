import { type DaemonOptions, type SoakDaemon, startDaemon } from './daemon.ts';
import type { Findings } from './outcome.ts';
import { type Ask, fetch, type Protocol } from './phone.ts';
import { createSite, type SoakSite, streamed } from './site.ts';

/** A daemon, and the site that it serves. */
export interface Target extends AsyncDisposable {
  readonly daemon: SoakDaemon;
  readonly site: SoakSite;
}

export async function startTarget(phones: number, options: Omit<DaemonOptions, 'dir'> = {}): Promise<Target> {
  return startOn(createSite(phones), options);
}

/** The site is removed with the daemon. */
export async function startOn(site: SoakSite, options: Omit<DaemonOptions, 'dir'> = {}): Promise<Target> {
  try {
    const daemon = await startDaemon({ ...options, dir: site.dir });
    await daemon.built;
    site.learn();
    // What it says of the site, and would say of any.
    daemon.log.troubles();
    return {
      daemon,
      site,
      async [Symbol.asyncDispose]() {
        await daemon.kill();
        site[Symbol.dispose]();
      },
    };
  } catch (error) {
    site[Symbol.dispose]();
    throw error;
  }
}

export interface Checking {
  readonly findings: Findings;
  readonly random: () => number;
  /** Files to fetch over each protocol, beside the one that is streamed. */
  readonly count: number;
  readonly when: string;
}

/** Good phones, of addresses of their own, fetch files of generation 0 over both protocols; their bytes must be right. */
export async function checkPhones({ daemon, site }: Target, checking: Checking): Promise<number> {
  const { findings, random, count, when } = checking;
  // What is dead is told by `checkDaemon`, once.
  if (daemon.ended() !== undefined) return 0;
  const files = [...site.filesOf(0)];
  const chosen = Array.from({ length: count }, () => files[Math.floor(random() * files.length)]!);
  const wanted = [...chosen, [streamed.name, streamed.bytes] as const];
  const one = async (protocol: Protocol, [path, bytes]: readonly [string, Buffer]) => {
    const ask: Ask = { port: daemon[protocol], path, from: `127.1.0.${1 + Math.floor(random() * 250)}`, options: big };
    const got = await fetch[protocol](ask).catch(String);
    if (typeof got === 'string') findings.violate(`${when}: ${path} over ${protocol}: ${got}`);
    else if (!got.equals(bytes)) findings.violate(`${when}: ${path} over ${protocol}: ${got.length} wrong bytes`);
  };
  for (const file of wanted) await Promise.all([one('tftp', file), one('http', file)]);
  return wanted.length * 2;
}

const big = { blksize: 1428, windowsize: 8 };

/** What no scenario brings about: lines that tell of a fault of offhook's own, and its end. */
export function checkDaemon({ daemon }: Target, { findings, when, borne }: Checked): void {
  const ended = daemon.ended();
  if (ended !== undefined) findings.violate(`${when}: the daemon ended (${ended}):\n${daemon.log.tail()}`);
  for (const line of daemon.log.troubles()) if (!borne?.test(line)) findings.violate(`${when}: the log says: ${line}`);
}

export interface Checked {
  readonly findings: Findings;
  readonly when: string;
  /** Lines that are as they should be. */
  readonly borne?: RegExp;
}
