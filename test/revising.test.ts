import { expect, test } from 'vitest';
import type { Device } from '../src/model/device.ts';
import type { RevisionFact } from '../src/model/fact.ts';
import type { Mac } from '../src/model/mac.ts';
import type { Site } from '../src/model/site.ts';
import { createRevising } from '../src/revising.ts';
import { createConvergence, type StandingFacts } from '../src/state/convergence.ts';
import { ada, bob, fetchOf } from './state/facts.ts';

const files = '[["{mac}.cfg"]]';
const none: StandingFacts = { revisions: [], fetches: [], notifies: [] };

/** A daemon from one start to the next, with the journal of the one before. */
function start(begun: StandingFacts = none) {
  const convergence = createConvergence(begun);
  const rows: RevisionFact[] = [...begun.revisions];
  let wanted: Readonly<Record<string, string>> = {};
  const pinned = new Set<Mac>();
  const revising = createRevising({
    convergence,
    current: { revision: (mac) => wanted[mac], isPinned: (mac) => pinned.has(mac) },
    record: async (facts) => void rows.push(...facts),
  });
  return {
    convergence,
    rows,
    pinned,
    /** With the revisions of all devices, and those whose bytes changed. */
    async build(at: number, revisions: Readonly<Record<string, string>>, touched: readonly Mac[], commit?: string) {
      wanted = revisions;
      const model = { properties: {}, files: [{ name: '{mac}.cfg', also: [] }] };
      const devices = Object.keys(revisions).map((mac) => ({ mac, vendor: 'acme', model: 'a1' }) as Device);
      const site = { devices, vendors: new Map([['acme', { models: new Map([['a1', model]]) }]]) } as unknown as Site;
      const changed = touched.map((mac) => ({ device: { mac, vendor: 'acme', model: 'a1' } as Device, reboot: false }));
      const before = rows.length;
      await revising.use({ site, touched: changed }, { at, commitOf: async () => commit });
      await revising.written();
      return rows.slice(before);
    },
  };
}

test('a build tells of the devices whose revision changed, with the commit, and a restart tells nothing twice', async () => {
  const first = start();
  expect(await first.build(1000, { [ada]: 'r1', [bob]: 'r1' }, [ada, bob], 'c1')).toEqual([
    { at: 1000, device: ada, revision: 'r1', files, git_commit: 'c1' },
    { at: 1000, device: bob, revision: 'r1', files, git_commit: 'c1' },
  ]);
  expect(await first.build(2000, { [ada]: 'r2', [bob]: 'r1' }, [ada])).toEqual([
    { at: 2000, device: ada, revision: 'r2', files },
  ]);
  expect(await first.build(2500, { [ada]: 'r2', [bob]: 'r1' }, [ada])).toEqual([]);
  const second = start({ ...none, revisions: first.rows });
  expect(await second.build(3000, { [ada]: 'r2', [bob]: 'r1' }, [])).toEqual([]);
});

test('what was built before it was committed is of the commit that says the same', async () => {
  const daemon = start();
  await daemon.build(1000, { [ada]: 'r1', [bob]: 'r1' }, [ada, bob]);
  await daemon.build(2000, { [ada]: 'r1', [bob]: 'r2' }, [bob]);
  expect(await daemon.build(3000, { [ada]: 'r1', [bob]: 'r2' }, [], 'c1')).toEqual([
    { at: 1000, device: ada, revision: 'r1', files, git_commit: 'c1' },
    { at: 2000, device: bob, revision: 'r2', files, git_commit: 'c1' },
  ]);
  expect(await daemon.build(4000, { [ada]: 'r1', [bob]: 'r2' }, [], 'c2')).toEqual([]);
});

test('a device that goes is told once, also when it went while no daemon ran', async () => {
  const first = start();
  await first.build(1000, { [ada]: 'r1', [bob]: 'r1' }, [ada, bob]);
  const second = start({ ...none, revisions: first.rows });
  expect(await second.build(2000, { [ada]: 'r1' }, [])).toEqual([{ at: 2000, device: bob }]);
  expect(await second.build(3000, { [ada]: 'r1' }, [])).toEqual([]);
  expect(await second.build(4000, { [ada]: 'r1', [bob]: 'r1' }, [bob])).toMatchObject([{ at: 4000, device: bob }]);
});

test('bytes that are older than the journal are of before it', async () => {
  const daemon = start();
  expect(await daemon.build(1000, { [ada]: 'r1', [bob]: 'r1' }, [bob], 'c1')).toEqual([
    { at: 0, device: ada, revision: 'r1', files },
    { at: 1000, device: bob, revision: 'r1', files, git_commit: 'c1' },
  ]);
});

test('a row that a killed daemon did not write does not take from a phone what it has fetched', async () => {
  const fetches = [fetchOf({ at: 2500, device: ada, file: `${ada}.cfg`, revision: 'r2' })];
  const revisions = [{ at: 1000, device: ada, revision: 'r1', files }];
  const daemon = start({ ...none, revisions, fetches });
  expect(await daemon.build(3000, { [ada]: 'r2' }, [], 'c1')).toEqual([
    { at: 1001, device: ada, revision: 'r2', files },
  ]);
  expect(daemon.convergence.stateOf(ada, 4000)?.state).toBe('current');
});

test('what was built by hand while no daemon ran waits to be told, and what was fetched before was right then', async () => {
  const fetches = [fetchOf({ at: 2500, device: ada, file: `${ada}.cfg`, revision: 'r1' })];
  const revisions = [{ at: 1000, device: ada, revision: 'r1', files }];
  const daemon = start({ ...none, revisions, fetches });
  await daemon.build(3000, { [ada]: 'r2' }, [], 'c1');
  expect(daemon.convergence.stateOf(ada, 4000)?.state).toBe('pending');
  daemon.convergence.add.fetch(fetchOf({ at: 3500, device: ada, file: `${ada}.cfg`, revision: 'r1' }));
  expect(daemon.convergence.stateOf(ada, 4000)?.state).toBe('stale');
});

test('what a device is pinned to is of no commit, and other bytes of it are to be fetched again', async () => {
  const daemon = start();
  await daemon.build(1000, { [ada]: 'r2' }, [ada], 'c1');
  daemon.pinned.add(ada);
  expect(await daemon.build(2000, { [ada]: 'r1' }, [ada], 'c1')).toEqual([
    { at: 2000, device: ada, revision: 'r1', files },
  ]);
  expect(await daemon.build(3000, { [ada]: 'r1' }, [ada], 'c1')).toEqual([
    { at: 3000, device: ada, revision: 'r1', files },
  ]);
  expect(await daemon.build(4000, { [ada]: 'r1' }, [], 'c1')).toEqual([]);
});
