import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openSpool, readSpools, spoolFolder, spoolLine } from '../../src/spool.ts';
import { openJournal } from '../../src/state/journal.ts';
import { recoverFacts } from '../../src/state/recover.ts';
import { ada, bob, fetchOf } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

const script = fileURLToPath(new URL('./spool-child.ts', import.meta.url));

/** Serves bytes since that moment, takes ten fetches and a NOTIFY, and is killed. */
function die(folder: string, since: number): void {
  const { signal } = spawnSync(process.execPath, [script, folder, String(since)], { stdio: 'inherit' });
  expect(signal).toBe('SIGKILL');
}

function open(folder: string) {
  const journal = openJournal({ folder, log: linesLog().log, gatherMs: 1 });
  onTestFinished(() => journal.close());
  return journal;
}

const all = { afterId: 0, limit: 100 };

test('what a daemon that was killed had not written down is in the journal, once', () => {
  const folder = stateFolder();
  const journal = open(folder);
  journal.add.revision({ at: 1000, device: ada, revision: 'abc', files: '[["{mac}.cfg"]]' });
  journal.add.fetch(fetchOf({ at: 2003, file: '001565123456.cfg', device: ada, revision: 'abc' }));
  journal.close();
  const { log, lines } = linesLog();
  for (let times = 0; times < 2; times++) {
    die(folder, 1500);
    recoverFacts({ folder, log });
  }
  const again = open(folder);
  const fetches = again.fetches(all);
  expect(fetches.map(({ at }) => at).toSorted()).toEqual([...Array(10).keys()].map((index) => 2000 + index));
  expect(new Set(fetches.map(({ revision }) => revision))).toEqual(new Set(['abc']));
  expect(again.notifies(all).map(({ device }) => device)).toEqual([bob]);
  expect(lines).toEqual(['info facts that a daemon before this one had not written down are in the journal facts=10']);
  expect(readdirSync(spoolFolder(folder))).toEqual([]);
});

test('of bytes that were served before the device was meant to have others it is not said of which revision they are', () => {
  const folder = stateFolder();
  const journal = open(folder);
  journal.add.revision({ at: 1600, device: ada, revision: 'abc', files: '[["{mac}.cfg"]]' });
  journal.close();
  die(folder, 1500);
  recoverFacts({ folder, log: linesLog().log });
  const revisions = open(folder)
    .fetches(all)
    .map(({ revision }) => revision);
  expect(revisions).toEqual(Array(10).fill(undefined));
});

test('the spool of a daemon that lives is left alone', () => {
  const folder = stateFolder();
  mkdirSync(spoolFolder(folder), { recursive: true });
  const other = join(spoolFolder(folder), `${process.ppid}-main.0`);
  writeFileSync(other, `${spoolLine('fetches', fetchOf())}\n`);
  recoverFacts({ folder, log: linesLog().log });
  expect(existsSync(other)).toBe(true);
  expect(existsSync(join(folder, 'journal.db'))).toBe(false);
});

test('a line that was cut off, or is anything else, is passed over', () => {
  const folder = stateFolder();
  mkdirSync(spoolFolder(folder), { recursive: true });
  const sound = spoolLine('fetches', fetchOf({ at: 5 }));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.nat(sound.length - 1).map((end) => sound.slice(0, end)),
      ),
      (text) => {
        writeFileSync(join(spoolFolder(folder), `${process.pid}-main.0`), `${sound}\n${text}`);
        const { log, lines } = linesLog();
        recoverFacts({ folder, log });
        expect(lines.filter((line) => !line.startsWith('info'))).toEqual([]);
      },
    ),
    { numRuns: 30 },
  );
  expect(open(folder).fetches(all)).toHaveLength(1);
});

test('lines are thrown away when they are old, and when all is kept elsewhere', () => {
  const folder = spoolFolder(stateFolder());
  let now = 1_000_000;
  const spool = openSpool({ folder, name: 'main', keepMs: 1000, now: () => now });
  for (const line of ['one', 'two', 'three', 'four']) {
    spool.append(line);
    expect(readSpools(folder)).toContain(line);
    now += 1000;
  }
  expect(readSpools(folder).toSorted()).toEqual(['four', 'three']);
  spool.close();
  expect(readSpools(folder)).toEqual([]);
});
