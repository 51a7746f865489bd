import { expect, test } from 'vitest';
import {
  escapeUser,
  hostOf,
  parseParameters,
  quote,
  splitOutsideQuotes,
  trimBlanks,
  unquote,
} from '../../src/sip/syntax.ts';

test('splits a list where the comma is no part of a quote or an address', () => {
  expect(splitOutsideQuotes('"a, \\", b" <sip:x,y@z> , c', ',')).toEqual(['"a, \\", b" <sip:x,y@z>', 'c']);
});

test('reads parameters with and without values, the first of a name', () => {
  const parameters = parseParameters('Rport ; branch = "z\\"9" ;; received=192.0.2.1; branch=other');
  expect([...parameters]).toEqual([
    ['rport', ''],
    ['branch', 'z"9'],
    ['received', '192.0.2.1'],
  ]);
});

test('undoes in unquote what quote does', () => {
  for (const text of ['', 'plain', 'a "b" \\c\\', '\\"']) expect(unquote(quote(text))).toBe(text);
  expect(unquote('bare')).toBe('bare');
});

test('takes blanks and tabs off both ends, and nothing else', () => {
  expect(trimBlanks(' \t\u00a0a b\u00a0\t ')).toBe('\u00a0a b\u00a0');
  expect(trimBlanks('  ')).toBe('');
});

test.each([
  ['1001', '1001'],
  ['+49301234', '+49301234'],
  ['a b@c', 'a%20b%40c'],
  ['x\r\ny', 'x%0D%0Ay'],
  ['ä:<>"%', '%C3%A4%3A%3C%3E%22%25'],
  ['\ud800', '%EF%BF%BD'],
])('escapes the user %j for a URI', (user, escaped) => expect(escapeUser(user)).toBe(escaped));

test('puts IPv6 addresses in brackets, without their zone', () => {
  expect(['192.0.2.1', '2001:db8::1', 'fe80::1%eth0'].map(hostOf)).toEqual(['192.0.2.1', '[2001:db8::1]', '[fe80::1]']);
});
