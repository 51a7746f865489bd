import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FetchFact } from '../../src/model/fact.ts';
import { type JournalOptions, openJournal, readJournal } from '../../src/state/journal.ts';
import { factsQuery, seenQuery } from '../../src/state/journal-query.ts';
import { ada, bob, buildOf, fetchOf, fullFetch, notifyOf } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

function open(options: Partial<JournalOptions> = {}) {
  const { log, lines } = linesLog();
  const folder = options.folder ?? stateFolder();
  const journal = openJournal({ log, now: () => 5000, ...options, folder });
  onTestFinished(() => journal.close());
  return { journal, lines, folder, path: join(folder, 'journal.db') };
}

const withoutId = <T extends { id: number }>({ id: _, ...fact }: T) => fact;

describe('what is added', () => {
  test('is read back as it was, absent properties absent', () => {
    const { journal } = open();
    for (const fact of [fullFetch, fetchOf({ at: 1001 })]) journal.add.fetch(fact);
    journal.add.notify(notifyOf({ target: '127.0.0.2:5060', revision: 'r1', reason: 'x' }));
    journal.add.notify(notifyOf({ at: 1001, outcome: 'silent', status: undefined }));
    journal.add.build(buildOf({ accepted: false }));
    expect(journal.fetches({ order: 'oldest' }).map(withoutId)).toEqual([fullFetch, fetchOf({ at: 1001 })]);
    expect(journal.notifies({ order: 'oldest' }).map(withoutId)).toEqual([
      notifyOf({ target: '127.0.0.2:5060', revision: 'r1', reason: 'x' }),
      { at: 1001, device: ada, event: 'check-sync;reboot=false', outcome: 'silent', cause: 'change' },
    ]);
    expect(journal.builds().map(withoutId)).toEqual([buildOf({ accepted: false })]);
    expect(Object.keys(journal.fetches()[0] ?? {})).not.toContain('device');
  });

  test('is read back whatever characters it has', () => {
    const { journal } = open();
    const text = fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(text, text, (path, reason) => {
        journal.add.fetch(fetchOf({ path, reason }));
        const [last] = journal.fetches({ limit: 1 });
        expect([last?.path, last?.reason]).toEqual([path.toWellFormed(), reason.toWellFormed()]);
      }),
    );
  });

  test('is written together, a moment after the first of it', async () => {
    const { journal, folder } = open({ gatherMs: 5 });
    for (let index = 0; index < 300; index++) journal.add.fetch(fetchOf({ at: index }));
    const reader = readJournal({ folder })!;
    onTestFinished(() => reader.close());
    expect(reader.fetches()).toEqual([]);
    await vi.waitFor(() => expect(reader.fetches({ limit: 1000 })).toHaveLength(300));
  });

  test('is there again after a restart', () => {
    const { journal, folder } = open();
    journal.add.fetch(fetchOf());
    journal.close();
    journal.add.fetch(fetchOf({ path: '/too-late' }));
    expect(open({ folder }).journal.fetches().map(withoutId)).toEqual([fetchOf()]);
  });

  test('costs only itself when it does not fit a table', () => {
    const { journal, lines } = open();
    for (const bytes of [1, Number.NaN, 1.5, 2]) journal.add.fetch(fetchOf({ bytes }));
    journal.add.fetch(fetchOf({ bytes: 3, path: undefined as unknown as string }));
    expect(journal.fetches({ order: 'oldest' }).map(({ bytes }) => bytes)).toEqual([1, 2]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^error a fact does not fit the journal and is left out table=fetches reason=/);
  });
});

test('the state folder and its files are for nobody else', () => {
  const { journal, folder } = open();
  journal.add.build(buildOf());
  journal.flush();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder).sort()).toEqual(['journal.db', 'journal.db-shm', 'journal.db-wal']);
  for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
});

