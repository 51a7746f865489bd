import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { LdapSource } from '../../../../src/model/people-source.ts';
import { Secret } from '../../../../src/model/secret.ts';
import { directoryOf } from '../../../../src/source/people/ldap/settings.ts';

const settingsOf = (more: Partial<LdapSource>) =>
  directoryOf(
    { url: 'ldaps://dc1', base: 'dc=test', ...more },
    { dir: '/nowhere', secret: (text) => (text === 'lost' ? { unreadable: 'it is lost' } : new Secret(String(text))) },
  );

test('a name without a password is nobody, and no bind is tried with one alone', () => {
  expect(settingsOf({}).login).toEqual({ how: 'anonymous' });
  expect(settingsOf({ sasl: 'EXTERNAL' }).login).toEqual({ how: 'EXTERNAL' });
  expect(settingsOf({ sasl: 'PLAIN', bind_dn: 'a', password: 'b' }).login).toMatchObject({ how: 'PLAIN', dn: 'a' });
  for (const more of [{ bind_dn: 'cn=a' }, { password: 'b' }])
    expect(() => settingsOf(more)).toThrow('bind_dn and password go together');
});

test('what cannot be read is said, and no password', () => {
  expect(() => settingsOf({ bind_dn: 'cn=a', password: 'lost' })).toThrow(
    'the password of the directory cannot be read: it is lost',
  );
  expect(() => settingsOf({ tls: { ca: 'ca.pem' } })).toThrow('tls.ca: ca.pem cannot be read (ENOENT)');
  const settings = settingsOf({ bind_dn: 'cn=a', password: 'sehr-geheim' });
  expect(inspect(settings, { depth: 9 }) + JSON.stringify(settings)).not.toContain('geheim');
});
