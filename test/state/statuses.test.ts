import { expect, onTestFinished, test } from 'vitest';
import type { PhoneFact } from '../../src/model/fact.ts';
import type { Mac } from '../../src/model/mac.ts';
import { createConvergence } from '../../src/state/convergence.ts';
import { openJournal } from '../../src/state/journal.ts';
import { createStatuses } from '../../src/state/statuses.ts';
import { until } from '../support/until.ts';
import { ada, bob, fetchOf, notifyOf } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

const files = '[["{mac}.cfg"]]';

function watched(options = {}) {
  const { log } = linesLog();
  const journal = openJournal({ folder: stateFolder(), log });
  onTestFinished(journal.close);
  const clock = { now: 10_000 };
  const wish = { isWanted: true };
  let statuses: ReturnType<typeof createStatuses> | undefined;
  const convergence = createConvergence();
  convergence.hear((mac) => statuses?.touched(mac));
  const begin = () => {
    statuses = createStatuses({
      ...{ convergence, stood: journal.stood, now: () => clock.now, isWanted: () => wish.isWanted },
      record: async (facts: readonly PhoneFact[]) => facts.forEach(journal.add.phone),
      ...{ everyMs: 2, sweepMs: 1e9, ...options },
    });
    onTestFinished(statuses.stop);
  };
  begin();
  const built = (at: number, device: Mac = ada) =>
    convergence.add.revisions([{ at, device, revision: `r${at}`, files }]);
  const fetched = (at: number, revision: string) =>
    convergence.add.fetch(fetchOf({ at, device: ada, file: `${ada}.cfg`, revision }));
  const changes = () =>
    journal
      .phones({ order: 'oldest' })
      .filter(({ before }) => before !== undefined)
      .map(({ device, before, state }) => [device, before, state]);
  const stood = (state: string, mac: Mac = ada) =>
    until(
      () => `${mac} ${state}, not ${JSON.stringify(journal.stood())}`,
      () => journal.stood().some(([device, last]) => device === mac && last === state),
    );
  return { clock, wish, built, fetched, convergence, changes, stood, begin, stop: () => statuses?.stop() };
}

test('writes down each change of a device’s state, and its first state as none', async () => {
  const { built, fetched, convergence, changes, stood } = watched();
  built(1000);
  built(1000, bob);
  await stood('unseen');
  await stood('unseen', bob);
  fetched(2000, 'r1000');
  await stood('current');
  built(3000);
  await stood('pending');
  convergence.add.notify(notifyOf({ at: 9000 }));
  await stood('notified');
  expect(changes()).toEqual([
    [ada, 'unseen', 'current'],
    [ada, 'current', 'pending'],
    [ada, 'pending', 'notified'],
  ]);
});

test('finds what time alone changes', async () => {
  const { clock, built, fetched, convergence, changes, stood } = watched({ sweepMs: 1 });
  built(1000);
  fetched(500, 'r0');
  convergence.add.notify(notifyOf({ at: 9000 }));
  await stood('notified');
  clock.now += 3_600_000;
  await stood('stuck');
  expect(changes()).toEqual([[ada, 'notified', 'stuck']]);
});

test('does nothing while nobody wants to know; then what changed meanwhile is one change, over a restart too', async () => {
  const { wish, built, fetched, changes, stood, stop, begin } = watched();
  built(1000);
  await stood('unseen');
  wish.isWanted = false;
  await stop();
  begin();
  built(2000);
  fetched(3000, 'r2000');
  built(4000);
  await new Promise((done) => setTimeout(done, 20));
  expect(changes()).toEqual([]);
  wish.isWanted = true;
  await stood('pending');
  expect(changes()).toEqual([[ada, 'unseen', 'pending']]);
});
