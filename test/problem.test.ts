import { describe, expect, test } from 'vitest';
import { formatPlace, inReadingOrder, otherPlace, type Problem, quoted, visible } from '../src/problem.ts';

describe('what was seen is said', () => {
  test.each([
    ['a plain text', 'Ada', '"Ada"'],
    ['a text with quotes', 'a "b"', '"a \\"b\\""'],
    ['a line break', 'a\nb', '"a\\nb"'],
    ['separators and control characters', '\u2028\u0085\u001b[31m', '"\\u2028\\u0085\\u001b[31m"'],
    ['half a character', '\ud83d', '"\ufffd"'],
    ['a long text', 'x'.repeat(100), `"${'x'.repeat(57)}…"`],
    ['a text that swallowed a password', 'Ada, password: geheim }', '"Ada, …"'],
    ['a text that swallowed a token', '", bootstrap_token: geheim', '"\\", bootstrap_…"'],
  ])('of %s', (_, text, expected) => {
    expect(quoted(text)).toBe(expected);
  });

  test('on one line', () => {
    expect(visible('a\r\nb\tc')).toBe('a\\u000d\\u000ab\\u0009c');
    expect(visible('ä 🐙 “x”')).toBe('ä 🐙 “x”');
  });
});

describe('a place', () => {
  test('is said as far as it is known, and the other one as its reader needs it', () => {
    const place = { file: 'a.yml', line: 3, column: 4 };
    expect([place, { file: 'a.yml', line: 3 }, { file: 'a.yml' }].map(formatPlace)).toEqual([
      'a.yml:3:4',
      'a.yml:3',
      'a.yml',
    ]);
    expect(otherPlace(place, { file: 'a.yml', line: 9 })).toBe('line 3');
    expect(otherPlace(place, { file: 'b.yml', line: 9 })).toBe('a.yml:3:4');
    expect(otherPlace({ file: 'a.yml' }, { file: 'a.yml' })).toBe('a.yml');
  });

  test('puts problems in the order in which people read', () => {
    const at = (file: string, line?: number, column?: number, message = 'x'): Problem => ({
      ...{ file, line, column, message },
      code: 'schema',
      severity: 'error',
    });
    const order = [
      at('a', undefined),
      at('a', 2, 9),
      at('a', 10, 1),
      at('a', 10, 2, 'p'),
      at('a', 10, 2, 'q'),
      at('b', 1, 1),
    ];
    expect(inReadingOrder(order.toReversed())).toEqual(order);
  });
});