describe('reading', () => {
  function some() {
    const { journal } = open();
    // Written in another order than they happened, as a long transfer is.
    for (const [at, device] of [
      [10, ada],
      [30, bob],
      [20, ada],
      [40, undefined],
      [50, bob],
    ] as const)
      journal.add.fetch(fetchOf({ at, device }));
    const at = (facts: readonly FetchFact[]) => facts.map((fact) => fact.at);
    return { journal, at };
  }

  test('gives the newest first, or the oldest', () => {
    const { journal, at } = some();
    expect(at(journal.fetches())).toEqual([50, 40, 30, 20, 10]);
    expect(at(journal.fetches({ order: 'oldest' }))).toEqual([10, 20, 30, 40, 50]);
    expect(at(journal.fetches({ limit: 2 }))).toEqual([50, 40]);
    expect(at(journal.fetches({ limit: 2, order: 'oldest', since: 20 }))).toEqual([20, 30]);
    expect(at(journal.fetches({ limit: Number.POSITIVE_INFINITY }))).toHaveLength(5);
  });

  test('keeps to one device', () => {
    const { journal, at } = some();
    expect(at(journal.fetches({ device: ada }))).toEqual([20, 10]);
    expect(at(journal.fetches({ device: bob, since: 31 }))).toEqual([50]);
    expect(journal.lastFetchOf(ada)?.at).toBe(20);
    expect(journal.lastFetchOf('aaaaaaaaaaaa' as typeof ada)).toBeUndefined();
  });

  test('follows from a row on, in the order of writing', () => {
    const { journal, at } = some();
    const first = journal.fetches({ afterId: 0, limit: 1 })[0]!;
    expect(first.at).toBe(10);
    expect(at(journal.fetches({ afterId: first.id, order: 'newest' }))).toEqual([30, 20, 40, 50]);
    expect(at(journal.fetches({ afterId: first.id, device: ada, since: 5 }))).toEqual([20]);
  });

  test('gives the first and the last fetch of each device, and the last with a user agent and with a revision', () => {
    const { journal, at } = some();
    journal.add.fetch(fetchOf({ at: 15, device: ada, user_agent: 'Phone' }));
    journal.add.fetch(fetchOf({ at: 16, device: ada, revision: 'r1' }));
    journal.add.fetch(fetchOf({ at: 17, device: ada }));
    journal.add.fetch(fetchOf({ at: 60, device: ada, status: 403 }));
    expect(at(journal.seen())).toEqual([10, 15, 16, 20, 30, 50]);
  });

  test('never sorts or reads a whole table, so that a million rows answer at once', () => {
    const { journal, path } = open();
    journal.add.fetch(fetchOf());
    journal.flush();
    const database = new DatabaseSync(path, { readOnly: true });
    onTestFinished(() => database.close());
    const planOf = (sql: string, values: readonly (string | number | bigint | null | NodeJS.ArrayBufferView)[]) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...values)
        .map((row) => String(row.detail));
    for (const table of ['fetches', 'notifies'] as const)
      for (const device of [undefined, ada])
        for (const since of [undefined, 5])
          for (const step of [{ order: 'newest' }, { order: 'oldest' }, { afterId: 7 }] as const) {
            const { sql, values } = factsQuery(table, { device, since, ...step });
            const plan = planOf(sql, values);
            expect(plan).toHaveLength(1);
            expect(plan[0]).toMatch(/USING (INDEX|INTEGER PRIMARY KEY)/);
            if (device !== undefined && !('afterId' in step)) expect(plan[0]).toContain(`${table}_device`);
          }
    expect(planOf(seenQuery, []).filter((step) => /SCAN fetches(?! USING)/.test(step))).toEqual([]);
  });
});

