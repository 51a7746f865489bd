import { createLoader } from '../load.ts';
import type { NotifyFact } from '../model/fact.ts';
import { formatMac } from '../model/mac.ts';
import { isFatal } from '../problem.ts';
import { openJournal } from '../state/journal.ts';
import { createTeller } from '../tell.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { stateFolder } from './serve.ts';
import { devicesOf } from './targets.ts';

export interface NotifyArguments extends Place {
  readonly targets: readonly string[];
  readonly all: boolean;
  readonly reboot: boolean;
}

/** Sends a NOTIFY to devices and waits for the answers, one line each. 0 when every one answered 2xx, else 1. */
export async function notify(
  { dir, shipped, targets, all, reboot }: NotifyArguments,
  console: Console,
): Promise<number> {
  const { site, problems } = await createLoader({ dir, shipped }).load();
  if (problems.some(isFatal)) {
    console.err(`${formatProblems(problems, 'text')}${countProblems(problems)}: nobody was notified\n`);
    return 1;
  }
  const devices = all ? site.devices : new Set(targets.flatMap((target) => devicesOf(site, target)));
  const journal = openJournal({ folder: stateFolder(dir), log: console.log });
  const teller = createTeller({
    lastAddress: (mac) => journal.lastFetchOf(mac)?.address,
    record(fact) {
      journal.add.notify(fact);
      console.out(`${line(fact)}\n`);
    },
  });
  try {
    const facts = await teller.tell(
      site,
      [...devices].map((device) => ({ device, reboot, cause: 'manual' as const })),
    );
    return facts.every(isAccepted) ? 0 : 1;
  } finally {
    await teller.close();
    journal.close();
  }
}

const isAccepted = ({ outcome, status = 0 }: NotifyFact): boolean =>
  outcome === 'answered' && status >= 200 && status < 300;

function line({ device, target, event, outcome, status, reason }: NotifyFact): string {
  const what = status === undefined ? outcome : `${outcome} ${status}`;
  return [formatMac(device), target ?? '-', event, what, ...(reason ? [reason] : [])].join('  ');
}
