import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Mac } from '../../../src/model/mac.ts';
import type { IndexedFile } from '../../../src/serving/file-index.ts';
import { packIndex, readIndex } from '../../../src/serving/workers/packed-index.ts';

const file = (path: string, more: Partial<IndexedFile> = {}): IndexedFile => ({
  path,
  size: 8192,
  hash: 'ab'.repeat(32),
  audience: { mac: '001565123456' as Mac },
  ...more,
});
const byName = (...files: readonly IndexedFile[]) => new Map(files.map((each) => [each.path.toLowerCase(), each]));

test('an empty index finds nothing', async () => {
  const index = readIndex(await packIndex(new Map()));
  for (const name of ['', 'a', '__proto__']) expect(index.get(name)).toBeUndefined();
});

test('what is packed is found by its name in lower case, as it was', async () => {
  const files = [
    file('SEP001565123456.cnf.xml'),
    file('y000000000066.cfg', { audience: { vendor: 'acme', model: 'T1' }, size: 0 }),
    file('élan €.cfg', { audience: { vendor: 'acme' }, size: 2 ** 40 }),
    file('0004f2abcdef.cfg', { audience: { mac: '0004f2abcdef' as Mac }, hash: `${'0'.repeat(63)}1` }),
  ];
  const index = readIndex(await packIndex(byName(...files)));
  for (const each of files) expect(index.get(each.path.toLowerCase())).toEqual(each);
  for (const name of ['SEP001565123456.cnf.xml', 'sep001565123456.cnf', 'y', ''])
    expect(index.get(name)).toBeUndefined();
});

test('whatever names there are, each is found and no other', async () => {
  const audience = fc.oneof(
    fc.stringMatching(/^[0-9a-f]{12}$/).map((mac) => ({ mac: mac as Mac })),
    fc.record({ vendor: fc.string({ unit: 'binary' }) }),
  );
  const entry = fc.record({
    path: fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map((text) => text.toWellFormed()),
    size: fc.maxSafeNat(),
    hash: fc.stringMatching(/^[0-9a-f]{64}$/),
    audience,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 30 }), fc.array(fc.string()), async (entries, strangers) => {
      const files = byName(...entries);
      const index = readIndex(await packIndex(files));
      for (const [name, each] of files) expect(index.get(name)).toEqual(each);
      for (const name of strangers) expect(index.get(name)).toEqual(files.get(name));
    }),
  );
});

test('a hundred thousand files take less than a hundred bytes each', async () => {
  const files = new Map<string, IndexedFile>();
  for (let index = 0; index < 100_000; index++) {
    const mac = index.toString(16).padStart(12, '0') as Mac;
    files.set(`${mac}.cfg`, file(`${mac}.cfg`, { audience: { mac } }));
  }
  const packed = await packIndex(files);
  expect(packed.byteLength).toBeLessThan(100 * files.size);
  expect(readIndex(packed).get('00000001869f.cfg')).toEqual(files.get('00000001869f.cfg'));
});
