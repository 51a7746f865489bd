import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RevisionFact } from '../../src/model/fact.ts';
import type { Mac } from '../../src/model/mac.ts';
import { needsText } from '../../src/model/needs.ts';
import { createConvergence, type StandingFacts, states } from '../../src/state/convergence.ts';
import { mostAnswered, patience } from '../../src/state/judge.ts';
import type { FetchSeen, NotifySeen } from '../../src/state/standing.ts';
import { ada, bob, fetchOf, notifyOf } from './facts.ts';

const needs = needsText([['{mac}.boot'], ['cfg{mac}.xml', '{mac}.cfg']]);
const boot = `${ada}.boot`;
const main = `${ada}.cfg`;
const built = (at: number, revision?: string, device = ada): RevisionFact => ({
  at,
  device,
  ...(revision && { revision, files: needs }),
});
const got = (at: number, file: string, revision: string, more: Partial<FetchSeen> = {}): FetchSeen =>
  fetchOf({ at, device: ada, file, revision, ...more });
const told = (at: number, more: Partial<NotifySeen> = {}) => notifyOf({ at, target: '127.0.0.2:5060', ...more });

function stateOf(facts: Partial<StandingFacts>, now = 5000, device: Mac = ada) {
  return createConvergence({ revisions: [], fetches: [], notifies: [], ...facts }).stateOf(device, now);
}

const r1 = [built(1000, 'r1')];
const before = [got(500, boot, 'r0'), got(510, main, 'r0')];

describe('a device is', () => {
  test('unseen while it has fetched nothing, with what it tried', () => {
    expect(stateOf({ revisions: r1 })).toMatchObject({ state: 'unseen', reason: 'has never asked for anything' });
    expect(
      stateOf({ revisions: r1, fetches: [got(2000, main, 'r1', { status: 403, reason: 'not its network' })] }),
    ).toEqual(
      expect.objectContaining({
        state: 'unseen',
        reason: 'has never fetched; asked 3 s ago: /001565123456.cfg was refused with 403 (not its network)',
      }),
    );
    expect(stateOf({ revisions: r1, notifies: [told(2000, { outcome: 'silent', status: undefined })] })?.reason).toBe(
      'has never fetched; told 3 s ago: no answer at 127.0.0.2:5060',
    );
  });

  test('current once it has fetched each file that it needs, under any of its names, also when it had it (304)', () => {
    const fetches = [got(1500, boot, 'r1'), got(1600, `cfg${ada}.xml`, 'r1', { status: 304, firmware: '1.2' })];
    expect(stateOf({ revisions: r1, fetches })).toEqual({
      mac: ada,
      state: 'current',
      reason: 'fetched all of it 3 s ago',
      revision: 'r1',
      built: 1000,
      fetched_revision: 'r1',
      fetched: 1600,
      address: '127.0.0.2',
      firmware: '1.2',
    });
  });

  test('pending when its revision changed and nobody has told it', () => {
    expect(stateOf({ revisions: r1, fetches: before })).toMatchObject({
      state: 'pending',
      fetched_revision: 'r0',
      reason: 'changed 4 s ago; nobody has told it yet',
    });
  });

  test('notified when it answered 2xx, or a PBX took it, and stuck when it then stays away', () => {
    for (const outcome of ['answered', 'handed'] as const) {
      const facts = { revisions: r1, fetches: before, notifies: [told(2000, { outcome })] };
      expect(stateOf(facts)?.state).toBe('notified');
      expect(stateOf(facts, 2000 + patience.notified)?.state).toBe('stuck');
    }
    const many = Array.from({ length: mostAnswered }, (_, index) => told(2000 + index));
    expect(stateOf({ revisions: r1, fetches: before, notifies: many })).toMatchObject({
      state: 'stuck',
      reason: expect.stringContaining('3 times: answered 200 at 127.0.0.2:5060; it has not asked since'),
    });
  });

  test('stuck when it answers something else, with the answer', () => {
    const notifies = [told(2000, { status: 489, reason: 'Bad Event' })];
    expect(stateOf({ revisions: r1, fetches: before, notifies })).toMatchObject({
      state: 'stuck',
      reason: 'told 3 s ago: answered 489 Bad Event at 127.0.0.2:5060',
    });
  });

  test('unreachable when it is silent, or nobody knows where it is', () => {
    const silent = [told(2000, { outcome: 'silent', status: undefined })];
    expect(stateOf({ revisions: r1, fetches: before, notifies: silent })?.state).toBe('unreachable');
    const nowhere = [told(2000, { outcome: 'unreachable', target: undefined, reason: 'no address is known' })];
    expect(stateOf({ revisions: r1, fetches: before, notifies: nowhere })).toMatchObject({
      state: 'unreachable',
      reason: 'told 3 s ago: no address is known',
    });
  });

  test('fetching between its files, and stuck when the others do not follow', () => {
    const facts = { revisions: r1, fetches: [...before, got(2000, boot, 'r1')], notifies: [told(1500)] };
    expect(stateOf(facts)).toMatchObject({ state: 'fetching', reason: 'fetched 1 of 2 files, the last 3 s ago' });
    expect(stateOf(facts, 2000 + patience.fetching)).toMatchObject({
      state: 'stuck',
      reason: `fetched 1 of 2 files, the last 2 min ago; did not fetch cfg${ada}.xml or ${ada}.cfg`,
    });
  });

  test('stale when it fetched an old revision since the new one was built', () => {
    expect(stateOf({ revisions: r1, fetches: [...before, got(1500, main, 'r0')] })?.state).toBe('stale');
    const complete = [got(1500, boot, 'r1'), got(1501, main, 'r1')];
    expect(
      stateOf({ revisions: r1, fetches: [...complete, got(1600, boot, 'r0'), got(1601, main, 'r0')] })?.state,
    ).toBe('stale');
  });

  test('stuck when it asked and was refused, or cut off, and came to nothing since; a challenge is none', () => {
    for (const failed of [{ status: 401 }, { status: 403 }, { status: 500 }, { complete: false }]) {
      const fetches = [...before, got(2000, main, 'r1', failed)];
      expect(stateOf({ revisions: r1, fetches })?.state).toBe('pending');
      expect(stateOf({ revisions: r1, fetches }, 2000 + patience.refused)?.state).toBe('stuck');
      expect(stateOf({ revisions: r1, fetches: [...fetches, got(2001, boot, 'r1')] }, 2002)?.state).toBe('fetching');
      expect(
        stateOf({ revisions: r1, fetches: [...fetches, got(2001, boot, 'r1'), got(2002, main, 'r1')] }, 9e6)?.state,
      ).toBe('current');
    }
  });
});

