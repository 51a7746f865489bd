import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMac, parseMac } from '../../src/model/mac.ts';

const bytes = fc.uint8Array({ minLength: 6, maxLength: 6 }).filter((six) => six.some((byte) => byte !== 0));
const hex = (six: Uint8Array) => Buffer.from(six).toString('hex');
const pairs = (text: string) => text.match(/../g) ?? [];

/** Every usual way to write a MAC. */
const spellings: readonly ((digits: string) => string)[] = [
  (digits) => digits,
  (digits) => pairs(digits).join(':'),
  (digits) => pairs(digits).join('-'),
  (digits) => (digits.match(/..../g) ?? []).join('.'),
];

describe('a MAC', () => {
  test('is the same in every spelling', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(...spellings), fc.func(fc.boolean()), (six, spell, isUpper) => {
        const digits = hex(six);
        const mixed = [...spell(digits)]
          .map((letter, index) => (isUpper(index) ? letter.toUpperCase() : letter))
          .join('');
        expect(parseMac(mixed)).toBe(digits);
      }),
    );
  });

  test('is written as on the phone’s label, and read back', () => {
    fc.assert(
      fc.property(bytes, (six) => {
        const mac = parseMac(hex(six));
        const label = mac && formatMac(mac);
        expect(label).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){5}$/);
        expect(parseMac(label ?? '')).toBe(mac);
      }),
    );
  });

  test.each([
    ['', 'nothing'],
    ['00156512345', 'eleven digits'],
    ['0015651234567', 'thirteen digits'],
    ['00:15:65:12:34', 'five pairs'],
    ['00:15:65:12:34:56:78', 'seven pairs'],
    ['00:15-65:12:34:56', 'two separators'],
    ['0015:65:12:34:56', 'a pair without a separator'],
    ['0015.65:12:34:56', 'two forms'],
    ['001565.123456', 'two halves'],
    ['00:15:65:12:34:5g', 'a letter that is no digit'],
    [' 001565123456', 'a blank'],
    ['001565123456\n', 'a line break'],
    ['００1565123456', 'digits of another script'],
    ['000000000000', 'what phones use as the name of a common file'],
    ['00:00:00:00:00:00', 'the same with colons'],
  ])('is not %j: %s', (text) => {
    expect(parseMac(text)).toBeUndefined();
  });

  test('is never an exception', () => {
    const likely = fc.array(fc.constantFrom(...'0123456789abcdefABCDEF:-. \ng'.split('')), { maxLength: 20 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          likely.map((letters) => letters.join('')),
        ),
        (text) => {
          expect(parseMac(text) ?? '001565123456').toMatch(/^[0-9a-f]{12}$/);
        },
      ),
    );
  });
});
