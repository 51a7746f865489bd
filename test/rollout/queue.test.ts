import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import type { NotifyPolicy } from '../../src/model/notify-policy.ts';
import { type Change, createQueue, type Ending, type Queue, type Scene } from '../../src/rollout/queue.ts';
import { openingAt } from '../../src/rollout/window.ts';

const macOf = (number: number) => `02${number.toString(16).padStart(10, '0')}` as Mac;
const minute = 60_000;
const policy: NotifyPolicy = {
  ...{ zone: 'Europe/Berlin', windows: [], max_wait: 30 * minute, retry: [minute, 4 * minute], per_address: 1_000 },
  ...{ per_group: undefined, cohort: '' },
};
const everyDay = new Set([1, 2, 3, 4, 5, 6, 7]);
const owing = (...numbers: number[]) => numbers.map((number) => ({ mac: macOf(number), reboot: false }));

interface World extends Scene {
  readonly policies: Map<Mac, NotifyPolicy>;
  readonly current: Set<Mac>;
  readonly busy: Set<Mac>;
  readonly lost: Set<Mac>;
}

function createWorld(base: NotifyPolicy = policy): World {
  const world = {
    ...{ policies: new Map(), current: new Set<Mac>(), busy: new Set<Mac>(), lost: new Set<Mac>() },
    policyOf: (mac: Mac): NotifyPolicy => world.policies.get(mac) ?? base,
    standingOf: (mac: Mac) => (world.current.has(mac) ? ('current' as const) : ('behind' as const)),
    isBusy: (mac: Mac) => world.busy.has(mac),
    addressOf: (mac: Mac) => (world.lost.has(mac) ? undefined : mac),
  };
  return world;
}

/** Tells all whose turn it is, and says how it ended. */
function tell(queue: Queue, now: number, { world, ending = 'reached' }: { world: World; ending?: Ending }): Mac[] {
  const told: Mac[] = [];
  for (;;) {
    const { tell } = queue.next(now, world);
    if (tell.length === 0) return told;
    for (const mac of tell) {
      if (!queue.begin(mac, now, world)) continue;
      told.push(mac);
      queue.end(mac, ending, { now, policy: world.policyOf(mac) });
    }
  }
}

const again = (queue: Queue, now: number, world: World) => queue.next(now, world).again;

