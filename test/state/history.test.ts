import { expect, test } from 'vitest';
import { historyOf } from '../../src/state/history.ts';
import { ada, fetchOf, notifyOf } from './facts.ts';

const files = '[["{mac}.boot"],["cfg{mac}.xml","{mac}.cfg"]]';
const built = (at: number, revision?: string) => ({ at, device: ada, revision, files });
const got = (at: number, name: string, revision: string, status = 200) =>
  fetchOf({ at, device: ada, file: name, revision, status });

test('each revision with its first NOTIFY that was taken, and the moment when the last of its files was first fetched', () => {
  const fetches = [
    got(1300, `${ada}.cfg`, 'r1'),
    got(1200, `${ada}.boot`, 'r1', 304),
    got(1400, `cfg${ada}.xml`, 'r1'),
    got(2200, `${ada}.boot`, 'r2'),
    got(2300, `${ada}.cfg`, 'r2', 403),
    got(4100, `${ada}.boot`, 'r1'),
  ];
  const notifies = [
    notifyOf({ at: 1150 }),
    notifyOf({ at: 1100 }),
    notifyOf({ at: 2100, outcome: 'silent', status: undefined }),
  ];
  const revisions = [
    built(2000, 'r2'),
    { ...built(1000, 'r1'), git_commit: 'c1' },
    built(1001, 'r1'),
    built(3000),
    built(4000, 'r1'),
  ];
  expect(historyOf(ada, { revisions, fetches, notifies })).toEqual([
    { revision: 'r1', built: 1000, commit: 'c1', notified: 1100, fetched: 1300 },
    { revision: 'r2', built: 2000 },
    { built: 3000 },
    { revision: 'r1', built: 4000 },
  ]);
});

test('a device of which nothing is known has none', () => {
  expect(historyOf(ada, { revisions: [], fetches: [got(1, 'x', 'r1')], notifies: [] })).toEqual([]);
});
