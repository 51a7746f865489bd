import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createByteCache, onceAtATime } from '../../src/serving/byte-cache.ts';

const value = (size: number) => ({ bytes: Buffer.alloc(size) });

test('drops what was not asked for the longest', () => {
  const cache = createByteCache(10 * 1512);
  for (let i = 0; i < 10; i++) cache.set(`${i}`, 'v', value(1000));
  cache.get('0', 'v');
  cache.set('new', 'v', value(1000));
  expect(cache.get('0', 'v')).toBeDefined();
  expect(cache.get('1', 'v')).toBeUndefined();
});

test('gives nothing of another version, and replaces it', () => {
  const cache = createByteCache(100_000);
  const second = value(2);
  cache.set('a', 'one', value(1));
  cache.set('a', 'two', second);
  expect(cache.get('a', 'one')).toBeUndefined();
  expect(cache.get('a', 'two')).toBe(second);
});

test('never holds more than its bound, and always what was put in last unless that is large', () => {
  const puts = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.nat(6000)), { maxLength: 60 });
  fc.assert(
    fc.property(puts, (all) => {
      const limit = 20_000;
      const cache = createByteCache(limit);
      for (const [key, size] of all) {
        cache.set(key, 'v', value(size));
        expect(cache.get(key, 'v') !== undefined).toBe(size + 512 <= limit / 8);
      }
      const held = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => cache.get(key, 'v')?.bytes.length ?? 0);
      expect(held.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(limit);
    }),
  );
});

test('work under way is shared, a failure as well, and begins anew afterwards', async () => {
  const once = onceAtATime<number>();
  const begun: number[] = [];
  const work = async () => begun.push(1);
  expect(await Promise.all([once('a', work), once('a', work), once('b', work)])).toEqual([1, 1, 2]);
  expect(await once('a', work)).toBe(3);
  const fail = async () => {
    throw new Error('no');
  };
  const outcomes = await Promise.allSettled([once('c', fail), once('c', fail)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await once('c', work)).toBe(4);
});