describe('a device', () => {
  test('whose bytes change again before it was told is told once', () => {
    const queue = createQueue({ perSecond: () => 1 });
    queue.owe(owing(1, 2, 3, 4), 0);
    expect(queue.next(0, createWorld()).tell).toEqual([macOf(1), macOf(2)]);
    queue.owe(owing(1, 3), 5);
    const world = createWorld();
    expect(queue.begin(macOf(1), 6, world)).toEqual({ reboot: false });
    queue.owe([{ mac: macOf(2), reboot: true }], 7);
    expect(queue.begin(macOf(2), 8, world)).toEqual({ reboot: true });
    for (const number of [1, 2]) queue.end(macOf(number), 'reached', { now: 9, policy });
    expect(tell(queue, 10, { world })).toEqual([macOf(3), macOf(4)]);
    expect(again(queue, 10, world)).toBeUndefined();
  });

  test('whose bytes change after its NOTIFY went out is told again, unless it has fetched them', () => {
    for (const hasFetched of [false, true]) {
      const queue = createQueue({ perSecond: () => 100 });
      const world = createWorld();
      queue.owe(owing(1), 0);
      queue.next(0, world);
      queue.begin(macOf(1), 0, world);
      queue.owe(owing(1), 1);
      expect(queue.end(macOf(1), 'reached', { now: 2, policy })).toBe('waits');
      if (hasFetched) world.current.add(macOf(1));
      expect(tell(queue, 2, { world })).toEqual(hasFetched ? [] : [macOf(1)]);
      expect(queue.has(macOf(1))).toBe(false);
    }
  });

  test('that does not answer is told again after each pause, and then left; a new change begins anew', () => {
    const queue = createQueue({ perSecond: () => 100 });
    const world = createWorld();
    queue.owe(owing(1), 0);
    const times: number[] = [];
    for (let now: number | undefined = 0; now !== undefined; now = again(queue, now, world)) {
      tell(queue, now, { world, ending: 'missed' });
      times.push(now);
    }
    expect(times).toEqual([0, minute, 5 * minute]);
    expect(queue.has(macOf(1))).toBe(false);
    queue.owe(owing(1), 6 * minute);
    tell(queue, 6 * minute, { world, ending: 'missed' });
    expect(again(queue, 6 * minute, world)).toBe(7 * minute);
    queue.owe(owing(1), 6 * minute + 1);
    expect(tell(queue, 6 * minute + 1, { world })).toEqual([macOf(1)]);
  });

  test('that refuses is asked no more', () => {
    const queue = createQueue({ perSecond: () => 100 });
    const world = createWorld();
    queue.owe(owing(1), 0);
    tell(queue, 0, { world, ending: 'refused' });
    expect(queue.has(macOf(1))).toBe(false);
  });

  test('of which nobody knows where it is is looked for again, and told where it turns up', () => {
    const queue = createQueue({ perSecond: () => 100 });
    const world = createWorld();
    world.lost.add(macOf(1));
    queue.owe(owing(1), 0);
    expect(queue.next(0, world)).toEqual({ tell: [], settled: [], nowhere: 1, again: minute });
    world.lost.clear();
    expect(tell(queue, minute, { world })).toEqual([macOf(1)]);
  });

  test('that is in a call is left alone until that is over, or for as long as it may be', () => {
    const noticed: Change['wait'][] = [];
    const queue = createQueue({ perSecond: () => 100, noticed: ({ wait }) => noticed.push(wait) });
    const world = createWorld();
    world.busy.add(macOf(1)).add(macOf(2));
    queue.owe(owing(1, 2), 0);
    expect(tell(queue, 0, { world })).toEqual([]);
    expect(queue.counts()).toMatchObject({ call: 2, now: 0 });
    world.busy.delete(macOf(1));
    expect(tell(queue, 10_000, { world })).toEqual([macOf(1)]);
    expect(tell(queue, 30 * minute - 1, { world })).toEqual([]);
    expect(tell(queue, 30 * minute, { world })).toEqual([macOf(2)]);
    expect(noticed).toEqual(['call', 'call', 'call over', 'told in a call']);
  });

  test('is not told outside of its window, not even when it is closed between its turn and the one of others', () => {
    const at = (text: string) => Temporal.ZonedDateTime.from(`${text}[Europe/Berlin]`).epochMilliseconds;
    const night = { ...policy, windows: [{ days: everyDay, from: 22 * 60, to: 5 * 60 }] };
    const queue = createQueue({ perSecond: () => 100 });
    const world = createWorld(night);
    const late = at('2026-05-06T04:59:59');
    queue.owe(owing(1, 2), late);
    expect(queue.next(late, world).tell).toEqual([macOf(1), macOf(2)]);
    expect(queue.begin(macOf(1), late, world)).toBeDefined();
    expect(queue.begin(macOf(2), at('2026-05-06T05:00'), world)).toBeUndefined();
    expect(again(queue, at('2026-05-06T05:00'), world)).toBe(at('2026-05-06T22:00'));
    expect(tell(queue, at('2026-05-06T22:00'), { world })).toEqual([macOf(2)]);
  });

  test('that waits for the room of its address lets the others pass', () => {
    const queue = createQueue({ perSecond: () => 40 });
    const world = {
      ...createWorld({ ...policy, per_address: 1 }),
      addressOf: (mac: Mac) => (mac < macOf(9) ? 'nat' : mac),
    };
    queue.owe(owing(1, 2, 3, 4, 9, 10), 0);
    expect(queue.next(0, world).tell).toEqual([1, 2, 9, 10].map(macOf));
    world.current.add(macOf(3));
    queue.begin(macOf(1), 0, world);
    expect(queue.next(0, world).tell).toEqual([macOf(4)]);
  });

  test('of a group waits for its group, and the groups not for each other', () => {
    const queue = createQueue({ perSecond: () => 40 });
    const world = createWorld();
    for (const number of [1, 2, 3, 4, 5, 6])
      world.policies.set(macOf(number), { ...policy, group: number < 5 ? 'lab' : 'hall', per_group: 1 });
    queue.owe(owing(1, 2, 3, 4, 5, 6), 0);
    expect(queue.next(0, world).tell).toEqual([1, 2, 5, 6].map(macOf));
  });
});

