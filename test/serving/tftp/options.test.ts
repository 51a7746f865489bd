import fc from 'fast-check';
import { expect, test } from 'vitest';
import { negotiate } from '../../../src/serving/tftp/options.ts';

const ceilings = { blockSize: 1468, windowSize: 64, windowBytes: 256 * 1024 };

test('without options a block has 512 bytes, the window one block, and there is no OACK', () => {
  expect(negotiate([], 1000, ceilings)).toEqual({ blockSize: 512, windowSize: 1, timeout: undefined, accepted: [] });
});

test('agrees to each option, in the order and the spelling of the client', () => {
  const requested = [
    ['WindowSize', '16'],
    ['tsize', '0'],
    ['BLKSIZE', '1428'],
    ['timeout', '3'],
  ] as const;
  expect(negotiate(requested, 8192, ceilings)).toEqual({
    blockSize: 1428,
    windowSize: 16,
    timeout: 3,
    accepted: [
      ['WindowSize', '16'],
      ['tsize', '8192'],
      ['BLKSIZE', '1428'],
      ['timeout', '3'],
    ],
  });
});

test('brings what is asked for down to the ceilings', () => {
  const agreed = negotiate([...options({ blksize: '65464', windowsize: '65535' })], 1, ceilings);
  expect(agreed).toMatchObject({ blockSize: 1468, windowSize: 64 });
  expect(agreed.accepted).toEqual([...options({ blksize: '1468', windowsize: '64' })]);
});

test('keeps the bytes of a window within bounds, but never under one block', () => {
  const large = { blockSize: 65_464, windowSize: 64, windowBytes: 200_000 };
  expect(negotiate(options({ windowsize: '64', blksize: '65464' }), 1, large).windowSize).toBe(3);
  expect(negotiate(options({ windowsize: '64', blksize: '65464' }), 1, { ...large, windowBytes: 1 }).windowSize).toBe(
    1,
  );
});

test.each([
  ['blksize', '7'],
  ['blksize', '65465'],
  ['blksize', '-512'],
  ['blksize', '0x200'],
  ['blksize', '512 '],
  ['blksize', ''],
  ['blksize', '99999999999999999999'],
  ['timeout', '0'],
  ['timeout', '256'],
  ['timeout', '1.5'],
  ['windowsize', '0'],
  ['windowsize', '65536'],
  ['tsize', 'big'],
  ['multicast', ''],
  ['__proto__', '1'],
  ['constructor', '512'],
])('ignores %s %j, as an option that it does not know', (name, value) => {
  expect(negotiate([[name, value]], 1000, ceilings)).toMatchObject({ blockSize: 512, windowSize: 1, accepted: [] });
});

test('takes the first of two options of one name', () => {
  const twice = [...options({ blksize: '1024' }), ...options({ BlkSize: '512' })];
  expect(negotiate(twice, 1, ceilings).accepted).toEqual([['blksize', '1024']]);
});

test('tells the size whatever number the client sent in its place', () => {
  expect(negotiate(options({ tsize: '4711' }), 20, ceilings).accepted).toEqual([['tsize', '20']]);
});

test('leaves the size of an empty file out, which curl takes for a fault', () => {
  expect(negotiate(options({ tsize: '0' }), 0, ceilings).accepted).toEqual([]);
});

test('agrees to nothing outside the bounds of the RFCs, whatever is asked', () => {
  const name = fc.constantFrom('blksize', 'timeout', 'tsize', 'windowsize', 'BLKSIZE', 'other');
  const value = fc.oneof(fc.nat(70_000).map(String), fc.string());
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), fc.nat(), (requested, size) => {
      const agreed = negotiate(requested, size, ceilings);
      expect(agreed.blockSize).toBeGreaterThanOrEqual(8);
      expect(agreed.blockSize).toBeLessThanOrEqual(1468);
      expect(agreed.windowSize).toBeGreaterThanOrEqual(1);
      expect(agreed.windowSize).toBeLessThanOrEqual(64);
      expect(agreed.timeout ?? 1).toBeLessThanOrEqual(255);
      expect(new Set(agreed.accepted.map(([name]) => name.toLowerCase())).size).toBe(agreed.accepted.length);
    }),
  );
});

function options(values: Record<string, string>): [string, string][] {
  return Object.entries(values);
}