describe('what is no fetch of a file', () => {
  const fetches = [got(1500, boot, 'r1')];
  test.each<[string, Partial<FetchSeen>]>([
    ['a look', { method: 'HEAD' }],
    ['a part', { status: 206 }],
    ['one that was cut off', { complete: false }],
    ['a refusal', { status: 403 }],
    ['a name that is not there', { status: 404 }],
    ['what the phone sends', { method: 'PUT' }],
    ['one of before the build', { at: 999 }],
    ['one of another revision', { revision: 'r0' }],
    ['one of which nobody knows the revision', { revision: undefined }],
    ['another file of the device', { file: `${ada}-directory.xml` }],
    ['a file that is shared', { device: undefined, file: 'common.cfg' }],
  ])('%s', (_, more) => {
    const last = { ...got(1600, main, 'r1'), ...more };
    expect(stateOf({ revisions: r1, fetches: [...fetches, last] })?.state).not.toBe('current');
  });
});

test('a revision that comes back counts from then on', () => {
  const fetches = [got(1500, boot, 'r1'), got(1501, main, 'r1')];
  const revisions = [built(1000, 'r1'), built(2000, 'r2'), built(3000, 'r1')];
  expect(stateOf({ revisions, fetches })?.state).toBe('pending');
  expect(stateOf({ revisions, fetches: [...fetches, got(3500, boot, 'r1'), got(3501, main, 'r1')] })?.state).toBe(
    'current',
  );
});

test('a device that is gone has no state, and is pending when it is back', () => {
  const fetches = [got(1500, boot, 'r1'), got(1501, main, 'r1')];
  const gone = createConvergence({ revisions: [built(1000, 'r1'), built(2000)], fetches, notifies: [] });
  expect([gone.stateOf(ada, 5000), gone.devices()]).toEqual([undefined, []]);
  expect(Object.values(gone.counts([ada], 5000)).every((count) => count === 0)).toBe(true);
  gone.add.revisions([built(3000, 'r1')]);
  expect(gone.stateOf(ada, 5000)?.state).toBe('pending');
});