test('what is written down is enough to go on: nobody is forgotten, and who was being told is waited for', () => {
  const world = createWorld();
  const first = createQueue({ perSecond: () => 100 });
  first.owe(owing(1, 2, 3), 0);
  first.next(0, world);
  for (const number of [1, 2]) first.begin(macOf(number), 0, world);
  first.end(macOf(1), 'missed', { now: 10, policy });
  const rows = first.changed();
  expect(rows).toEqual([
    { mac: macOf(1), reboot: false, attempts: 1, due: minute + 10, waits: 'retry' },
    { mac: macOf(2), reboot: false, attempts: 0, due: minute, waits: 'answer' },
  ]);
  const second = createQueue({
    perSecond: () => 100,
    debts: [...rows, { mac: macOf(3), reboot: false, attempts: 0, due: 0 }],
  });
  expect(tell(second, 20, { world })).toEqual([macOf(3)]);
  world.current.add(macOf(2));
  expect(tell(second, 2 * minute, { world })).toEqual([macOf(1)]);
});

test('100,000 devices that wait cost nothing while nobody is due', () => {
  let asked = 0;
  const world = createWorld({ ...policy, windows: [{ days: everyDay, from: 22 * 60, to: 23 * 60 }] });
  const scene = {
    ...world,
    policyOf: (mac: Mac) => {
      asked++;
      return world.policyOf(mac);
    },
  };
  const noon = Temporal.ZonedDateTime.from('2026-05-06T12:00[Europe/Berlin]').epochMilliseconds;
  const queue = createQueue({ perSecond: () => 20 });
  queue.owe(owing(...Array.from({ length: 100_000 }, (_, index) => index)), noon);
  let looks = 0;
  for (let now: number | undefined = noon; now === noon; now = queue.next(noon, scene).again) looks++;
  expect(looks).toBeLessThan(100);
  expect(queue.counts().window).toBe(100_000);
  asked = 0;
  for (let tick = 1; tick <= 1_000; tick++) queue.next(noon + tick * 1_000, scene);
  expect(asked).toBe(0);
  const open = noon + 10 * 60 * minute;
  expect(queue.next(open, scene).tell).toHaveLength(5);
  expect(asked).toBeLessThan(20);
});

