import { expect, it } from 'vitest';
import type { AccessRequest } from '../../../src/serving/access/admission.ts';
import { createGate } from '../../../src/serving/access/gate.ts';
import { packRules } from '../../../src/serving/access/packed-rules.ts';
import { ada, basic, bob, bootstrapFile, nobody, rulesOf, type SiteOptions, seen, wordOf } from './site.ts';

const credentials = { user: 'phones', password: 'geheim', scheme: 'both' } as const;
const token = { token: 'ada-token-1', bootstrapToken: 'first-token-1' };
const bootstrap = new Map([[ada, [bootstrapFile(`${ada}.cfg`, 'url = http://example.com/')]]]);

const sites: Readonly<Record<string, SiteOptions>> = {
  'nothing is asked': {},
  networks: { site: { networks: ['192.168.1.0/24'] }, devices: { [bob]: { networks: ['10.0.0.0/8'] } } },
  addresses: { site: { ownAddress: true }, ips: { [ada]: '192.168.1.50' } },
  'user agents': { site: { ownUserAgent: true } },
  credentials: { site: { credentials }, devices: { [bob]: { credentials: { ...credentials, password: 'other' } } } },
  tokens: { devices: { [ada]: token, [bob]: { token: 'bob-token-1' } }, bootstrap },
  certificates: { site: { certificate: 'required' } },
  guessing: { guessing: { perMinute: 2, slowMs: 100, refuseMinutes: 5 } },
};

const paths = [ada, bob, nobody].flatMap((mac) =>
  ['', '/t/ada-token-1', '/t/first-token-1', '/t/bob-token-1', '/t/none'].map((prefix) => `${prefix}/${mac}.cfg`),
);
const requests: Partial<AccessRequest>[] = [...paths, '/firmware.rom'].flatMap((path) => [
  { path },
  { path, protocol: 'tftp' as const },
  { path, address: '10.0.0.1' },
  { path, authorization: basic('phones', 'geheim') },
  { path, authorization: basic('phones', 'other') },
  { path, userAgent: 'Acme X9 1.2' },
  { path, certificate: { trusted: true, names: ['CN=001565000001'] } },
]);

it.each(Object.entries(sites))('packed rules answer as the rules that they were made of: %s', async (_, site) => {
  const rules = rulesOf(site);
  const options = { ownerOf: () => undefined, now: () => Date.UTC(2026, 10, 1) };
  const [plain, packed] = [createGate(rules, options), createGate(await packRules(rules), options)];
  for (const request of requests) {
    const whole = { protocol: 'http', address: '192.168.1.50', path: '', method: 'GET', ...request } as const;
    const [wanted, got] = [plain.admit(whole), packed.admit(whole)];
    expect(wordOf(got)).toBe(wordOf(wanted));
    expect(seen(got)).toEqual(seen(wanted));
  }
});
