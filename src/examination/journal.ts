import { type Finding, finding } from '../findings/finding.ts';
import { createFold } from '../findings/fold.ts';
import type { Known } from '../findings/rule.ts';
import { rules } from '../findings/rules.ts';
import { standingFindings } from '../findings/standing.ts';
import type { Mac } from '../model/mac.ts';
import { readFleet } from '../state/fleet.ts';
import { readJournal } from '../state/journal.ts';

/** So far back fetches are looked at, milliseconds; and so many of them. */
const back = 24 * 3_600_000;
const mostFetches = 200_000;

export interface JournalOptions {
  readonly state: string;
  readonly out: string;
  readonly known: Known;
  readonly now: number;
}

/** What the fetches of the last day show, and where devices stand. */
export function journalFindings({ state, out, known, now }: JournalOptions): Finding[] {
  try {
    const journal = readJournal({ folder: state });
    if (!journal) return [];
    const fold = createFold(rules, known);
    try {
      for (const fact of journal.fetches({ since: now - back, limit: mostFetches }).reverse()) fold.add(fact);
    } finally {
      journal.close();
    }
    const fleet = readFleet({ state, out, now }) ?? [];
    return [
      ...fold.all(),
      ...standingFindings(
        fleet.filter(({ mac }) => known.devices.has(mac)),
        now,
      ),
    ];
  } catch (error) {
    const fix = 'look at the folder and the log of the daemon; a file that is broken is moved aside at its next start';
    return [finding({ id: 'state-folder', severity: 'error', seen: (error as Error).message, fix })];
  }
}

/** Of each device the user agent that its phone said last. */
export function userAgents(state: string): ReadonlyMap<Mac, string> {
  try {
    const journal = readJournal({ folder: state });
    if (!journal) return new Map();
    const seen = journal.seen();
    journal.close();
    return new Map(
      seen.flatMap(({ device, user_agent, model, firmware }) =>
        device && user_agent && (model ?? firmware) !== undefined ? [[device, user_agent] as const] : [],
      ),
    );
  } catch {
    return new Map();
  }
}
