import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import type { Answers } from '../../src/setup/answers.ts';
import { siteText } from '../../src/setup/site-text.ts';
import { parseYaml } from '../../src/source/yaml.ts';

const text = fc.string({ unit: 'binary', minLength: 1 }).filter((one) => one.isWellFormed());

test('whatever is answered is read back from devices.yml as it was said', () => {
  const answers = fc.record({
    ...{ address: text, sip: text, host: text, user: text, url: text, base: text, filter: text, dn: text, name: text },
    password: text,
  });
  fc.assert(
    fc.property(answers, (one) => {
      const passwords = new Map<string, string>();
      const written = siteText(siteOf(one), (name, password) => {
        passwords.set(name, password);
        return `{ file: ${JSON.stringify(name)} }`;
      });
      const { value, problem } = parseYaml('devices.yml', written) as { value: unknown; problem?: unknown };
      expect(problem).toBeUndefined();
      expect(value).toMatchObject({
        server: { address: one.address },
        sip: { server: one.sip },
        registry: [{ asterisk: { host: one.host, user: one.user, password: { file: 'pbx' } } }],
        people: [{ ldap: { url: one.url, base: one.base, filter: one.filter, bind_dn: one.dn } }],
        extensions: { '1001': { name: one.name, password: { file: 'sip-1001' } } },
        devices: [{ mac: '00:15:65:12:34:56', extension: '1001' }],
      });
      expect([...passwords.keys()].toSorted()).toEqual(['ldap', 'pbx', 'sip-1001']);
      expect(new Set(passwords.values())).toEqual(new Set([one.password]));
    }),
  );
});

function siteOf(
  one: Record<'address' | 'sip' | 'host' | 'user' | 'url' | 'base' | 'filter' | 'dn' | 'name' | 'password', string>,
): Answers {
  return {
    server: { address: one.address, port: 8080 },
    sip: { server: one.sip, transport: 'tls' },
    pbx: { kind: 'asterisk', host: one.host, user: one.user, password: one.password },
    directory: { url: one.url, base: one.base, filter: one.filter, bind_dn: one.dn, password: one.password },
    ...{ timezone: 'Europe/Berlin', language: 'de', secrets: 'files', ci: 'none' },
    phones: [{ mac: '001565123456' as Mac, vendor: 'acme', model: 'a1', extension: '1001' }],
    people: new Map([['1001', { name: one.name, password: one.password }]]),
  };
}
