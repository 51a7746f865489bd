import { createHeap, type Placed } from '../heap.ts';
import type { Mac } from '../model/mac.ts';
import type { NotifyPolicy } from '../model/notify-policy.ts';
import { createLanes } from './lanes.ts';
import { createOpenings } from './window.ts';

/** Somebody who must yet be told. Times are milliseconds since 1970. */
export interface Debt {
  readonly mac: Mac;
  readonly reboot: boolean;
  /** NOTIFYs that did not reach it. */
  readonly attempts: number;
  /** Not before. */
  readonly due: number;
  readonly waits?: Wait;
}

/** What somebody waits for who is not told yet. */
export type Wait = 'window' | 'call' | 'retry' | 'address' | 'fetching';

/** Somebody's debt as it is to be written down; `answer`: its NOTIFY is under way. */
export interface Noted extends Omit<Debt, 'waits'> {
  readonly waits?: Wait | 'answer';
}

/** What is known of a device at the moment of asking; each answer costs the same in a fleet of any size. */
export interface Scene {
  /** Undefined: it is in the site no more. */
  policyOf(mac: Mac): NotifyPolicy | undefined;
  /** Whether it has what it is meant to have, or is about to. */
  standingOf(mac: Mac): 'current' | 'fetching' | 'behind';
  isBusy(mac: Mac): boolean;
  /** Where it is; undefined when nobody knows. */
  addressOf(mac: Mac): string | undefined;
}

/** How a NOTIFY ended: taken; not to be had by asking again; or not there, not answering. */
export type Ending = 'reached' | 'refused' | 'missed';

export type Ended = 'settled' | 'left' | 'waits';

/** What is to be done now. */
export interface Round {
  /** Their turn at the notifier begins. */
  readonly tell: readonly Mac[];
  /** Nothing is owed to them any more. */
  readonly settled: readonly Mac[];
  /** Nobody knows where these are, which is found out for the first time. */
  readonly nowhere: number;
  /** When to look again; undefined: when something happens. */
  readonly again: number | undefined;
}

/** Why somebody begins to wait, for the log. */
export interface Change {
  readonly mac: Mac;
  readonly wait: Wait | 'call over' | 'told in a call';
}

/**
 * Who is told when: a fold over what is owed and what becomes of it. It does nothing by itself, and knows the time only
 * from whoever asks. A device stands in it once, however often its bytes change, and each question costs what it moves, not
 * what waits.
 */
export interface Queue {
  /** Their bytes changed: what was tried for the bytes before does not count. */
  owe(devices: readonly { readonly mac: Mac; readonly reboot: boolean }[], now: number): void;
  /** Those that were left over by a process before this one. */
  resume(debts: Iterable<Omit<Debt, 'waits'>>): void;
  /** Windows may be others now: those who wait for theirs are looked at again. */
  reconsider(now: number): void;
  next(now: number, scene: Scene): Round;
  /** Its turn has come. Undefined: not now, after all. */
  begin(mac: Mac, now: number, scene: Scene): { readonly reboot: boolean } | undefined;
  /** Its turn was taken back before it came. */
  withdraw(mac: Mac, now: number): void;
  /** Whether it is owed nothing any more: `left` after the last try; `waits` when it is told again. */
  end(mac: Mac, ending: Ending, options: { readonly now: number; readonly policy?: NotifyPolicy }): Ended;
  has(mac: Mac): boolean;
  /** Those whose attempts, time or wait changed since the last question, as they are to be written down. */
  changed(): readonly Noted[];
  /** How many wait for what, and how many are told at the moment or as soon as the pace allows. */
  counts(): Readonly<Record<Wait | 'now', number>>;
}

interface Entry extends Placed {
  readonly mac: Mac;
  reboot: boolean;
  attempts: number;
  due: number;
  turn: number;
  phase: 'waiting' | 'parked' | 'hand' | 'begun';
  waits?: Wait;
  /** Its bytes changed after its NOTIFY went out. */
  isAgain: boolean;
  /** Since when it is left alone because of calls; and whether that was long enough. */
  busySince?: number;
  isForced?: boolean;
}

