import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, cutBytes, filters, hhmm, word } from '../../src/render/filters.ts';

describe('cut', () => {
  test('leaves a text alone that is short enough', () => {
    expect(cut('Ada', 3)).toBe('Ada');
    expect(cut('👩‍🚀👩‍🚀', 6)).toBe('👩‍🚀👩‍🚀');
  });

  test('cuts by code points and drops the space that is left over', () => {
    expect(cut('Ada Lovelace', 5)).toBe('Ada L');
    expect(cut('Ada Lovelace', 4)).toBe('Ada');
    expect(cut('עדה לאבלייס', 3)).toBe('עדה');
  });

  test('never cuts through a surrogate pair, a combining mark or a joined emoji', () => {
    expect(cut('a😀b', 2)).toBe('a😀');
    expect(cut('a😀b', 1)).toBe('a');
    expect(cut('Ze\u0301', 2)).toBe('Z');
    expect(cut('a👩‍🚀', 2)).toBe('a');
  });

  test('gives the beginning of the text, no longer than wanted and well-formed, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, most) => {
        const result = cut(text, most);
        expect(text.startsWith(result)).toBe(true);
        expect([...result].length).toBeLessThanOrEqual(Math.max(most, 0));
        expect(result.isWellFormed()).toBe(text.isWellFormed());
      }),
    );
  });
});

test('cut_bytes counts bytes of UTF-8, and never cuts through a character', () => {
  expect([cutBytes('Ada', 3), cutBytes('Ada L', 4), cutBytes('Zoë', 3), cutBytes('a👩‍🚀', 11)]).toEqual([
    'Ada',
    'Ada',
    'Zo',
    'a',
  ]);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, most) => {
      const result = cutBytes(text, most);
      expect(text.startsWith(result)).toBe(true);
      expect(Buffer.byteLength(result)).toBeLessThanOrEqual(most);
      expect(result.isWellFormed()).toBe(text.isWellFormed());
    }),
  );
});

describe('word', () => {
  test('gives the vendor’s word', () => expect(word('de', { de: 'German' })).toBe('German'));

  test('names the word that the vendor lacks, and the nearest it has', () => {
    expect(() => word('optoinal', { off: 0, optional: 1 })).toThrow('"optoinal"; did you mean "optional"?');
    expect(() => word('sv', { de: 'German', fr: 'French' })).toThrow('known are de, fr');
    expect(() => word('constructor', {})).toThrow('"constructor"');
    expect(() => word('de', undefined)).toThrow('no such table');
  });
});

test('hhmm writes a time of day or an offset', () => {
  expect([7200, 0, -19800, 86400, 45900].map(hhmm)).toEqual(['02:00', '00:00', '-05:30', '24:00', '12:45']);
  expect(() => hhmm('noon')).toThrow('seconds');
});

test('within_day and on_or_after give a change of clocks as phones can be told', () => {
  const change = { month: 3, week: 4, weekday: 4, time: 26 * 3600 };
  expect(filters.within_day?.(change)).toEqual({ month: 3, week: 4, weekday: 5, time: 7200 });
  expect(filters.on_or_after?.(change)).toEqual({ month: 3, day: 23, weekday: 5, time: 7200 });
  expect(() => filters.within_day?.('03:00')).toThrow('time.dst');
});
