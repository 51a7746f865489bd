import { formatMac, type Mac } from '../model/mac.ts';
import { differences, type FileDifference, summaryOf } from '../rollback/differences.ts';
import { type DeviceRevisions, knownMacs, openDeviceRevisions } from '../rollback/revisions.ts';
import { historyOf, type PastRevision } from '../state/history.ts';
import { type JournalReader, readJournal } from '../state/journal.ts';
import type { Console, Place } from './command.ts';
import type { StatusFormat } from './format-status.ts';

export interface HistoryArguments extends Pick<Place, 'out' | 'state'> {
  /** MAC or extension. */
  readonly device: string;
  /** Shows what changed line by line, every secret as dots. */
  readonly diff: boolean;
  readonly format: StatusFormat;
}

/** A revision, and what differs in it from the one before; undefined where one of them is not kept. */
interface Told extends PastRevision {
  readonly changes?: readonly FileDifference[];
}

const all = { limit: Number.POSITIVE_INFINITY, order: 'oldest' } as const;

/**
 * Lists the revisions of a device, oldest first: when built, from which commit, what changed, when notified, when fetched
 * completely, when registered again. 0.
 */
export async function history(
  { state, out, device, diff, format }: HistoryArguments,
  console: Console,
): Promise<number> {
  const journal = readJournal({ folder: state });
  if (!journal)
    throw new Error(
      `there is no journal in ${state}: \`offhook serve\` has not run here, or has its --state elsewhere`,
    );
  const opened = openDeviceRevisions({ state, out });
  try {
    const found = knownMacs(device, { state, out }).map((one) => ({
      mac: one.mac,
      revisions: pastOf(one.mac, journal),
      one,
    }));
    if (found.every(({ revisions }) => revisions.length === 0))
      throw new Error(`"${device}" is no device that was ever built: wanted a MAC or an extension`);
    for (const { mac, revisions, one } of found) {
      const told = withChanges(revisions, opened.of(one));
      console.out(format === 'json' ? jsonOf(mac, told, diff) : textOf(mac, told, diff));
    }
    return 0;
  } finally {
    opened.close();
    journal.close();
  }
}

function pastOf(mac: Mac, journal: JournalReader): PastRevision[] {
  const of = { ...all, device: mac };
  // What was pruned is not in the rows, but the last one is never forgotten.
  const last = journal.wanted(mac);
  const rows = journal.revisions(of);
  const revisions = last && !rows.some(({ at }) => at === last.at) ? [...rows, last] : rows;
  return historyOf(mac, {
    revisions,
    fetches: journal.fetches(of),
    notifies: journal.notifies(of),
    returns: journal.returns(of),
  });
}

function withChanges(revisions: readonly PastRevision[], device: DeviceRevisions): Told[] {
  return revisions.map((one, index) => {
    const before = revisions[index - 1]?.revision;
    const [from, to] = [before, one.revision].map((revision) => revision && device.files(revision));
    return from && to ? { ...one, changes: differences(from, to) } : one;
  });
}

function jsonOf(mac: Mac, revisions: readonly Told[], withDiff: boolean): string {
  const told = revisions.map(({ changes, ...one }) => ({
    ...one,
    ...(changes && { changes: changes.map(({ diff, ...rest }) => (withDiff ? { ...rest, diff } : rest)) }),
  }));
  return `${JSON.stringify({ mac, revisions: told })}\n`;
}

function textOf(mac: Mac, revisions: readonly Told[], withDiff: boolean): string {
  const head = ['built', 'revision', 'commit', 'notified', 'fetched completely', 'registered again', 'what changed'];
  const lines = revisions.flatMap(({ revision, built, commit, notified, fetched, registered, changes }) => {
    const row = [
      built === 0 ? 'before the journal' : timeOf(built),
      revision ?? 'removed',
      commit?.slice(0, 12) ?? '-',
      timeOf(notified),
      timeOf(fetched),
      timeOf(registered),
      changes?.map(summaryOf).join(', ') || '-',
    ];
    return [columns(row), ...(withDiff ? (changes ?? []).map(({ diff }) => diff.trimEnd()) : [])];
  });
  return [formatMac(mac), columns(head), ...lines].map((line) => `${line}\n`).join('');
}

const widths = [24, 12, 12, 24, 24, 24];
const columns = (row: readonly string[]): string =>
  row
    .map((word, index) => word.padEnd(widths[index] ?? 0))
    .join('  ')
    .trimEnd();
const timeOf = (at: number | undefined): string => (at === undefined ? '-' : new Date(at).toISOString());
