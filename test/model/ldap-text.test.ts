import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparableAccount, isLdapFilter } from '../../src/model/ldap-text.ts';

describe('a filter', () => {
  test.each([
    '(cn=%)',
    '(cn=*%*)',
    '(|(cn=%)(sn=%))',
    '(&(objectClass=person)(|(cn=%)(sn=%))(!(employeeType=secret)))',
    '(cn=\\28%\\29)',
    '(uSNChanged>=10)',
    '(1.2.840.113556.1.4.1=x)',
    '(cn=Зоя %)',
  ])('is %s', (text) => expect(isLdapFilter(text)).toBe(true));

  test.each([
    '',
    'cn=%',
    '(cn=%',
    '(cn=%))',
    '(cn=%)(objectClass=*)',
    '(cn=%))(|(objectClass=*)',
    '()',
    '(&)',
    '(!(a=b)(c=d))',
    '(=%)',
    '(cn)',
    '(cn=a\\2)',
    '(cn=a(b)',
    ' (cn=%)',
    '(cn=%)\n',
    `${'(!'.repeat(100)}(a=b)${')'.repeat(100)}`,
  ])('is not %s', (text) => expect(isLdapFilter(text)).toBe(false));

  test('ends where its first parenthesis does, whatever it is', () => {
    const piece = fc.constantFrom('(', ')', '|', '&', '!', 'cn', '=', '%', '*', '\\', '28', ' ', 'ä');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        if (!isLdapFilter(text)) return;
        let depth = 0;
        for (const [at, character] of [...text].entries()) {
          depth += character === '(' ? 1 : character === ')' ? -1 : 0;
          expect(depth > 0 || at === [...text].length - 1).toBe(true);
        }
        expect(depth).toBe(0);
      }),
    );
  });
});

describe('an account', () => {
  test.each([
    ['cn=a,dc=example,dc=com', 'CN=A , DC=Example,dc = com'],
    ['cn=a b,dc=x', 'cn=a  b,dc=x'],
    ['cn=a\\,b,dc=x', 'cn=a\\2Cb,dc=x'],
    ['cn="a,b",dc=x', 'cn=a\\,b,dc=x'],
    ['cn=z\\C3\\B6e,dc=x', 'cn=zöe,dc=x'],
    ['cn=a+uid=b,dc=x', 'UID=b+CN=a,dc=x'],
    ['cn=a;dc=x', 'cn=a,dc=x'],
    ['sync@Example.com', 'SYNC@example.com'],
    ['EXAMPLE\\sync', 'example\\Sync'],
  ])('%s is %s', (one, other) => expect(comparableAccount(one)).toBe(comparableAccount(other)));

  test.each([
    ['cn=a,dc=x', 'cn=b,dc=x'],
    ['cn=a,dc=x', 'cn=a'],
    ['cn=a\\,dc=x', 'cn=a,dc=x'],
    ['cn=a\\+uid\\=b,dc=x', 'cn=a+uid=b,dc=x'],
    ['sync@example.com', 'sync@example.org'],
  ])('%s is not %s', (one, other) => expect(comparableAccount(one)).not.toBe(comparableAccount(other)));

  test('is itself, whatever it is, and never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(comparableAccount(text)).toBe(comparableAccount(` ${text}`));
      }),
    );
  });
});
