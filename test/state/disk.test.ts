import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openJournal } from '../../src/state/journal.ts';
import { remount, smallDisk, smallDisks } from '../support/small-disk.ts';
import { fetchOf } from './facts.ts';
import { linesLog } from './folder.ts';

function open() {
  const disk = smallDisk();
  const { log, lines } = linesLog();
  const folder = join(disk, 'state');
  const journal = openJournal({ folder, log, mostWaiting: 3000, retryMs: 5 });
  onTestFinished(() => journal.close());
  return { disk, folder, journal, lines };
}

test.skipIf(smallDisks.missing)(
  `a full disk costs facts and two lines, never the daemon (${smallDisks.sentence})`,
  () => {
    const { disk, journal, lines } = open();
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(200_000));
    for (let index = 0; index < 10_000; index++) {
      journal.add.fetch(fetchOf({ at: index }));
      if (index % 500 === 0) journal.flush();
    }
    expect(journal.flush()).toBe(false);
    const before = journal.fetches({ limit: Number.POSITIVE_INFINITY }).length;
    expect(before).toBeGreaterThan(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^warn the journal cannot be written; .* reason="database or disk is full"/);
    rmSync(join(disk, 'ballast'));
    remount(disk, 'size=16m');
    expect(journal.flush()).toBe(true);
    const all = journal.fetches({ limit: Number.POSITIVE_INFINITY, order: 'oldest' });
    expect(all).toHaveLength(before + 3000);
    expect(all.map(({ at }) => at)).toEqual([...Array(before + 3000).keys()]);
    expect(lines).toEqual([lines[0], `info the journal is written again dropped=${10_000 - before - 3000}`]);
  },
);

test.skipIf(smallDisks.missing)(
  `a disk that is made read-only costs facts, and is written again (${smallDisks.sentence})`,
  () => {
    const { disk, folder, journal, lines } = open();
    journal.add.fetch(fetchOf());
    journal.close();
    remount(disk, 'ro');
    const { log, lines: later } = linesLog();
    const again = openJournal({ folder, log, mostWaiting: 5 });
    onTestFinished(() => again.close());
    for (let index = 0; index < 9; index++) again.add.fetch(fetchOf());
    expect(again.flush()).toBe(false);
    expect(again.prune()).toBe(false);
    expect(again.fetches()).toEqual([]);
    remount(disk, 'rw');
    expect(again.flush()).toBe(true);
    expect(again.fetches()).toHaveLength(6);
    expect(lines).toEqual([]);
    expect(later.map((line) => line.split(' ')[0])).toEqual(['warn', 'warn', 'info']);
  },
);
