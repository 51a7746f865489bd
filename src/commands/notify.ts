import { createLoader } from '../load.ts';
import type { Device } from '../model/device.ts';
import type { NotifyFact } from '../model/fact.ts';
import { formatMac, type Mac } from '../model/mac.ts';
import { isFatal, visible } from '../problem.ts';
import { defaultTimers } from '../sip/transaction.ts';
import { openJournal } from '../state/journal.ts';
import { type Sighting, see, visitsOf } from '../state/sightings.ts';
import { createTeller } from '../tell.ts';
import { lastWaysTo } from '../whereabouts.ts';
import type { Console, Place } from './command.ts';
import { countProblems, formatProblems } from './format-problems.ts';
import { demandProject } from './place.ts';
import { devicesOf } from './targets.ts';

export interface NotifyArguments extends Place {
  readonly targets: readonly string[];
  readonly all: boolean;
  readonly reboot: boolean;
  readonly format?: 'text' | 'json';
  /** Seconds that a silent device is waited for: timer F, RFC 3261 section 17.1.2.2. */
  readonly wait: number;
}

/**
 * Sends a NOTIFY to devices and waits for the answers, one line each. 0 when every one answered 2xx, else 1. When it is
 * stopped, it says of each device that has not answered yet that it has not.
 */
export async function notify(
  { dir, shipped, ageIdentity, state, targets, all, reboot, wait, format = 'text' }: NotifyArguments,
  console: Console,
): Promise<number> {
  demandProject({ dir }, { withFile: true });
  const { site, problems } = await createLoader({ dir, shipped, ageIdentity }).load();
  if (problems.some(isFatal)) {
    console.err(`${formatProblems(problems, 'text')}${countProblems(problems)}: nobody was notified\n`);
    return 1;
  }
  const devices = all ? site.devices : new Set(targets.flatMap((target) => devicesOf(site, target)));
  const journal = openJournal({ folder: state, log: console.log });
  const stopped = console.onStop();
  const visitsTo = (mac: Mac) => {
    const sighting = journal.fetches({ device: mac, limit: 50 }).reduce<Sighting | undefined>(see, undefined);
    return sighting ? visitsOf(sighting) : [];
  };
  const teller = createTeller({
    timers: timersFor(wait),
    waysTo: (device) => lastWaysTo(device, { ...site, visits: visitsTo(device.mac) }),
  });
  const tell = async (device: Device) => {
    const { group } = device;
    const fact = await teller.tell(site, { device, reboot, cause: 'manual', group, perGroup: site.notify.per_group });
    if (!fact) return false;
    journal.add.notify(fact);
    console.out(`${format === 'json' ? visible(JSON.stringify(fact)) : line(fact)}\n`);
    return isAccepted(fact);
  };
  stopped.addEventListener('abort', () => void teller.close(), { once: true });
  try {
    const taken = await Promise.all([...devices].map(tell));
    return taken.every(Boolean) ? 0 : 1;
  } finally {
    await teller.close();
    journal.close();
  }
}

/** F is 64 times T1; whoever has less patience than the RFC asks again sooner, too. */
const timersFor = (wait: number) => ({ ...defaultTimers, t1: Math.min(defaultTimers.t1, (wait * 1000) / 64) });

const isAccepted = ({ outcome, status = 0 }: NotifyFact): boolean =>
  outcome === 'answered' && status >= 200 && status < 300;

function line({ device, target, event, outcome, status, reason }: NotifyFact): string {
  const what = status === undefined ? outcome : `${outcome} ${status}`;
  return [formatMac(device), target ?? '-', event, what, ...(reason ? [reason] : [])].join('  ');
}
