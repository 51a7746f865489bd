import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReplays } from '../../../src/serving/access/replays.ts';

const nonce = (text: string, issuedAt = 0) => ({ text, issuedAt });

test('a count is taken once, and may come a little late', () => {
  const { isFirst } = createReplays();
  expect([1, 1, 3, 2, 2, 3, 4].map((count) => isFirst(nonce('a'), count))).toEqual([
    true,
    false,
    true,
    true,
    false,
    false,
    true,
  ]);
  expect(isFirst(nonce('b'), 1)).toBe(true);
});

test('a count that comes far too late is not taken', () => {
  const { isFirst } = createReplays();
  expect([100, 69, 68, 132, 101, 100].map((count) => isFirst(nonce('a'), count))).toEqual([
    true,
    true,
    false,
    true,
    true,
    false,
  ]);
});

test('no count is ever taken twice, in whatever order they come', () => {
  const count = fc.oneof(fc.nat(200), fc.nat(0xffff_ffff));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), count)), (requests) => {
      const { isFirst } = createReplays(2);
      const taken = requests.filter(([text, number]) => isFirst(nonce(text), number));
      return new Set(taken.map(String)).size === taken.length;
    }),
  );
});

test('of a nonce that had to be forgotten nothing is taken any more, nor of older ones', () => {
  const { isFirst } = createReplays(2);
  for (const [text, at] of [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ] as const)
    expect(isFirst(nonce(text, at), 1)).toBe(true);
  expect(isFirst(nonce('a', 1), 2)).toBe(false);
  expect(isFirst(nonce('z', 0), 1)).toBe(false);
  expect(isFirst(nonce('b', 2), 2)).toBe(true);
  expect(isFirst(nonce('d', 4), 1)).toBe(true);
});