test('a device of a model without files of its own that it needs is current by any file of its own', () => {
  const revisions = [{ ...built(1000, 'r1'), files: needsText([['{mac}-a.cfg', '{mac}-b.cfg']]) }];
  expect(stateOf({ revisions, fetches: [got(1500, `${ada}-b.cfg`, 'r1')] })?.state).toBe('current');
});

test('counts know every state, and devices that are not known are in none', () => {
  const convergence = createConvergence({ revisions: r1, fetches: before, notifies: [] });
  const counts = convergence.counts([ada, bob], 5000);
  expect(Object.keys(counts)).toEqual([...states]);
  expect(counts.pending).toBe(1);
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(1);
});

const revision = fc.constantFrom('r1', 'r2', 'r3');
const device = fc.constantFrom(ada, bob);
const time = fc.integer({ min: 0, max: 12 });
const anyBuild = fc.record({ at: time, device, revision: fc.option(revision, { nil: undefined, freq: 5 }) });
const anyFetch = fc
  .record({
    at: time,
    device,
    revision: fc.option(revision, { nil: undefined, freq: 5 }),
    file: fc.constantFrom('.boot', '.cfg', '-directory.xml'),
    method: fc.constantFrom('GET', 'RRQ', 'HEAD', 'PUT'),
    status: fc.constantFrom(200, 200, 200, 304, 206, 401, 403, 404, 500),
    complete: fc.constantFrom(true, true, true, false),
  })
  .map(({ file, ...fact }) => fetchOf({ ...fact, file: `${fact.device}${file}` }));
const anyNotify = fc
  .record({
    at: time,
    device,
    outcome: fc.constantFrom('answered', 'handed', 'silent', 'unreachable'),
    status: fc.constantFrom(200, 481),
  })
  .map(notifyOf);
const anyTime = fc.constantFrom(13, patience.refused, patience.fetching + 12, patience.notified + 12);

type Step = (convergence: ReturnType<typeof createConvergence>) => void;
const steps = ([builds, fetches, notifies]: readonly [
  readonly { at: number; device: Mac; revision: string | undefined }[],
  readonly FetchSeen[],
  readonly NotifySeen[],
]): Step[] => [
  ...builds.map(
    (fact): Step =>
      (to) =>
        to.add.revisions([built(fact.at, fact.revision, fact.device)]),
  ),
  ...fetches.map(
    (fact): Step =>
      (to) =>
        to.add.fetch(fact),
  ),
  ...notifies.map(
    (fact): Step =>
      (to) =>
        to.add.notify(fact),
  ),
];
const some = fc.tuple(
  fc.array(anyBuild, { maxLength: 6 }),
  fc.array(anyFetch, { maxLength: 25 }),
  fc.array(anyNotify, { maxLength: 12 }),
);

function after(all: readonly Step[], now: number) {
  const convergence = createConvergence();
  for (const step of all) step(convergence);
  return [ada, bob].map((mac) => convergence.stateOf(mac, now));
}

test('the same facts told in any order give the same states and the same words', () => {
  const shuffled = some.chain((facts) => {
    const all = steps(facts);
    return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
  });
  fc.assert(
    fc.property(shuffled, anyTime, ([all, other], now) => {
      expect(after(other, now)).toEqual(after(all, now));
    }),
    { numRuns: 500 },
  );
});

test('a device is current only if the last whole fetch of each file that it needs was of the wanted revision, and not older', () => {
  fc.assert(
    fc.property(some, anyTime, (facts, now) => {
      const [builds, fetches] = facts;
      for (const state of after(steps(facts), now)) {
        if (!state) continue;
        const since = Math.max(...builds.filter(({ device: mac }) => mac === state.mac).map(({ at }) => at));
        const isHad = (name: string) => {
          const whole = fetches.filter(
            ({ device: mac, file, revision: of, method = '', status, complete }) =>
              mac === state.mac &&
              file === `${mac}${name}` &&
              of &&
              complete &&
              status < 305 &&
              status !== 206 &&
              ['GET', 'RRQ'].includes(method),
          );
          const last = Math.max(...whole.map(({ at }) => at));
          return whole.some(({ at, revision: of }) => at === last && at >= since && of === state.revision);
        };
        if (state.state === 'current') expect([isHad('.boot'), isHad('.cfg')]).toEqual([true, true]);
        const newest = (of: readonly FetchSeen[]) => new Set(of.map(({ at }) => at)).size === of.length;
        if (newest(fetches) && isHad('.boot') && isHad('.cfg')) expect(state.state).toBe('current');
      }
    }),
    { numRuns: 500 },
  );
});
