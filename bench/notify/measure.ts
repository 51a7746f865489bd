import { setTimeout as sleep } from 'node:timers/promises';
import { countsOf, serve } from './daemon.ts';
import { type Phones, type PhonesOptions, type PhonesSeen, startPhones } from './phones.ts';
import { type SippOptions, sendBySipp } from './sipp.ts';
import { editDefaults, type ToldSite } from './site.ts';

const port = 8080;

/** Seconds of the clock that the phones have. */
const now = (): number => Number(process.hrtime.bigint()) / 1e9;

/** NOTIFYs a second, from the first to the last that phones heard of for the first time. */
const rateOf = ({ told, firstCall, lastCall }: PhonesSeen): number => (told - 1) / (lastCall - firstCall);

export interface Rate {
  readonly perSecond: number;
  readonly seen: PhonesSeen;
  /** Processor seconds of the daemon in the meantime. */
  readonly cpu?: number;
}

/** All phones answer, none fetches, nothing is lost: one edit of a daemon that runs. */
export async function rateOfDaemon(site: ToldSite, program: string, rounds: number): Promise<Rate[]> {
  editDefaults(site, 'time-0.example.com');
  const phones = await startPhones({ program, count: site.devices });
  const serving = await serve(site, port);
  const rates: Rate[] = [];
  try {
    await settled(phones, ({ taken }) => taken === site.devices);
    for (let round = 1; round <= rounds; round++) {
      await phones.begin();
      const before = serving.cpu();
      editDefaults(site, `time-${round}.example.com`);
      const seen = await settled(phones, ({ taken }) => taken === site.devices);
      rates.push({ perSecond: rateOf(seen), seen, cpu: serving.cpu() - before });
    }
    return rates;
  } finally {
    await serving.stop();
    await phones.stop();
  }
}

/** The same number of NOTIFYs by sipp; phones tell them apart by their Call-ID, since sipp sends to one address. */
export async function rateOfSipp(options: SippOptions & { readonly program: string }): Promise<Rate> {
  const phones = await startPhones({ program: options.program, count: 1 });
  try {
    await sendBySipp(options);
    const seen = await phones.report();
    return { perSecond: (options.count - 1) / (seen.lastCall - seen.firstCall), seen };
  } finally {
    await phones.stop();
  }
}

export interface Convergence {
  /** Seconds from the edit to the last NOTIFY that was new to a phone, and to the last phone that has its file. */
  readonly lastTold: number;
  readonly lastCurrent: number;
  readonly seen: PhonesSeen;
  /** What `offhook status` says in the end, and what it should. */
  readonly counts: Readonly<Record<string, number>>;
  readonly isRight: boolean;
  readonly cpu: number;
  /** Bytes resident, at most. */
  readonly memory: number;
}

export interface ConvergenceOptions extends Pick<PhonesOptions, 'silentEach' | 'challengeEach'> {
  /** How often the daemon is killed while phones are told. */
  readonly kills?: number;
}

/** One edit of `defaults`, from a fleet that is current to a fleet that is current again, but for those that are silent. */
export async function converge(site: ToldSite, program: string, options: ConvergenceOptions): Promise<Convergence> {
  const { silentEach = 0, challengeEach } = options;
  const silent = silentEach === 0 ? 0 : Math.ceil((site.devices - 7) / silentEach);
  const willing = site.devices - silent;
  editDefaults(site, 'time-0.example.com');
  const phones = await startPhones({ program, count: site.devices, serverPort: port, silentEach, challengeEach });
  let serving = await serve(site, port);
  let cpu = 0;
  try {
    await settled(phones, ({ fetched }) => fetched === site.devices);
    await settledCounts(site, { current: site.devices });
    await phones.begin();
    const since = now();
    const before = serving.cpu();
    editDefaults(site, 'time-1.example.com');
    for (let kill = 1; kill <= (options.kills ?? 0); kill++) {
      const part = (willing * kill) / ((options.kills ?? 0) + 1);
      await settled(phones, ({ taken }) => taken >= part);
      cpu += serving.cpu();
      await serving.kill();
      serving = await serve(site, port);
    }
    await settled(phones, ({ fetched }) => fetched === willing);
    const counts = await settledCounts(site, { current: willing, unreachable: silent });
    const seen = await phones.report();
    cpu += serving.cpu() - (options.kills ? 0 : before);
    return {
      ...{ lastTold: seen.lastCall - since, lastCurrent: seen.lastFetch - since, seen, counts, cpu },
      isRight: isAs(counts, { current: willing, unreachable: silent }),
      memory: serving.memory(),
    };
  } finally {
    await serving.stop();
    await phones.stop();
  }
}

/** What the phones have seen when that is so, or when they have seen nothing new for a minute. */
async function settled(phones: Phones, isSo: (seen: PhonesSeen) => boolean): Promise<PhonesSeen> {
  let last = '';
  for (let quiet = 0; ; quiet++) {
    const seen = await phones.report();
    if (isSo(seen)) return seen;
    const text = JSON.stringify(seen);
    if (text !== last) quiet = 0;
    last = text;
    if (quiet > 1200) return seen;
    await sleep(50);
  }
}

/** A silent phone is given up when timer F says so: half a minute. */
async function settledCounts(site: ToldSite, wanted: Readonly<Record<string, number>>) {
  for (let tries = 0; ; tries++) {
    const counts = countsOf(site);
    if (isAs(counts, wanted) || tries > 30) return counts;
    await sleep(2_000);
  }
}

const isAs = (counts: Readonly<Record<string, number>>, wanted: Readonly<Record<string, number>>): boolean =>
  Object.entries(wanted).every(([state, count]) => counts[state] === count);
