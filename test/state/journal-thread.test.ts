import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { FetchFact } from '../../src/model/fact.ts';
import { readJournal } from '../../src/state/journal.ts';
import { type JournalThreadOptions, openJournalThread } from '../../src/state/journal-thread.ts';
import { remount, smallDisk, smallDisks } from '../support/small-disk.ts';
import { buildOf, fetchOf, fullFetch, notifyOf } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

function open(options: Partial<JournalThreadOptions> = {}) {
  const { log, lines } = linesLog();
  const folder = options.folder ?? stateFolder();
  const journal = openJournalThread({ log, gatherMs: 5, restartMs: 5, ...options, folder });
  onTestFinished(() => journal.close());
  return { journal, lines, folder };
}

const all = { limit: Number.POSITIVE_INFINITY, order: 'oldest' } as const;
const timesIn = (folder: string): number[] =>
  readJournal({ folder })!
    .fetches(all)
    .map(({ at }) => at);
const withoutId = <T extends { id: number }>({ id: _, ...fact }: T) => fact;
const upTo = (count: number) => [...Array(count).keys()];
const facts = (count: number, from = 0): FetchFact[] => upTo(count).map((index) => fetchOf({ at: from + index }));

test('what is added is written by the other thread, in its order, and read here', async () => {
  const { journal, folder, lines } = open();
  journal.add.fetches([fullFetch, fetchOf({ at: 1001 })]);
  journal.add.notify(notifyOf());
  journal.add.build(buildOf());
  await expect.poll(() => journal.builds().map(withoutId)).toEqual([buildOf()]);
  expect(journal.fetches({ order: 'oldest' }).map(withoutId)).toEqual([fullFetch, fetchOf({ at: 1001 })]);
  expect(journal.notifies().map(withoutId)).toEqual([notifyOf()]);
  expect(journal.seen()).toHaveLength(1);
  for (let from = 0; from < 20_000; from += 250) journal.add.fetches(facts(250, from));
  await journal.close();
  expect(timesIn(folder).filter((at) => at !== 1000 && at !== 1001)).toHaveLength(19_998);
  expect(lines).toEqual([]);
});

test('closing waits until all is written, also when it is asked for twice', async () => {
  const { journal, folder } = open({ gatherMs: 1000 });
  journal.add.fetches(facts(3));
  await Promise.all([journal.close(), journal.close()]);
  journal.add.fetches(facts(3, 3));
  expect(timesIn(folder)).toEqual([0, 1, 2]);
});

test('a thread that dies is started again and said; what came meanwhile is written', async () => {
  const { journal, folder, lines } = open({ restartMs: 100 });
  journal.add.fetches(facts(2));
  await expect.poll(() => journal.fetches()).toHaveLength(2);
  journal.thread()!.terminate();
  await expect.poll(() => journal.thread()).toBeUndefined();
  journal.add.fetches(facts(3, 2));
  await expect.poll(() => journal.fetches()).toHaveLength(5);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^error the thread of the journal died and is started again; .* rows=0$/);
  await journal.close();
  expect(timesIn(folder)).toEqual(upTo(5));
});

test('facts beyond the bound are dropped, with one line when it begins and one when it is over', async () => {
  const { journal, folder, lines } = open({ mostWaiting: 10 });
  journal.add.fetches(facts(10));
  for (let index = 0; index < 5; index++) journal.add.fetches(facts(2, 100));
  await expect
    .poll(() => lines)
    .toEqual([
      'warn the journal cannot follow; facts are dropped, phones are served at_most=10',
      'info the journal follows again dropped=10',
    ]);
  await expect.poll(() => timesIn(folder)).toHaveLength(10);
  journal.add.fetches(facts(5, 10));
  await journal.close();
  expect(timesIn(folder)).toEqual(upTo(15));
});

test.skipIf(smallDisks.missing)(
  `a full disk costs facts and lines, and is written again when there is room (${smallDisks.sentence})`,
  async () => {
    const disk = smallDisk();
    const { journal, lines } = open({ folder: join(disk, 'state'), retryMs: 5, mostWaiting: 3000 });
    journal.add.fetches(facts(1));
    await expect.poll(() => journal.fetches()).toHaveLength(1);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(200_000));
    for (let from = 0; from < 10_000; from += 500) {
      journal.add.fetches(facts(500, from));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await expect
      .poll(() => lines[0])
      .toMatch(/^warn the journal cannot be written; .* reason="database or disk is full"/);
    rmSync(join(disk, 'ballast'));
    remount(disk, 'size=16m');
    await expect.poll(() => lines.at(-1)).toMatch(/^info the journal is written again dropped=\d+/);
    await journal.close();
  },
);

test('a file of a later version is refused before anything else', () => {
  const { folder, journal } = open();
  void journal.close();
  const database = new DatabaseSync(join(folder, 'journal.db'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => open({ folder })).toThrow('from a later offhook');
});
