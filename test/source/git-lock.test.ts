import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { withGitLock } from '../../src/source/git-lock.ts';

const lockIn = (name = 'index.lock') => {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-lock-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, name);
};

test('a work is done while no git can take its lock, and gives it back also when it fails', async () => {
  const lock = lockIn();
  expect(await withGitLock(lock, () => existsSync(lock))).toBe(true);
  await expect(
    withGitLock(lock, () => {
      throw new Error('x');
    }),
  ).rejects.toThrow('x');
  expect(existsSync(lock)).toBe(false);
});

test('a work waits for a git that is under way', async () => {
  const lock = lockIn();
  writeFileSync(lock, '');
  const order: string[] = [];
  const work = withGitLock(lock, () => order.push('work'), { every: 1 });
  order.push('git');
  rmSync(lock);
  await work;
  expect(order).toEqual(['git', 'work']);
});

test('a git that never ends is named, with its lock', async () => {
  const lock = lockIn();
  writeFileSync(lock, '');
  await expect(withGitLock(lock, () => 'done', { every: 1, most: 20 })).rejects.toThrow(
    `another git is at work here: ${lock} is there; if none is, remove it`,
  );
});

test('a work is done all the same where no lock can be made', async () => {
  expect(await withGitLock(lockIn('not/there/index.lock'), () => 'done')).toBe('done');
  expect(await withGitLock(undefined, () => 'done')).toBe('done');
});
