import { describe, expect, it } from 'vitest';
import type { Access, Device } from '../../../src/model/device.ts';
import type { File } from '../../../src/model/file.ts';
import { Secret } from '../../../src/model/secret.ts';
import { keysOf } from '../../../src/serving/access/account.ts';
import { createGate } from '../../../src/serving/access/gate.ts';
import { openRules } from '../../../src/serving/access/rules.ts';
import { createAccessRules, type RulesInput } from '../../../src/serving/access/to-rules.ts';
import { tokenHash } from '../../../src/serving/access/token.ts';
import { bareDevice, shipped } from '../../support/example-site.ts';

const [vendor] = shipped.vendors.values();
const [model] = vendor?.models.values() ?? [];
if (!vendor || !model) throw new Error('no vendor is shipped');

const deviceOf = (last: number, access?: Access, rest: Partial<Device> = {}): Device => {
  const device = bareDevice({ vendor, model });
  const mac = `${device.mac.slice(0, 11)}${last}` as Device['mac'];
  return { ...device, mac, settings: { ...device.settings, access }, ...rest };
};
const siteOf = (devices: readonly Device[], rest: Partial<RulesInput['site']> = {}): RulesInput['site'] => ({
  ...{ devices, vendors: shipped.vendors, prefixes: [] },
  ...rest,
});
const file: File = {
  ...{ path: 'x.cfg', bytes: Buffer.from('x'), size: 1, hash: 'h', secrets: [] },
  audience: { vendor: vendor.id },
};
const bootstrapOf = () => [file];
const guessing = { per_minute: 5, slow_ms: 1, refuse_minutes: 2 };

describe('the rules of a site', () => {
  it('are open when it says nothing', () => {
    expect(createAccessRules()({ site: siteOf([deviceOf(1)]), bootstrapOf })).toBe(openRules);
  });

  it('hold what it says, in the words of the gates, ready for a message', () => {
    const access: Access = {
      networks: ['10.0.0.0/8'],
      credentials: { user: 'phones', password: new Secret('geheim'), scheme: 'digest' },
      token: new Secret('the-token-0000001'),
      bootstrap_token: new Secret('the-token-0000002'),
      certificate: 'optional',
      address: 'device',
      user_agent: 'vendor',
      former: {
        token: new Secret('the-token-0000003'),
        credentials: { user: 'phones', password: new Secret('geheim-before') },
      },
      enforce: 'off',
    };
    const devices = [
      deviceOf(1, access, { ip: '10.0.0.1' }),
      deviceOf(2, { unauthenticated: 'bootstrap' }),
      deviceOf(3),
    ];
    const site = siteOf(devices, { access: { networks: ['10.0.0.0/8'] }, guessing, prefixes: ['phones'] });
    const rules = structuredClone(createAccessRules()({ site, bootstrapOf }));
    expect(rules.site).toEqual({ networks: ['10.0.0.0/8'] });
    expect([...rules.devices.values()]).toEqual([
      {
        policy: {
          networks: ['10.0.0.0/8'],
          credentials: { user: 'phones', keys: keysOf('phones', 'geheim'), scheme: 'digest' },
          token: tokenHash('the-token-0000001'),
          bootstrapToken: tokenHash('the-token-0000002'),
          certificate: 'optional',
          ownAddress: true,
          ownUserAgent: true,
          formerToken: tokenHash('the-token-0000003'),
          formerCredentials: { user: 'phones', keys: keysOf('phones', 'geheim-before'), scheme: 'digest' },
          isLenient: true,
        },
        ...{ vendor: vendor.id, ip: '10.0.0.1', protocol: 'http' },
      },
      { policy: { bootstrapWithoutProof: true }, vendor: vendor.id, protocol: 'http' },
      { policy: {}, vendor: vendor.id, protocol: 'http' },
    ]);
    expect([...rules.bootstrap.keys()]).toEqual(devices.slice(0, 2).map(({ mac }) => mac));
    expect([...rules.bootstrap.values()][0]).toEqual([{ name: 'x.cfg', bytes: new Uint8Array(file.bytes), hash: 'h' }]);
    expect(rules.guessing).toEqual({ perMinute: 5, slowMs: 1, refuseMinutes: 2 });
    expect(rules.prefixes).toEqual(['phones']);
    expect(JSON.stringify([...rules.devices])).not.toMatch(/geheim|the-token/);
    expect(rules.vendors.get(vendor.id)?.ouis).toEqual(vendor.ouis);
    const gate = createGate(rules, { ownerOf: () => undefined });
    expect(gate.admit({ protocol: 'http', address: '8.8.8.8', path: '/x', method: 'GET' }).allow).toBe(false);
  });

  it('are the same object until something changes, and devices alike share one rule', () => {
    const toRules = createAccessRules();
    const access = (password: string): Access => ({
      credentials: { user: 'phones', password: new Secret(password), scheme: 'both' },
    });
    const devices = [deviceOf(1, access('a')), deviceOf(2, access('a')), deviceOf(3, access('b'))];
    const rules = toRules({ site: siteOf(devices), bootstrapOf });
    const [one, two, three] = rules.devices.values();
    expect(one).toBe(two);
    expect(one).not.toBe(three);
    expect(toRules({ site: siteOf([...devices]), bootstrapOf })).toBe(rules);
    expect(toRules({ site: siteOf([deviceOf(1, access('a')), ...devices.slice(1)]), bootstrapOf })).toBe(rules);
    expect(toRules({ site: siteOf(devices.slice(1)), bootstrapOf })).not.toBe(rules);
    const changed = toRules({ site: siteOf([deviceOf(1, access('c')), ...devices.slice(1)]), bootstrapOf });
    expect([...changed.devices.values()][0]?.policy.credentials?.keys).toEqual(keysOf('phones', 'c'));
    expect(toRules({ site: siteOf([deviceOf(1)]), bootstrapOf })).toBe(openRules);
  });

  it('change with a bootstrap file', () => {
    const toRules = createAccessRules();
    const site = siteOf([deviceOf(1, { unauthenticated: 'bootstrap' })]);
    const rules = toRules({ site, bootstrapOf });
    expect(toRules({ site, bootstrapOf })).toBe(rules);
    expect(toRules({ site, bootstrapOf: () => [{ ...file }] })).not.toBe(rules);
  });
});