describe('another process', () => {
  test('reads without changing anything, and is told when there is no journal', () => {
    const folder = stateFolder();
    expect(readJournal({ folder })).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
    const { journal } = open({ folder });
    journal.add.fetch(fetchOf({ device: ada }));
    journal.flush();
    const reader = readJournal({ folder })!;
    expect(reader.lastFetchOf(ada)).toMatchObject({ at: 1000 });
    journal.add.fetch(fetchOf({ device: ada, at: 2000 }));
    journal.flush();
    expect(reader.lastFetchOf(ada)).toMatchObject({ at: 2000 });
    reader.close();
    journal.close();
    const later = readJournal({ folder })!;
    expect(later.fetches()).toHaveLength(2);
    later.close();
  });

  test('that holds the lock for a moment costs nothing, not even a line', async () => {
    const { journal, lines, path } = open({ retryMs: 5 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    journal.add.fetch(fetchOf());
    expect(journal.flush()).toBe(false);
    other.close();
    expect(journal.flush()).toBe(true);
    expect(journal.fetches()).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  test('that holds the lock makes facts wait, then costs the ones beyond the bound, with one line in the log', async () => {
    const { journal, lines, path } = open({ mostWaiting: 20, gatherMs: 1, retryMs: 5 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    for (let index = 0; index < 50; index++) journal.add.fetch(fetchOf({ at: index }));
    expect(journal.flush()).toBe(false);
    expect(journal.fetches()).toEqual([]);
    expect(lines).toEqual([
      'warn the journal cannot be written; facts wait in memory, and are dropped when they are too many reason="the disk cannot follow" at_most=20',
    ]);
    other.exec('COMMIT');
    other.close();
    await vi.waitFor(() => expect(lines).toHaveLength(2));
    expect(lines[1]).toBe('info the journal is written again dropped=30');
    expect(journal.fetches({ order: 'oldest' }).map(({ at }) => at)).toEqual([...Array(20).keys()]);
  });
});

describe('pruning', () => {
  test('deletes what is too old, in small steps, of every table', () => {
    const day = 86_400_000;
    const { journal } = open({ now: () => 40 * day, keepDays: 30 });
    for (let index = 0; index < 1200; index++) journal.add.fetch(fetchOf({ at: index }));
    journal.add.fetch(fetchOf({ at: 10 * day }));
    journal.add.notify(notifyOf());
    journal.add.build(buildOf());
    journal.flush();
    expect([journal.prune(), journal.prune(), journal.prune()]).toEqual([true, true, false]);
    expect(journal.fetches().map(({ at }) => at)).toEqual([10 * day]);
    expect([journal.notifies(), journal.builds()]).toEqual([[], []]);
  });

  test('deletes the oldest when there are too many', () => {
    const { journal } = open({ keepRows: 100 });
    for (let index = 0; index < 1000; index++) journal.add.fetch(fetchOf({ at: index }));
    journal.flush();
    while (journal.prune());
    expect(journal.fetches({ limit: 1000 })).toHaveLength(100);
    expect(journal.fetches({ order: 'oldest', limit: 1 })[0]?.at).toBe(900);
  });

  test('comes by itself, and ids go on after everything was pruned', async () => {
    const { journal } = open({ now: () => 1e12, gatherMs: 1, pruneMs: 5 });
    for (let index = 0; index < 1200; index++) journal.add.fetch(fetchOf());
    await vi.waitFor(() => expect(journal.fetches()).toEqual([]));
    journal.add.fetch(fetchOf({ at: 1e12 }));
    expect(journal.fetches()[0]?.id).toBe(1201);
  });
});

describe('a file that is not as it was left', () => {
  test('is moved aside when it is no data base, with a line in the log', () => {
    const { journal, folder } = open();
    journal.close();
    writeFileSync(join(folder, 'journal.db'), 'not a data base, not even nearly '.repeat(100));
    const again = open({ folder });
    again.journal.add.fetch(fetchOf());
    expect(again.journal.fetches()).toHaveLength(1);
    const kept = readdirSync(folder).find((name) => name.startsWith('journal.db.corrupt-'));
    expect(readFileSync(join(folder, kept!), 'latin1')).toContain('not even nearly');
    expect(again.lines).toHaveLength(1);
    expect(again.lines[0]).toMatch(
      /^error a file of the state folder is broken; it is moved aside and a new one begun file=/,
    );
  });

  test('is moved aside when it breaks while it is open, and no fact that waits is lost', () => {
    const { journal, folder, path, lines } = open();
    for (let index = 0; index < 2000; index++) journal.add.fetch(fetchOf({ at: index, device: ada }));
    journal.flush();
    journal.close();
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xa5)]));
    const again = open({ folder });
    again.journal.add.fetch(fetchOf({ path: '/new' }));
    while (!again.journal.flush());
    expect(again.journal.fetches().map((fact) => fact.path)).toEqual(['/new']);
    expect(readdirSync(folder).some((name) => name.startsWith('journal.db.corrupt-'))).toBe(true);
    expect([...lines, ...again.lines].filter((line) => line.includes('is moved aside'))).toHaveLength(1);
  });

  test('is begun anew when somebody removed the folder', () => {
    const { journal, folder } = open();
    journal.add.fetch(fetchOf({ path: '/gone' }));
    journal.flush();
    rmSync(folder, { recursive: true });
    journal.add.fetch(fetchOf({ path: '/new' }));
    expect(journal.fetches().map(({ path }) => path)).toEqual(['/new']);
  });

  test('is refused with a sentence when it is of a later version', () => {
    const { journal, folder, path } = open();
    journal.close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const sentence = /journal\.db is of version 99, from a later offhook; this one knows up to \d+$/;
    expect(() => open({ folder })).toThrow(sentence);
    expect(() => readJournal({ folder })).toThrow(sentence);
  });

  test('costs facts and not the daemon where there can be no file at all', () => {
    const folder = stateFolder();
    writeFileSync(folder, 'a file where the folder should be');
    const { journal, lines } = open({ folder, mostWaiting: 2 });
    for (let index = 0; index < 5; index++) journal.add.fetch(fetchOf());
    expect(journal.flush()).toBe(false);
    expect(journal.seen()).toEqual([]);
    rmSync(folder);
    expect(journal.flush()).toBe(true);
    expect(journal.fetches()).toHaveLength(2);
    expect(lines.map((line) => line.replace(/ (path|reason)=.*/, ''))).toEqual([
      'warn the journal cannot be opened; it is tried again with the next fact',
      'warn the journal cannot be written; facts wait in memory, and are dropped when they are too many',
      'info the journal is written again dropped=3',
    ]);
  });
});
