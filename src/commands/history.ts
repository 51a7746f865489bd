import { formatMac, type Mac, parseMac } from '../model/mac.ts';
import { historyOf, type PastRevision } from '../state/history.ts';
import { readJournal } from '../state/journal.ts';
import { readDevices } from '../state/written.ts';
import type { Console, Place } from './command.ts';
import type { StatusFormat } from './format-status.ts';

export interface HistoryArguments extends Pick<Place, 'out' | 'state'> {
  /** MAC or extension. */
  readonly device: string;
  readonly format: StatusFormat;
}

const all = { limit: Number.POSITIVE_INFINITY, order: 'oldest' } as const;

/** Lists the revisions of a device, oldest first: when built, from which commit, when notified, when fetched completely. 0. */
export async function history({ state, out, device, format }: HistoryArguments, console: Console): Promise<number> {
  const journal = readJournal({ folder: state });
  if (!journal)
    throw new Error(
      `there is no journal in ${state}: \`offhook serve\` has not run here, or has its --state elsewhere`,
    );
  try {
    const macs = macsOf(device, { state, out });
    const known = macs.map((mac) => {
      const of = { ...all, device: mac };
      // What was pruned is not in the rows, but the last one is never forgotten.
      const last = journal.wanted(mac);
      const rows = journal.revisions(of);
      const revisions = last && !rows.some(({ at }) => at === last.at) ? [...rows, last] : rows;
      const facts = { revisions, fetches: journal.fetches(of), notifies: journal.notifies(of) };
      return { mac, revisions: historyOf(mac, facts) };
    });
    if (known.every(({ revisions }) => revisions.length === 0))
      throw new Error(`"${device}" is no device that was ever built: wanted a MAC or an extension`);
    for (const one of known) console.out(format === 'json' ? `${JSON.stringify(one)}\n` : textOf(one));
    return 0;
  } finally {
    journal.close();
  }
}

/** Those of an extension too, since a number may be on several phones. */
function macsOf(word: string, { state, out }: Pick<Place, 'state' | 'out'>): Mac[] {
  const mac = parseMac(word);
  if (mac) return [mac];
  return readDevices({ folder: state, out, extension: word }).map((device) => device.mac);
}

function textOf({ mac, revisions }: { readonly mac: Mac; readonly revisions: readonly PastRevision[] }): string {
  const head = ['built', 'revision', 'commit', 'notified', 'fetched completely'];
  const rows = revisions.map(({ revision, built, commit, notified, fetched }) => [
    built === 0 ? 'before the journal' : timeOf(built),
    revision ?? 'removed',
    commit?.slice(0, 12) ?? '-',
    timeOf(notified),
    timeOf(fetched),
  ]);
  const lines = [head, ...rows].map((row) => row.map((word, index) => word.padEnd(widths[index] ?? 0)).join('  '));
  return [formatMac(mac), ...lines].map((line) => `${line.trimEnd()}\n`).join('');
}

const widths = [24, 12, 12, 24, 24];
const timeOf = (at: number | undefined): string => (at === undefined ? '-' : new Date(at).toISOString());
