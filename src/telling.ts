import type { Accepted } from './build.ts';
import type { Log } from './log.ts';
import type { NotifyFact } from './model/fact.ts';
import type { TimerValues } from './sip/transaction.ts';
import type { Current } from './state/current.ts';
import type { Owed } from './state/owed.ts';
import type { Sightings } from './state/sightings.ts';
import { createTeller, type Order } from './tell.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface TellingOptions {
  readonly owed: Pick<Owed, 'take' | 'settle'>;
  readonly current: Pick<Current, 'device' | 'revision'>;
  readonly sightings: Pick<Sightings, 'of'>;
  readonly whereabouts: Pick<Whereabouts, 'asked' | 'isReachable' | 'waysTo'>;
  /** Told of each NOTIFY when it is over. */
  readonly record: (fact: NotifyFact) => void;
  /** How long a silent device is waited for. */
  readonly timers?: TimerValues;
  readonly log: Log;
}

/** Who is told of a build: whose bytes it changed, and who was not told of an earlier one. */
export interface Telling {
  /** NOTIFYs are paced and wait for answers, and for who knows where phones are: nobody waits for them. */
  tell(build: Pick<Accepted, 'site' | 'touched'>): void;
  /** Settles what is under way: who was not reached by now is told when the daemon is back. */
  stop(): Promise<void>;
}

export function createTelling({ owed, current, sightings, whereabouts, log, ...options }: TellingOptions): Telling {
  const teller = createTeller({ waysTo: whereabouts.waysTo, record, timers: options.timers });
  const underWay = new Set<Promise<unknown>>();
  let isStopped = false;

  function record(fact: NotifyFact): void {
    if (!isStopped || ['answered', 'handed'].includes(fact.outcome)) owed.settle(fact.device);
    options.record(fact);
  }

  function follow(work: Promise<unknown>): void {
    const followed = work.finally(() => underWay.delete(followed));
    underWay.add(followed);
  }

  /** Left over from before a restart it may be gone, or have fetched by itself since: nothing is owed then. */
  function orderFor(mac: Order['device']['mac'], reboot: boolean, isTouched: boolean): Order | undefined {
    const device = current.device(mac);
    const revision = current.revision(mac);
    if (!device || (!isTouched && sightings.of(mac)?.revision === revision)) return undefined;
    return { device, reboot, cause: 'change', revision };
  }

  function tellNow({ site, touched }: Pick<Accepted, 'site' | 'touched'>): void {
    const now = new Set(touched.map(({ device }) => device.mac));
    const taken = [...owed.take()];
    const wanted = taken.flatMap(([mac, reboot]) => orderFor(mac, reboot, now.has(mac)) ?? []);
    const orders = wanted.filter(({ device }) => whereabouts.isReachable(device, site));
    const told = new Set(orders.map(({ device }) => device.mac));
    for (const [mac] of taken) if (!told.has(mac)) owed.settle(mac);
    const nowhere = wanted.length - orders.length;
    if (nowhere > 0)
      log.info('devices that nobody has seen yet are not told: they fetch when they start', { devices: nowhere });
    if (orders.length > now.size)
      log.info('devices that were not told of an earlier change are told now', { devices: orders.length - now.size });
    const failed = (error: unknown) => log.error('NOTIFYs failed for a reason of their own', { error: String(error) });
    follow(teller.tell(site, orders).catch(failed));
  }

  return {
    tell(build) {
      const asked = whereabouts.asked();
      if (asked) follow(asked.then(() => isStopped || tellNow(build)));
      else tellNow(build);
    },
    async stop() {
      isStopped = true;
      await teller.close();
      await Promise.all(underWay);
    },
  };
}
