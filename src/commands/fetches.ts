import { setTimeout as wait } from 'node:timers/promises';
import { createFold } from '../findings/fold.ts';
import { rules } from '../findings/rules.ts';
import { readKnown } from '../known.ts';
import { type Mac, parseMac } from '../model/mac.ts';
import { type FetchFormat, formatFetch } from '../state/fetch-log.ts';
import { type JournalReader, readJournal } from '../state/journal.ts';
import type { Console, Place } from './command.ts';
import { createExplaining } from './explain-fetch.ts';

export interface FetchesArguments extends Place {
  readonly device?: string;
  /** `15m`, `2h`, `3d`, or a date and time. */
  readonly since?: string;
  readonly follow: boolean;
  readonly limit: number;
  readonly format: FetchFormat;
}

/** Prints what devices fetched, oldest first, each with what it shows to be wrong; with `follow` until it is stopped. */
export async function fetches(
  { device, since, follow, limit, format, ...place }: FetchesArguments,
  console: Console,
): Promise<number> {
  const { state } = place;
  const filter = {
    device: device === undefined ? undefined : macOf(device),
    since: since === undefined ? undefined : parseSince(since, Date.now()),
  };
  let journal = readJournal({ folder: state });
  if (!journal && !follow)
    throw new Error(
      `there is no journal in ${state}: \`offhook serve\` has not run here, or has its --state elsewhere`,
    );
  const stopped = follow ? console.onStop() : undefined;
  const explain = createExplaining(createFold(rules, await readKnown(place)), format);
  let last = 0;
  const print = (facts: ReturnType<JournalReader['fetches']>) => {
    for (const fact of facts) console.out(explain(fact, formatFetch(fact, format)));
    // Rows are in order of time; a long transfer is written later than it began.
    return facts.reduce((highest, { id }) => Math.max(highest, id), last);
  };
  if (journal) last = print(journal.fetches({ ...filter, limit }).toReversed());
  while (stopped && !stopped.aborted) {
    await wait(250, undefined, { signal: stopped }).catch(() => {});
    journal ??= readJournal({ folder: state });
    if (journal) last = print(journal.fetches({ ...filter, afterId: last, limit: 1000 }));
  }
  journal?.close();
  return 0;
}

function macOf(word: string): Mac {
  const mac = parseMac(word);
  if (!mac) throw new Error(`"${word}" is no MAC; wanted one such as 00:15:65:12:34:56`);
  return mac;
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds since 1970 of `15m`, `2h`, `3d` before now, or of a date and time. */
export function parseSince(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d+)\s*([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (units[unit] ?? 0);
  // Taken by its form first: what is no date at all, as -5, is the year 2001 to Date.parse.
  const [, date = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i.exec(text) ?? [];
  const at = isDay(date) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new Error(`"${text}" is no time; wanted 15m, 2h, 3d, or a date such as 2026-05-31T08:00`);
  return at;
}

/** Of February there are 28 days, or 29; Date.parse counts on into March. */
function isDay(date: string): boolean {
  const at = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date);
}
