import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/model/nearest.ts';

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
