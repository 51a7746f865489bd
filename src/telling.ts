import type { Accepted } from './build.ts';
import type { Log } from './log.ts';
import type { NotifyFact } from './model/fact.ts';
import { formatMac, type Mac } from './model/mac.ts';
import { createPolicies, notifyDefaults } from './model/notify-policy.ts';
import type { Site } from './model/site.ts';
import { endingOf } from './notify/verdict.ts';
import type { Way } from './notify/way.ts';
import { type Change, createQueue, type Ended, type Scene } from './rollout/queue.ts';
import type { TimerValues } from './sip/transaction.ts';
import type { Convergence } from './state/convergence.ts';
import type { Current } from './state/current.ts';
import type { Owed, OwedRow } from './state/owed.ts';
import { createTeller, type Order } from './tell.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface TellingOptions {
  readonly owed: Pick<Owed, 'take' | 'note' | 'settle' | 'forget'>;
  readonly current: Pick<Current, 'device' | 'revision'>;
  readonly convergence: Pick<Convergence, 'stateOf'>;
  readonly whereabouts: Pick<Whereabouts, 'asked' | 'askAgain' | 'isBusy' | 'waysTo'>;
  /** Told of each NOTIFY when it is over. */
  readonly record: (fact: NotifyFact) => void;
  /** How long a silent device is waited for. */
  readonly timers?: TimerValues;
  readonly log: Log;
  readonly now?: () => number;
}

/** Who is told of a build: whose bytes it changed, and who was not told of an earlier one. */
export interface Telling {
  /** NOTIFYs are paced and wait for their time, for answers, and for who knows where phones are: nobody waits for them. */
  tell(build: Pick<Accepted, 'site' | 'touched'>): void;
  /** Nobody is to be told, of what is owed to whom either. */
  forget(): void;
  /** Settles what is under way: who was not reached by now is told when the daemon is back. */
  stop(): Promise<void>;
}

/** Timers of the machine go no further. */
const longestTimer = 2 ** 31 - 1;

