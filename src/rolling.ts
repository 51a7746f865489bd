import type { Changing, Hold } from './build.ts';
import type { Log } from './log.ts';
import type { Device } from './model/device.ts';
import type { RolloutFact } from './model/fact.ts';
import type { Mac } from './model/mac.ts';
import { createPolicies, type NotifyPolicy } from './model/notify-policy.ts';
import type { Site } from './model/site.ts';
import { rolloutNews } from './rollout/news.ts';
import { judgeTrial, planTrial, stopTrial, type Trial } from './rollout/trial.ts';
import { createOpenings } from './rollout/window.ts';
import type { Convergence } from './state/convergence.ts';
import type { Current } from './state/current.ts';
import type { Owed } from './state/owed.ts';
import type { Pin, Pins } from './state/pins.ts';
import { openTrials, takeRolloutWish } from './state/trials.ts';
import { createWellness } from './wellness.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface RollingOptions {
  readonly state: string;
  readonly pins: Pins;
  readonly current: Pick<Current, 'device' | 'revision'>;
  readonly convergence: Pick<Convergence, 'stateOf'>;
  readonly whereabouts: Pick<Whereabouts, 'where'>;
  readonly owed: Pick<Owed, 'add' | 'remind'>;
  /** Somebody else's files are to be built now. */
  readonly rebuild: () => void;
  /** False: nobody is told anything, and nobody held. */
  readonly isOn: boolean;
  /** Hears what becomes of rollouts. */
  readonly record?: (facts: readonly RolloutFact[]) => void;
  readonly log: Log;
  readonly now?: () => number;
  /** From one look at canaries to the next, milliseconds. */
  readonly every?: number;
}

/** Lets some devices prove a change before the others get it. */
export interface Rolling {
  /** What the next build is made of. */
  loaded(site: Site): void;
  /** Asked by a build before it writes. */
  readonly hold: Hold;
  /** After an accepted build, when it is known what devices are meant to have. */
  use(): void;
  stop(): void;
}

/** How long after a start a canary has to show what it did before, milliseconds. */
const doubt = 60_000;

