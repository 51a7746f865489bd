import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest, nearestNumber } from '../../src/model/nearest.ts';

describe('the nearest word', () => {
  test.each<[word: string, known: string[], expected: string | undefined]>([
    ['yealnik', ['polycom', 'yealink'], 'yealink'],
    ['T46S', ['t46s', 't48s'], 't46s'],
    ['europe/berln', ['Europe/Paris', 'Europe/Berlin'], 'Europe/Berlin'],
    ['1022', ['1001', '1002', '1020'], '1002'],
    ['blf', ['line', 'blf'], 'blf'],
    ['dtmf', ['dnd', 'none'], undefined],
    ['colour', ['language', 'codecs'], undefined],
    ['x', [], undefined],
    ['', ['a'], undefined],
    ['ab', ['xyz'], undefined],
  ])('to %j of %j is %j', (word, known, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  test('is a known one or none, and a known one is nearest to itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string()), (word, known) => {
        expect([undefined, ...known]).toContain(nearest(word, known));
        if (word !== '') expect(nearest(word, [...known, word])?.toLowerCase()).toBe(word.toLowerCase());
      }),
    );
  });

  test('to a text far longer than any word is none, at once', () => {
    expect(
      nearest(
        'x'.repeat(1_000_000),
        Array.from({ length: 600 }, (_, index) => `Zone/${index}`),
      ),
    ).toBeUndefined();
  });
});

describe('the nearest number', () => {
  const numbers = (count: number) =>
    new Map(Array.from({ length: count }, (_, index) => [String(10_000 + index), index]));

  test.each([10, 5000])('is one that differs in a digit or a length, among %s', (count) => {
    const known = numbers(count).set('9234567', 0);
    expect(['8234567', '923456', '92345678'].map((number) => nearestNumber(number, known))).toEqual(
      Array.from({ length: 3 }, () => '9234567'),
    );
    expect(nearestNumber('999888777', known)).toBeUndefined();
    expect(nearestNumber('9'.repeat(300), known)).toBeUndefined();
  });
});