export function createTelling({ owed, current, convergence, whereabouts, log, ...options }: TellingOptions): Telling {
  const { record, timers, now = Date.now } = options;
  const teller = createTeller({ waysTo: whereabouts.waysTo, timers });
  const underWay = new Set<Promise<unknown>>();
  /** Where those are who are handed on. */
  const waysOf = new Map<Mac, readonly Way[]>();
  const beginning: { readonly mac: Mac; readonly done: (order: Begun) => void }[] = [];
  const state = { isStopped: false, nowhere: 0, failure: '' };
  let site: Site | undefined;
  let policyOf: ReturnType<typeof createPolicies> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Immediate | undefined;
  let queue = createEmptyQueue();

  const scene: Scene = {
    policyOf(mac) {
      const device = current.device(mac);
      return device && policyOf?.(device);
    },
    standingOf(mac) {
      const found = convergence.stateOf(mac, now());
      if (!found || found.revision !== current.revision(mac)) return 'behind';
      return found.state === 'current' || found.state === 'fetching' ? found.state : 'behind';
    },
    isBusy(mac) {
      const device = current.device(mac);
      return device !== undefined && whereabouts.isBusy(device);
    },
    addressOf(mac) {
      const device = current.device(mac);
      const ways = device && site ? whereabouts.waysTo(device, site) : [];
      waysOf.set(mac, ways);
      return addressOf(ways);
    },
  };

  function createEmptyQueue() {
    const perSecond = () => site?.notify.per_second ?? notifyDefaults.per_second;
    return createQueue({ perSecond, noticed: notice });
  }

  function notice({ mac, wait }: Change): void {
    const words = noticed[wait];
    if (words) log.info(words, { device: formatMac(mac) });
  }

  function look(): void {
    clearTimeout(timer);
    if (state.isStopped || !site) return;
    const round = queue.next(now(), scene);
    owed.settle(round.settled);
    for (const mac of round.settled) waysOf.delete(mac);
    for (const mac of round.tell) follow(send(mac, site));
    write();
    state.nowhere += round.nowhere;
    const after = round.again === undefined ? undefined : round.again - now();
    if (after !== undefined) timer = setTimeout(look, Math.min(longestTimer, Math.max(0, after))).unref();
    if (after !== undefined && after <= 0) return;
    if (state.nowhere > 0)
      log.info('devices that nobody has seen yet are not told: they fetch when they start', { devices: state.nowhere });
    state.nowhere = 0;
  }

  function lookSoon(): void {
    if (state.isStopped) return;
    soon ??= setImmediate(() => {
      soon = undefined;
      look();
    });
  }

  /** What cannot be written down is told once more after a crash; that is better than never. */
  function write(): void {
    const rows = queue.changed();
    if (rows.length === 0) return;
    try {
      owed.note(rows);
      state.failure = '';
    } catch (error) {
      if (state.failure === '')
        log.error('it cannot be written down who was told; after a crash some are told twice', {
          error: String(error),
        });
      state.failure = String(error);
    }
  }

  function follow(work: Promise<unknown>): void {
    const followed = work.finally(() => underWay.delete(followed));
    underWay.add(followed);
  }

  async function send(mac: Mac, site: Site): Promise<void> {
    const device = current.device(mac);
    const policy = scene.policyOf(mac);
    const ways = waysOf.get(mac);
    waysOf.delete(mac);
    if (!device || !policy) return withdraw(mac);
    const { group, per_group, per_address } = policy;
    const order: Order = { device, reboot: false, cause: 'change', ways, begin: () => begin(mac) };
    try {
      const paced = { ...order, perAddress: per_address, group, perGroup: per_group };
      const fact = await teller.tell(site, paced);
      if (fact) end(mac, fact);
      else withdraw(mac);
    } catch (error) {
      log.error('a NOTIFY failed for a reason of its own', { device: formatMac(mac), error: String(error) });
      settle(mac, queue.end(mac, 'refused', { now: now() }));
    }
  }

  function withdraw(mac: Mac): void {
    queue.withdraw(mac, now());
    lookSoon();
  }

  function end(mac: Mac, fact: NotifyFact): void {
    record(fact);
    const ending = endingOf(fact);
    // Not asked in vain: whoever was not there may have registered from elsewhere by the next time.
    if (ending === 'missed') whereabouts.askAgain();
    // Of whom nothing is known by the end it is found out when the daemon is back.
    if (state.isStopped && ending === 'missed') return;
    settle(mac, queue.end(mac, ending, { now: now(), policy: scene.policyOf(mac) }));
  }

  function settle(mac: Mac, ended: Ended): void {
    if (ended !== 'waits') owed.settle([mac]);
    if (ended === 'left')
      log.warn('was not reached, and is told no more until its files change', { device: formatMac(mac) });
    write();
    lookSoon();
  }

  /** Whose turn comes in one moment is written down in one go, before anything is sent. */
  function begin(mac: Mac): Promise<Begun> {
    return new Promise((done) => {
      beginning.push({ mac, done });
      if (beginning.length === 1) queueMicrotask(beginAll);
    });
  }

  function beginAll(): void {
    const orders = beginning.splice(0).map(({ mac, done }) => {
      const order = state.isStopped ? undefined : queue.begin(mac, now(), scene);
      return { done, order: order && { ...order, revision: current.revision(mac) } };
    });
    write();
    for (const { order, done } of orders) done(order);
    lookSoon();
  }

  function tellNow({ touched }: Pick<Accepted, 'touched'>): void {
    const rows = owed.take();
    const now_ = now();
    const { fresh, left } = Object.groupBy(rows, ({ attempts, due }) => (attempts + due > 0 ? 'left' : 'fresh'));
    queue.owe(fresh ?? [], now_);
    queue.resume(left?.map(debtOf) ?? []);
    queue.reconsider(now_);
    if (rows.length > touched.length)
      log.info('devices that were not told of an earlier change are told now', {
        devices: rows.length - touched.length,
      });
    look();
  }

  return {
    tell(build) {
      site = build.site;
      policyOf = createPolicies(site);
      const asked = whereabouts.asked();
      if (asked) follow(asked.then(() => state.isStopped || tellNow(build)));
      else tellNow(build);
    },
    forget() {
      owed.forget();
      queue = createEmptyQueue();
    },
    async stop() {
      state.isStopped = true;
      clearTimeout(timer);
      clearImmediate(soon);
      await teller.close();
      await Promise.all(underWay);
    },
  };
}

type Begun = Pick<Order, 'reboot' | 'revision'> | undefined;

const noticed: Partial<Record<Change['wait'], string>> = {
  call: 'is in a call, and is told when that is over',
  'call over': 'its call is over: it is told now',
  'told in a call': 'is still in a call after `max_wait`: it is told all the same',
};

const debtOf = ({ mac, reboot, attempts, due }: OwedRow) => ({ mac, reboot, attempts, due });

/** Of the first way that there is. */
function addressOf(ways: readonly Way[]): string | undefined {
  for (const way of ways) {
    if (way.kind === 'sip') return way.hop.address;
    if (way.kind === 'hand') return way.target.address;
  }
  return undefined;
}
