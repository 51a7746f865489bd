import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPool } from '../../src/source/pool.ts';

test('gives every text as it is', () => {
  const pool = createPool();
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => pool(text) === text && pool(text) === text));
});

test('does not hang on to the text that a part was cut out of', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  const parts = Array.from({ length: 20 }, (_, index) => {
    const long = `${index} `.repeat(2 ** 20);
    return createPool()(long.slice(100, 120));
  });
  expect(heap() - before).toBeLessThan(10 * 2 ** 20);
  expect(parts.every((part) => part.length === 20)).toBe(true);
});
