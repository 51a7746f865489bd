import { expect, test } from 'vitest';
import { createRecent } from '../../../src/serving/tftp/recent.ts';

test('remembers a key for its lifetime and forgets it after twice that', () => {
  const clock = { now: 0 };
  const recent = createRecent(1000, () => clock.now);
  recent.add('a');
  clock.now = 999;
  expect(recent.has('a')).toBe(true);
  clock.now = 1500;
  recent.add('b');
  expect(recent.has('a')).toBe(true);
  clock.now = 2600;
  expect([recent.has('a'), recent.has('b')]).toEqual([false, true]);
  clock.now = 90_000;
  expect(recent.has('b')).toBe(false);
});

test('holds no more keys than it may, however many there are', () => {
  const recent = createRecent(1000, () => 0, 10);
  for (let i = 0; i < 100; i++) recent.add(String(i));
  const kept = Array.from({ length: 100 }, (_, i) => recent.has(String(i))).filter(Boolean);
  expect(kept.length).toBeLessThanOrEqual(10);
  expect(recent.has('99')).toBe(true);
});
