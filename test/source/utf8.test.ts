import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foreignByte } from '../../src/source/utf8.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('bytes that are no UTF-8', () => {
  test('are named, with the letter that somebody meant by them', () => {
    expect(foreignByte(latin1('a\nJörg'))).toEqual({
      reason: 'the byte 0xF6 is no UTF-8 (“ö” in Latin-1)',
      line: 2,
      column: 2,
    });
    expect(foreignByte(Buffer.concat([Buffer.from('ä😀'), latin1('\xa9')]))).toEqual({
      reason: 'the byte 0xA9 is no UTF-8',
      line: 1,
      column: 4,
    });
    expect(foreignByte(Buffer.from('😀').subarray(0, 3))).toMatchObject({ line: 1 });
  });

  test('are called UTF-16 where they begin like it', () => {
    expect(foreignByte(Buffer.from('\ufeffa', 'utf16le'))).toEqual({ reason: 'it is UTF-16' });
  });

  test('have a place, whatever they are, and UTF-8 has none', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const found = foreignByte(bytes);
        expect(found === undefined).toBe(isUtf8(bytes));
        if (found?.line !== undefined) expect(found.column).toBeGreaterThan(0);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(foreignByte(Buffer.from(text))).toBeUndefined();
      }),
    );
  });
});