/** Anything that may happen to a small fleet, in any order. */
describe('whatever happens', () => {
  const device = fc.integer({ min: 1, max: 6 });
  const event = fc.oneof(
    fc.record({ type: fc.constant('owe' as const), device, reboot: fc.boolean() }),
    fc.record({ type: fc.constant('pass' as const), seconds: fc.integer({ min: 0, max: 8_000 }) }),
    fc.record({
      type: fc.constantFrom('begin' as const, 'withdraw' as const, 'fetch' as const, 'call' as const, 'lose' as const),
      device,
    }),
    fc.record({
      type: fc.constant('end' as const),
      device,
      ending: fc.constantFrom<Ending>('reached', 'missed', 'refused'),
    }),
    fc.record({ type: fc.constant('restart' as const) }),
  );
  const windows = [
    { days: everyDay, from: 22 * 60, to: 23 * 60 },
    { days: new Set([3]), from: 60, to: 120 },
  ];

  test('nobody is told twice for one revision that it took, nobody outside of a window or in a call, and nobody is forgotten', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 120 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 20 }),
        (events, hasWindows, perSecond) => {
          const mine = { ...policy, max_wait: Number.POSITIVE_INFINITY, windows: hasWindows ? windows : [] };
          const world = createWorld(mine);
          let now = Temporal.ZonedDateTime.from('2026-05-05T21:30[Europe/Berlin]').epochMilliseconds;
          let queue = createQueue({ perSecond: () => perSecond });
          const rows = new Map<Mac, { mac: Mac; reboot: boolean; attempts: number; due: number }>();
          const revisions = new Map<Mac, number>();
          const taken = new Map<Mac, number>();
          const begun = new Map<Mac, number>();
          const hand = new Set<Mac>();
          let soon: number | undefined;
          const settle = (mac: Mac) => void rows.delete(mac);
          const write = () => {
            for (const row of queue.changed()) if (rows.has(row.mac)) rows.set(row.mac, row);
          };
          const look = () => {
            const { tell, settled, again } = queue.next(now, world);
            soon = again;
            for (const mac of settled) settle(mac);
            for (const mac of tell) hand.add(mac);
            expect(hand.size).toBeLessThanOrEqual(Math.max(2, Math.ceil(perSecond / 4)));
            write();
          };
          const begin = (mac: Mac) => {
            if (!hand.delete(mac)) return;
            const order = queue.begin(mac, now, world);
            write();
            if (!order) return;
            expect(world.current.has(mac) || world.busy.has(mac)).toBe(false);
            expect(openingAt(mine.windows, mine.zone, now).isOpen).toBe(true);
            expect(taken.get(mac)).not.toBe(revisions.get(mac));
            begun.set(mac, revisions.get(mac) ?? 0);
          };
          const end = (mac: Mac, ending: Ending) => {
            const revision = begun.get(mac);
            if (revision === undefined) return;
            begun.delete(mac);
            if (ending === 'reached') taken.set(mac, revision);
            if (queue.end(mac, ending, { now, policy: mine }) !== 'waits') settle(mac);
            write();
          };
          for (const step of events) {
            if (step.type === 'pass') now += step.seconds * 1_000;
            else if (step.type === 'restart') {
              queue = createQueue({ perSecond: () => perSecond, debts: rows.values() });
              hand.clear();
              begun.clear();
            } else {
              const mac = macOf(step.device);
              if (step.type === 'owe') {
                revisions.set(mac, (revisions.get(mac) ?? 0) + 1);
                world.current.delete(mac);
                rows.set(mac, { mac, reboot: step.reboot, attempts: 0, due: 0 });
                queue.owe([{ mac, reboot: step.reboot }], now);
              } else if (step.type === 'begin') begin(mac);
              else if (step.type === 'end') end(mac, step.ending);
              else if (step.type === 'fetch') world.current.add(mac);
              else if (step.type === 'withdraw') {
                if (hand.delete(mac)) queue.withdraw(mac, now);
              } else {
                const set = step.type === 'call' ? world.busy : world.lost;
                if (!set.delete(mac)) set.add(mac);
              }
            }
            look();
          }
          world.busy.clear();
          world.lost.clear();
          const left = new Set(rows.keys());
          for (let rounds = 0; rows.size > 0; rounds++) {
            expect(rounds).toBeLessThan(1_000);
            for (const mac of [...begun.keys()]) end(mac, 'reached');
            for (const mac of [...hand]) begin(mac);
            for (const mac of [...begun.keys()]) end(mac, 'reached');
            now = Math.max(now, soon ?? now);
            look();
          }
          for (const mac of left) if (!world.current.has(mac)) expect(taken.get(mac)).toBe(revisions.get(mac));
        },
      ),
      { numRuns: 300 },
    );
  });
});
