import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import type { Canary } from '../../src/model/notify-policy.ts';
import { type Changing, judgeTrial, type Pioneer, planTrial, type Trial } from '../../src/rollout/trial.ts';

const macOf = (number: number) => `02${number.toString(16).padStart(10, '0')}` as Mac;
const wait = 900_000;
const percent = (share: number): Canary => ({ percent: share, wait, require: 'fetched' });
const changing = (number: number, more: Partial<Changing> = {}): Changing => ({
  ...{ mac: macOf(number), words: [macOf(number), `${1_000 + number}`, 'hall'], from: 'old', to: 'new' },
  isSeen: true,
  ...more,
});
const many = (count: number) => Array.from({ length: count }, (_, index) => changing(index + 1));
const plan = (canary: Canary | undefined, some: readonly Changing[], more: { trial?: Trial; held?: number } = {}) =>
  planTrial({ cohort: '', canary, changing: some, trial: more.trial, now: 5, until: 5 + wait, held: more.held ?? 0 });
const canariesOf = (trial: Trial | undefined) => trial?.canaries.map(({ mac }) => mac);

describe('the canaries', () => {
  test('are those that are named: by MAC in any spelling, by extension, by group', () => {
    const named = (...devices: string[]): Canary => ({ devices, wait, require: 'fetched' });
    const some = [...many(3), changing(4, { words: [macOf(4), 'pilot'] })];
    expect(canariesOf(plan(named('02:00:00:00:00:01', '1003'), some).trial)).toEqual([macOf(1), macOf(3)]);
    expect(canariesOf(plan(named('pilot'), some).trial)).toEqual([macOf(4)]);
    expect(canariesOf(plan(named('1009'), some).trial)).toHaveLength(1);
  });

  test('are a share of those that change, always the same ones, whatever their order', () => {
    const first = canariesOf(plan(percent(10), many(100)).trial) ?? [];
    expect(first).toHaveLength(10);
    expect(canariesOf(plan(percent(10), many(100).reverse()).trial)?.sort()).toEqual(first.sort());
    expect(canariesOf(plan(percent(0.1), many(100)).trial)).toHaveLength(1);
    // Who has never fetched would prove nothing.
    const some = many(100).map((one, index) => ({ ...one, isSeen: index === 77 }));
    expect(canariesOf(plan(percent(10), some).trial)).toEqual([macOf(78)]);
  });

  test('are none where everybody is one, where a device is new, and where nobody wants any', () => {
    expect(plan(percent(100), many(3))).toEqual({ trial: undefined, hold: [], free: [] });
    expect(plan(percent(1), [changing(1, { from: undefined })])).toEqual({ trial: undefined, hold: [], free: [] });
    const kept = changing(2, { kept: { revision: 'old', from: 'new' } });
    expect(plan(undefined, [...many(1), kept])).toEqual({ trial: undefined, hold: [], free: [macOf(2)] });
  });

  test('are named with what they lack when they are not well in time', () => {
    const trial = plan(percent(50), many(10)).trial!;
    const health = ({ mac }: Pioneer) => (mac === trial.canaries[0]?.mac ? 'well' : { lacks: 'no answer' });
    const { trial: later, verdict } = judgeTrial(trial, 10, health);
    expect([verdict, later.canaries[0]?.well]).toEqual(['waiting', 10]);
    const { trial: last, verdict: end } = judgeTrial(later, 5 + wait, health);
    expect(end).toBe('failed');
    expect(last.stopped?.reason).toMatch(
      /^4 of 5 canaries are not well in time; 02:[\w:]+: no answer; 02:[\w:]+: no answer; 02:[\w:]+: no answer; and 1 more$/,
    );
    expect(judgeTrial(last, 6 + wait, health).verdict).toBe('waiting');
  });

  test('that are gone from devices.yml count for nothing; without any it stops', () => {
    const trial = plan(percent(20), many(10)).trial!;
    const gone = trial.canaries[0]?.mac;
    const judged = judgeTrial(trial, 10, ({ mac }) => (mac === gone ? 'gone' : 'well'));
    expect([judged.verdict, judged.trial.canaries.length]).toEqual(['well', 1]);
    expect(judgeTrial(trial, 10, () => 'gone').trial.stopped?.reason).toBe('no canary is left in devices.yml');
  });
});