export function createRolling({ state, pins, current, owed, log, rebuild, isOn, ...options }: RollingOptions): Rolling {
  const { now = Date.now, every = 1_000 } = options;
  const kept = openTrials(state);
  const read = kept.read();
  let trials = new Map<string, Trial>((typeof read === 'object' ? read.value : []).map((one) => [one.cohort, one]));
  /** As they were written down. */
  let saved: ReadonlyMap<string, Trial> = new Map(trials);
  const openings = createOpenings();
  const wellness = createWellness({ ...options, current, now });
  let policyOf: (device: Device) => NotifyPolicy | undefined = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  let isFirst = true;
  if (read === 'damaged') log.error('what was known of rollouts cannot be read; who is held back is let go', { state });

  /** @throws Error what the disk says */
  function save(): void {
    kept.write([...trials.values()]);
    const news = rolloutNews(saved, trials, now());
    saved = new Map(trials);
    if (news.length > 0) options.record?.(news);
  }

  function put(trial: Trial | undefined, cohort: string): void {
    if (trial) trials.set(cohort, trial);
    else trials.delete(cohort);
  }

  const cohortOf = (mac: Mac): string | undefined => {
    const device = current.device(mac);
    return device && policyOf(device)?.cohort;
  };

  /** Of one rollout those that its canaries hold back. */
  function heldIn(cohort: string): Pin[] {
    return [...pins.all().values()].filter((pin) => pin.cause === 'rollout' && cohortOf(pin.device) === cohort);
  }

  const isSeen = (mac: Mac): boolean => options.convergence.stateOf(mac, now())?.fetched !== undefined;

  /** When the last of its canaries may be told. */
  function opensFor({ canaries }: Trial, among: ReadonlyMap<Mac, Device>): number {
    return canaries.reduce((last, { mac }) => {
      const device = among.get(mac) ?? current.device(mac);
      const { windows = [], zone = 'UTC' } = (device && policyOf(device)) ?? {};
      return Math.max(last, openings.next(windows, zone, now()));
    }, now());
  }

  const hold: Hold = (changing) => {
    const cohorts = Map.groupBy(changing, ({ device }) => policyOf(device)?.cohort ?? '');
    const after = new Map(trials);
    const held: Pin[] = [];
    const free: Mac[] = [];
    for (const [cohort, some] of cohorts) {
      const devices = some.map(({ device }) => device);
      const canary = devices.map((device) => policyOf(device)?.canary).find((one) => one !== undefined);
      const known = new Map(devices.map((device) => [device.mac, device]));
      const plan = planTrial({
        ...{ cohort, canary, trial: trials.get(cohort), now: now() },
        changing: some.map((one) => ({ ...changingOf(one), isSeen: isSeen(one.device.mac) })),
        until: now(),
        held: heldIn(cohort).filter(({ device }) => !known.has(device)).length,
      });
      const isNew = plan.trial !== undefined && plan.trial !== trials.get(cohort);
      const trial =
        plan.trial && isNew && canary
          ? { ...plan.trial, until: opensFor(plan.trial, known) + canary.wait }
          : plan.trial;
      if (trial) after.set(cohort, trial);
      else if (!trials.get(cohort)?.released) after.delete(cohort);
      free.push(...plan.free);
      held.push(...plan.hold.map(({ mac, ...pin }) => heldPin({ device: mac, ...pin, at: now() })));
      if (trial && isNew) begun(trial);
    }
    // Before anything is written: a daemon that is killed goes on here.
    if ([...after].some(([cohort, trial]) => trials.get(cohort) !== trial) || after.size !== trials.size) {
      trials = after;
      save();
    }
    pins.unpin(free);
    return held;
  };

  function begun({ cohort, canaries, held, until }: Trial): void {
    const fields = {
      ...(cohort && { group: cohort }),
      canaries: canaries.length,
      held,
      until: new Date(until).toISOString(),
    };
    log.info('canaries get a change first; the others keep their files until these are well', fields);
  }

  /** The others get it: each is told once its bytes are there. */
  function release(trial: Trial): void {
    const held = heldIn(trial.cohort);
    put({ ...trial, released: new Map(held.map(({ device, from = '' }) => [device, from])) }, trial.cohort);
    save();
    letGo(held);
    log.info('all canaries are well: the others get the change', { ...groupOf(trial), devices: held.length });
  }

  /** Also who shares a file that has changed long ago is told. */
  function letGo(held: readonly Pin[]): void {
    owed.add(held.map(({ device }) => ({ mac: device, reboot: false })));
    pins.unpin(held.map(({ device }) => device));
    rebuild();
  }

  function fail(trial: Trial): void {
    put(trial, trial.cohort);
    save();
    goBack(trial);
    const what = { ...groupOf(trial), held: heldIn(trial.cohort).length, reason: trial.stopped?.reason ?? '' };
    log.error('the rollout has stopped: canaries go back, the others keep their files (`offhook rollout`)', what);
  }

  /** Those that have what has failed. */
  function goBack({ canaries, stopped }: Trial): void {
    const back = canaries.filter(({ mac, to }) => !pins.of(mac) && current.revision(mac) === to);
    if (!stopped || back.length === 0) return;
    pins.pin(
      back.map(({ mac, from, to }): Pin => {
        return { device: mac, revision: from, at: stopped.at, cause: 'canary', from: to, reason: stopped.reason };
      }),
    );
    rebuild();
  }

  function look(): void {
    clearTimeout(timer);
    const wish = takeRolloutWish(state);
    for (const before of [...trials.values()]) {
      if (before.released) continue;
      const word = wish?.began.includes(before.began) ? wish.word : undefined;
      if (word === 'go') {
        goOn(before);
        continue;
      }
      if (before.stopped) continue;
      const { trial, verdict } =
        word === 'stop'
          ? { trial: stopTrial(before, now(), 'somebody stopped it'), verdict: 'failed' as const }
          : judgeTrial(before, now(), wellness);
      if (verdict === 'well') release(trial);
      else if (verdict === 'failed') fail(trial);
      else if (trial !== before) {
        put(trial, trial.cohort);
        save();
      }
    }
    if (trials.size > 0) timer = setTimeout(lookSafely, every).unref();
  }

  /** Whatever has become of the canaries; those that went back get it again. */
  function goOn(trial: Trial): void {
    const back = trial.canaries.flatMap(({ mac }) => pins.of(mac) ?? []).filter(({ cause }) => cause === 'canary');
    const held = [...heldIn(trial.cohort), ...back];
    put(
      { ...trial, stopped: undefined, released: new Map(held.map((pin) => [pin.device, pin.from ?? ''])) },
      trial.cohort,
    );
    save();
    letGo(held);
    log.warn('somebody lets the others have the change', { ...groupOf(trial), devices: held.length });
  }

  function lookSafely(): void {
    try {
      look();
    } catch (error) {
      log.error('a rollout cannot go on; it is tried again', { reason: String(error) });
      timer = setTimeout(lookSafely, 10 * every).unref();
    }
  }

  /**
   * A canary that fetched in the moment in which the daemon before this one was killed is not known to have done so: it is
   * told once more, since the rollout hangs on it.
   */
  function remind(): void {
    for (const { canaries, stopped, released } of trials.values())
      for (const { mac, well } of stopped || released ? [] : canaries) {
        const device = current.device(mac);
        const [pause = doubt] = (device && policyOf(device)?.retry) ?? [];
        if (well === undefined) owed.remind([mac], now() + pause);
      }
  }

  /** Somebody does not have yet what he may have: the build that brings it comes. */
  const isUnderWay = (released: ReadonlyMap<Mac, string>): boolean =>
    [...released].some(([mac, to]) => current.device(mac) && current.revision(mac) !== to);

  /** A rollout is over when nobody is held any more; who is held by none is let go. */
  function tidy(): void {
    const rolled = [...pins.all().values()].filter(({ cause }) => cause !== 'person');
    const byCohort = Map.groupBy(rolled, ({ device }) => cohortOf(device) ?? '');
    let isChanged = false;
    for (const [cohort, trial] of [...trials]) {
      const held = byCohort.get(cohort)?.filter(({ cause }) => cause === 'rollout').length ?? 0;
      const isDone = trial.released ? !isUnderWay(trial.released) : held === 0;
      const isOver = isDone && !(trial.stopped && byCohort.has(cohort));
      if (isOver) trials.delete(cohort);
      else if (trial.held !== held) trials.set(cohort, { ...trial, held });
      isChanged ||= isOver || trial.held !== held;
    }
    if (isChanged) save();
    const astray = rolled.filter(({ device }) => {
      const known = current.device(device);
      const policy = known && policyOf(known);
      const trial = trials.get(policy?.cohort ?? '');
      return known && !trial?.released && !(policy?.canary && trial);
    });
    if (astray.length > 0) letGo(astray);
  }

  return {
    loaded(site) {
      const ofSite = createPolicies(site);
      const isAsked = isOn && site.notify.mode === 'auto';
      policyOf = (device) => (isAsked ? ofSite(device) : { ...ofSite(device), canary: undefined });
    },
    hold,
    use() {
      clearTimeout(timer);
      try {
        tidy();
        if (isFirst) remind();
        isFirst = false;
        for (const trial of trials.values()) goBack(trial);
      } catch (error) {
        log.error('a rollout cannot go on; it is tried again', { reason: String(error) });
      }
      lookSafely();
    },
    stop: () => clearTimeout(timer),
  };
}

const groupOf = ({ cohort }: Trial) => (cohort === '' ? {} : { group: cohort });

const changingOf = ({ device, from, to, pin }: Changing) => ({
  ...{ mac: device.mac, from, to, kept: pin },
  words: [device.mac, device.group ?? '', ...device.lines.map(({ extension }) => extension)],
});

const heldPin = (pin: Pick<Pin, 'device' | 'revision' | 'from' | 'at'>): Pin => ({
  ...{ ...pin, cause: 'rollout', reason: 'it waits until the canaries are well' },
});
