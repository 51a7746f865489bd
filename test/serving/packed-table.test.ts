import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTable, readTable } from '../../src/serving/packed-table.ts';

test('whatever keys and values there are, each key has its value and no other has any', async () => {
  const entries = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 200 });
  await fc.assert(
    fc.asyncProperty(entries, fc.string(), async (given, other) => {
      const map = new Map(Object.entries(given).map(([key, value]) => [key, JSON.parse(JSON.stringify(value))]));
      const table = readTable(await packTable(map));
      expect(table.size).toBe(map.size);
      for (const [key, value] of map) expect(table.get(key)).toEqual(value);
      expect(table.has(other)).toBe(map.has(other));
      expect(table.get(other)).toEqual(map.get(other));
    }),
    { numRuns: 100 },
  );
});

test('a value that many keys have stands there once, and is one object for whoever reads it', async () => {
  const value = { text: 'x'.repeat(1000) };
  const packed = await packTable(new Map(Array.from({ length: 1000 }, (_, index) => [`key ${index}`, value])));
  expect(packed.memory.byteLength).toBeLessThan(40_000);
  const table = readTable<{ text: string }>(packed);
  expect(table.get('key 1')).toBe(table.get('key 999'));
});

test('an empty one has nothing', async () => {
  const table = readTable(await packTable(new Map()));
  expect(table.size).toBe(0);
  expect(table.get('')).toBeUndefined();
});