export interface QueueOptions {
  readonly debts?: Iterable<Omit<Debt, 'waits'>>;
  /** NOTIFYs a second in all. */
  readonly perSecond: () => number;
  /** Told when somebody begins to wait for a call, and when that is over. */
  readonly noticed?: (change: Change) => void;
}

/** Considered in one question at most: of 100,000 whose window has just opened not all at once. */
const mostAtOnce = 2_000;
/** From one look at a phone in a call, or one that has begun to fetch, to the next. */
const busyPause = 1_000;
const fetchingPause = 15_000;
/** How long somebody is left alone of whom a killed process has not written down what came of its NOTIFY. */
const doubt = 60_000;

/** A quarter of a second ahead: who is handed on waits there for his turn, and can be taken back. */
const roomFor = (perSecond: number): number => Math.min(512, Math.max(2, Math.ceil(perSecond / 4)));

export function createQueue({ debts = [], perSecond, noticed = () => {} }: QueueOptions): Queue {
  const entries = new Map<Mac, Entry>();
  const heap = createHeap<Entry>((a, b) => a.due < b.due || (a.due === b.due && a.turn < b.turn));
  const lanes = createLanes<Entry>();
  const openings = createOpenings();
  const dirty = new Set<Mac>();
  const counts: Record<Wait, number> = { window: 0, call: 0, retry: 0, address: 0, fetching: 0 };
  let turns = 0;

  function put({ mac, reboot, attempts, due }: Omit<Debt, 'waits'>): Entry {
    const entry: Entry = { mac, reboot, attempts, due, turn: turns++, phase: 'waiting', isAgain: false, place: -1 };
    entries.set(mac, entry);
    heap.add(entry);
    return entry;
  }

  function setWait(entry: Entry, wait: Wait | undefined): void {
    if (entry.waits === wait) return;
    if (entry.waits) counts[entry.waits]--;
    if (wait) counts[wait]++;
    if (wait === 'call') noticed({ mac: entry.mac, wait });
    else if (entry.waits === 'call') noticed({ mac: entry.mac, wait: entry.isForced ? 'told in a call' : 'call over' });
    entry.waits = wait;
    dirty.add(entry.mac);
  }

  /** Looked at again from then on. */
  function wait(entry: Entry, due: number, why?: Wait): void {
    heap.remove(entry);
    lanes.leave(entry);
    Object.assign(entry, { due, turn: turns++, phase: 'waiting' });
    setWait(entry, why);
    heap.add(entry);
  }

  function remove(entry: Entry): void {
    heap.remove(entry);
    lanes.leave(entry);
    setWait(entry, undefined);
    entries.delete(entry.mac);
    dirty.delete(entry.mac);
  }

  /** What keeps it from being told now: until when, and why; or that nothing is owed to it. */
  function obstacleOf(entry: Entry, now: number, scene: Scene): { due: number; why: Wait } | 'settled' | undefined {
    const policy = scene.policyOf(entry.mac);
    const standing = policy ? scene.standingOf(entry.mac) : 'current';
    if (!policy || standing === 'current') return 'settled';
    if (standing === 'fetching') return { due: now + fetchingPause, why: 'fetching' };
    const opens = openings.next(policy.windows, policy.zone, now);
    if (opens > now) return { due: opens, why: 'window' };
    if (!scene.isBusy(entry.mac)) return undefined;
    entry.busySince ??= now;
    const until = entry.busySince + policy.max_wait;
    if (until > now) return { due: Math.min(until, now + busyPause), why: 'call' };
    entry.isForced = true;
    return undefined;
  }

  /** It did not get it: again after a pause, unless that was the last. */
  function miss(entry: Entry, { now, why, retry = [] }: { now: number; why: Wait; retry?: readonly number[] }): Ended {
    const pause = retry[entry.attempts];
    entry.attempts++;
    dirty.add(entry.mac);
    if (pause === undefined) remove(entry);
    else wait(entry, now + pause, why);
    return pause === undefined ? 'left' : 'waits';
  }

  function lanesOf(address: string, { group, per_address, per_group }: NotifyPolicy) {
    const own = { name: `address ${address}`, room: roomFor(per_address) };
    return group === undefined || per_group === undefined
      ? [own]
      : [own, { name: `group ${group}`, room: roomFor(per_group) }];
  }

  function first(now: number): Entry | undefined {
    const freed = lanes.freed();
    if (freed) return freed;
    const next = heap.first();
    return next && next.due <= now ? next : undefined;
  }

  function next(now: number, scene: Scene): Round {
    const round = { tell: [] as Mac[], settled: [] as Mac[], nowhere: 0 };
    const room = roomFor(perSecond());
    let looked = 0;
    for (; lanes.size < room && looked < mostAtOnce; looked++) {
      const entry = first(now);
      if (!entry) break;
      heap.remove(entry);
      const obstacle = obstacleOf(entry, now, scene);
      const policy = scene.policyOf(entry.mac);
      if (obstacle === 'settled' || !policy) {
        remove(entry);
        round.settled.push(entry.mac);
        continue;
      }
      const address = obstacle ? undefined : scene.addressOf(entry.mac);
      if (obstacle) wait(entry, obstacle.due, obstacle.why);
      else if (address === undefined) {
        if (entry.attempts === 0) round.nowhere++;
        if (miss(entry, { now, why: 'address', retry: policy.retry }) === 'left') round.settled.push(entry.mac);
      } else {
        setWait(entry, undefined);
        const isIn = lanes.enter(entry, lanesOf(address, policy));
        entry.phase = isIn ? 'hand' : 'parked';
        if (isIn) round.tell.push(entry.mac);
      }
    }
    const isFull = lanes.size >= room;
    return { ...round, again: looked >= mostAtOnce ? now : isFull ? undefined : heap.first()?.due };
  }

  for (const debt of debts) put(debt);

  return {
    owe(devices, now) {
      for (const { mac, reboot } of devices) {
        const known = entries.get(mac);
        if (!known) {
          put({ mac, reboot, attempts: 0, due: now });
          continue;
        }
        known.reboot ||= reboot;
        known.attempts = 0;
        known.isAgain = known.phase === 'begun';
        if (known.phase === 'waiting' && known.due > now) wait(known, now);
        dirty.delete(mac);
      }
    },
    resume(debts) {
      for (const debt of debts) if (!entries.has(debt.mac)) put(debt);
    },
    reconsider(now) {
      if (counts.window === 0) return;
      for (const entry of entries.values()) if (entry.waits === 'window') wait(entry, now, 'window');
    },
    next,
    begin(mac, now, scene) {
      const entry = entries.get(mac);
      if (entry?.phase !== 'hand') return undefined;
      const obstacle = obstacleOf(entry, now, scene);
      if (obstacle) {
        // The next question settles whom nothing is owed.
        wait(entry, obstacle === 'settled' ? now : obstacle.due, obstacle === 'settled' ? undefined : obstacle.why);
        return undefined;
      }
      lanes.leave(entry);
      entry.phase = 'begun';
      entry.due = now + (scene.policyOf(mac)?.retry[entry.attempts] ?? doubt);
      dirty.add(mac);
      return { reboot: entry.reboot };
    },
    withdraw(mac, now) {
      const entry = entries.get(mac);
      if (entry?.phase === 'hand') wait(entry, now);
    },
    end(mac, ending, { now, policy }) {
      const entry = entries.get(mac);
      if (entry?.phase !== 'begun') return 'waits';
      if (entry.isAgain) {
        entry.isAgain = false;
        wait(entry, now);
        return 'waits';
      }
      if (ending === 'missed') return miss(entry, { now, why: 'retry', retry: policy?.retry });
      remove(entry);
      return 'settled';
    },
    has: (mac) => entries.has(mac),
    changed() {
      const changed = [...dirty].flatMap((mac) => {
        const entry = entries.get(mac);
        if (!entry) return [];
        const { reboot, attempts, due, phase } = entry;
        return [{ mac, reboot, attempts, due, waits: phase === 'begun' ? ('answer' as const) : entry.waits }];
      });
      dirty.clear();
      return changed;
    },
    counts() {
      const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
      return { ...counts, now: entries.size - waiting };
    },
  };
}