/** A site, what a build makes of it, and phones that fetch. */
function createSite(size: number, canary: Canary) {
  const macs = Array.from({ length: size }, (_, index) => macOf(index + 1));
  const git = new Map(macs.map((mac) => [mac, '0']));
  const out = new Map(git);
  const have = new Map(git);
  const pins = new Map<Mac, { revision: string; from: string; cause: 'canary' | 'rollout' }>();
  const edited = new Set<Mac>();
  /** What was ever proven, or is what the phone had when nothing was held. */
  const allowed = new Set<string>(macs.map((mac) => `${mac} 0`));
  let trial: Trial | undefined;
  let edits = 0;

  function build(isFresh = false): void {
    const some = macs.flatMap((mac): Changing[] => {
      const [to, pin] = [git.get(mac)!, pins.get(mac)];
      if (pin?.revision === to) pins.delete(mac);
      if (pin && pin.revision !== to)
        return isFresh || edited.has(mac)
          ? [{ mac, words: [mac], isSeen: true, from: pin.revision, to, kept: pin }]
          : [];
      return out.get(mac) === to ? [] : [{ mac, words: [mac], isSeen: true, from: out.get(mac), to }];
    });
    edited.clear();
    const macsOf = new Set(some.map(({ mac }) => mac));
    const held = [...pins].filter(([mac, { cause }]) => cause === 'rollout' && !macsOf.has(mac)).length;
    const made = planTrial({ cohort: '', canary, changing: some, trial, now: 0, until: wait, held });
    const isAlone = made.trial === undefined;
    for (const mac of made.free) pins.delete(mac);
    for (const { mac, revision, from } of made.hold) pins.set(mac, { revision, from, cause: 'rollout' });
    trial = made.trial ?? (trial?.released ? trial : undefined);
    const first = new Set(trial?.canaries.map(({ mac }) => mac));
    for (const mac of macs) {
      const next = pins.get(mac)?.revision ?? git.get(mac)!;
      if (out.get(mac) !== next && (isAlone || first.has(mac))) allowed.add(`${mac} ${next}`);
      out.set(mac, next);
      expect([...allowed]).toContain(`${mac} ${next}`);
    }
    if (trial?.released && [...trial.released].every(([mac, to]) => out.get(mac) === to)) trial = undefined;
    const rest = [...pins.values()];
    if (
      trial &&
      !trial.released &&
      !rest.some(({ cause }) => cause === 'rollout') &&
      !(trial.stopped && rest.length > 0)
    )
      trial = undefined;
  }

  function look(now: number): void {
    if (!trial) return;
    const judged = judgeTrial(trial, now, ({ mac, to }) =>
      have.get(mac) === to && out.get(mac) === to ? 'well' : { lacks: 'time' },
    );
    trial = judged.trial;
    if (judged.verdict === 'well') {
      const held = [...pins].filter(([, { cause }]) => cause === 'rollout');
      for (const { mac, to } of trial.canaries) expect(have.get(mac)).toBe(to);
      for (const [mac, { from }] of held) allowed.add(`${mac} ${from}`);
      trial = { ...trial, released: new Map(held.map(([mac, { from }]) => [mac, from])) };
      for (const [mac] of held) pins.delete(mac);
      build();
    } else if (judged.verdict === 'failed') {
      for (const { mac, from, to } of trial.canaries)
        if (!pins.has(mac) && out.get(mac) === to) pins.set(mac, { revision: from, from: to, cause: 'canary' });
      build();
      for (const { mac, from } of trial?.canaries ?? []) expect(out.get(mac)).toBe(pins.get(mac)?.revision ?? from);
    }
  }

  return {
    ...{ git, out, pins, macs, build, look },
    edit(some: readonly number[], wanted: string) {
      // What nobody ever had, or what many had.
      const to = wanted === 'other' ? `other ${edits++}` : wanted;
      for (const number of some) {
        git.set(macOf(number), to);
        edited.add(macOf(number));
      }
      build();
    },
    fetch: (number: number) => void have.set(macOf(number), out.get(macOf(number))!),
    trial: () => trial,
  };
}

test('whatever is edited, fetched and restarted, nobody gets a change before the canaries are well, and all get the last one in the end', () => {
  const size = 6;
  const number = fc.integer({ min: 1, max: size });
  const step = fc.oneof(
    fc.record({
      type: fc.constant('edit' as const),
      some: fc.uniqueArray(number, { minLength: 1 }),
      to: fc.constantFrom('0', '1', 'other', 'other'),
    }),
    fc.record({ type: fc.constant('fetch' as const), some: fc.uniqueArray(number, { minLength: 1 }) }),
    fc.record({ type: fc.constant('look' as const), isLate: fc.boolean() }),
    fc.record({ type: fc.constant('restart' as const) }),
  );
  const canary = fc.oneof(
    fc.constantFrom(10, 40, 100).map(percent),
    fc
      .uniqueArray(number, { minLength: 1, maxLength: 3 })
      .map((some): Canary => ({ devices: some.map(macOf), wait, require: 'fetched' })),
  );
  fc.assert(
    fc.property(canary, fc.array(step, { maxLength: 40 }), (canary, steps) => {
      const site = createSite(size, canary);
      for (const one of steps) {
        if (one.type === 'edit') site.edit(one.some, one.to);
        else if (one.type === 'fetch') for (const number of one.some) site.fetch(number);
        else if (one.type === 'look') site.look(one.isLate ? wait : 0);
        else site.build(true);
      }
      // Git says something new to everybody, and nobody is in the way of it.
      site.edit([1, 2, 3, 4, 5, 6], 'last');
      for (let rounds = 0; rounds < 5; rounds++) {
        for (let number = 1; number <= size; number++) site.fetch(number);
        site.look(0);
      }
      expect([...site.out.values()]).toEqual(Array(size).fill('last'));
      expect(site.pins.size).toBe(0);
      expect(site.trial()).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});
