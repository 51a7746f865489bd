import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stampOf } from '../../src/source/stamp.ts';

function newFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-stamp-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

const later = () => Date.now() + 60_000;

test('a file that was left alone has a stamp that stays', () => {
  const path = join(newFolder(), 'a');
  writeFileSync(path, 'one');
  expect(stampOf(path, later())).toBeDefined();
  expect(stampOf(path, later())).toBe(stampOf(path, later()));
});

test('a file that has changed just now has none, nor one from the future, nor one that is not there', () => {
  const path = join(newFolder(), 'a');
  writeFileSync(path, 'one');
  expect(stampOf(path)).toBeUndefined();
  expect(stampOf(path, Date.now() - 60_000)).toBeUndefined();
  expect(stampOf(join(path, 'below a file'))).toBeUndefined();
  expect(stampOf(`${path}?`)).toBeUndefined();
});

test('a file written with the same length and its old times set again has another stamp', async () => {
  const path = join(newFolder(), 'a');
  writeFileSync(path, 'one');
  const [before, { atime, mtime }] = [stampOf(path, later()), statSync(path)];
  await new Promise((passed) => setTimeout(passed, 20));
  writeFileSync(path, 'two');
  utimesSync(path, atime, mtime);
  expect(stampOf(path, later())).not.toBe(before);
});

test('another file in its place, and another target of a link, have another stamp', () => {
  const dir = newFolder();
  for (const name of ['one', 'two']) mkdirSync(join(dir, name));
  for (const name of ['one', 'two']) writeFileSync(join(dir, name, 'a'), 'same');
  symlinkSync('one', join(dir, 'data'));
  const before = stampOf(join(dir, 'data', 'a'), later());
  symlinkSync('two', join(dir, 'data.new'));
  renameSync(join(dir, 'data.new'), join(dir, 'data'));
  expect(stampOf(join(dir, 'data', 'a'), later())).not.toBe(before);
});

test('what makes a file readable gives it another stamp', async () => {
  const path = join(newFolder(), 'a');
  writeFileSync(path, 'one', { mode: 0o000 });
  const before = stampOf(path, later());
  await new Promise((passed) => setTimeout(passed, 20));
  chmodSync(path, 0o600);
  expect(stampOf(path, later())).not.toBe(before);
});
