import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import { openRevisions, type RevisionsOptions, readRevisions } from '../../src/state/revisions.ts';
import { ada, bob } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

const hashOf = (number: number) => number.toString(16).padStart(4, '0').padEnd(64, '0');
const cutOf = (text: string) => ({ text: Buffer.from(text), gaps: [{ at: 1, names: ['admin_password'] }] });

function open(folder: string, more: Partial<RevisionsOptions> = {}) {
  const revisions = openRevisions({ folder, log: linesLog().log, ...more });
  onTestFinished(revisions.close);
  return revisions;
}

test('what is kept is there for who only reads, by the names that the device has', () => {
  const folder = stateFolder();
  expect(readRevisions({ folder })).toBeUndefined();
  const store = open(folder, { now: () => 5000 });
  store.keepFile(ada, hashOf(1), () => cutOf('one'));
  store.keepRevision(ada, 'r1', [{ path: `${ada}.cfg`, hash: hashOf(1) }]);
  expect(store.file(ada, hashOf(1))).toEqual(cutOf('one'));
  store.flush();
  const reader = readRevisions({ folder })!;
  onTestFinished(reader.close);
  const files = [{ path: `${ada}.cfg`, hash: hashOf(1).slice(0, 32) }];
  expect(reader.of(ada)).toEqual([{ revision: 'r1', until: 5000, files }]);
  expect(reader.revision(ada, 'r1')?.files).toEqual(files);
  expect(reader.file(ada, hashOf(1))).toEqual(cutOf('one'));
  expect([reader.revision(bob, 'r1'), reader.file(bob, hashOf(1)), reader.of(bob)]).toEqual([undefined, undefined, []]);
});

test('the oldest revisions go, with their files, but not what another one has or a device is pinned to', () => {
  const folder = stateFolder();
  let now = 0;
  const store = open(folder, { most: 2, isPinned: (_, revision) => revision === 'r2', now: () => ++now });
  for (const number of [1, 2, 3, 4, 5]) {
    store.keepFile(ada, hashOf(number), () => cutOf(`text ${number}`));
    const shared = { path: 'same', hash: hashOf(9) };
    store.keepFile(ada, hashOf(9), () => cutOf('same'));
    store.keepRevision(ada, `r${number}`, [{ path: `${ada}.cfg`, hash: hashOf(number) }, shared]);
    store.flush();
  }
  expect(store.of(ada).map(({ revision }) => revision)).toEqual(['r5', 'r4', 'r2']);
  const there = [1, 2, 3, 4, 5, 9].filter((number) => store.file(ada, hashOf(number)) !== undefined);
  expect(there).toEqual([2, 4, 5, 9]);
  store.forget([ada]);
  expect([store.of(ada), store.file(ada, hashOf(9))]).toEqual([[], undefined]);
});

test('the files of a thousand devices take a small part of their size', () => {
  const folder = stateFolder();
  const store = open(folder);
  const text = Array.from({ length: 400 }, (_, line) => `setting.${line} = value-${line * 7919}`).join('\n');
  for (let number = 0; number < 1000; number++) {
    const mac = number.toString(16).padStart(12, '0') as Mac;
    store.keepFile(mac, hashOf(number), () => cutOf(`${text}\nname = Person ${number}\n`));
    store.keepRevision(mac, 'r1', [{ path: `${mac}.cfg`, hash: hashOf(number) }]);
  }
  store.flush();
  const size = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(size).toBeLessThan((1000 * text.length) / 10);
  expect(store.file('0000000003e7' as Mac, hashOf(999))?.text.toString()).toContain('name = Person 999\n');
});

test('a broken file is moved aside, and nothing earlier is known then', () => {
  const folder = stateFolder();
  openRevisions({ folder, log: linesLog().log }).close();
  for (const ending of ['-wal', '-shm']) rmSync(join(folder, `revisions.db${ending}`), { force: true });
  writeFileSync(join(folder, 'revisions.db'), 'no data base'.repeat(1000));
  expect(open(folder).of(ada)).toEqual([]);
});
