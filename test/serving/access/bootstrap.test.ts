import { describe, expect, it } from 'vitest';
import { spentName } from '../../../src/serving/access/spent.ts';
import { tokenHash } from '../../../src/serving/access/token.ts';
import { ada, bob, bootstrapFile, gateOf, isDenied, nobody, rulesOf, wordOf } from './site.ts';

const token = 'a-token-of-ada-0001';
const bootstrapToken = 'a-bootstrap-of-ada-1';
const file = bootstrapFile(`${ada}.boot`, `url = http://server/t/${token}/`);
const common = bootstrapFile('X9.cfg', 'rule = /$MA.cfg');
const devices = { [ada]: { token, bootstrapToken }, [bob]: { token: 'a-token-of-bob-0001' } };
const site = { devices, bootstrap: new Map([[ada, [file, common]]]) };
const first = `/t/${bootstrapToken}`;
const own = `/t/${token}`;

describe('a bootstrap token', () => {
  it('gets a file that tells the phone where its own files are, and no other', () => {
    const { ask } = gateOf(site);
    const answer = ask({ path: `${first}/${ada.toUpperCase()}.BOOT` });
    expect(answer).toMatchObject({
      allow: true,
      bootstrap: { device: ada, size: file.bytes.length, hash: file.hash, file: `${file.name} (bootstrap)` },
    });
    expect(answer.allow && String(answer.bootstrap?.bytes)).toBe(`url = http://server/t/${token}/`);
    expect(ask({ path: `${first}/${ada}.cfg` })).toMatchObject({ allow: false, status: 404, refusal: 'token' });
    expect(wordOf(ask({ path: `${first}/${bob}.cfg` }))).toBe('token');
    expect(wordOf(ask({ path: `${first}/${nobody}.cfg` }))).toBe('stranger');
    expect(wordOf(ask({ path: `${first}/acme.rom` }))).toBe('allow');
    expect(wordOf(ask({ path: `${ada}.boot` }))).toBe('token');
    expect(wordOf(ask({ path: `${first.slice(1)}/${ada}.boot`, protocol: 'tftp' }))).toBe('bootstrap');
  });

  it('of one device gets a file without a MAC in its name for that device', () => {
    const { ask } = gateOf(site);
    expect(ask({ path: `${first}/x9.cfg` })).toMatchObject({ bootstrap: { device: ada, hash: common.hash } });
    const shared = gateOf({ ...site, devices: { ...devices, [bob]: { token, bootstrapToken } } });
    expect(wordOf(shared.ask({ path: `${first}/x9.cfg` }))).toBe('allow');
  });

  it('is worth nothing once the device’s own token was used', () => {
    const gate = gateOf(site);
    expect(wordOf(gate.ask({ path: `${first}/${ada}.boot` }))).toBe('bootstrap');
    expect(wordOf(gate.ask({ path: `${own}/acme.rom` }))).toBe('allow');
    expect(wordOf(gate.ask({ path: `${first}/${ada}.boot` }))).toBe('bootstrap');
    expect(wordOf(gate.ask({ path: `${own}/${ada}.cfg` }))).toBe('allow');
    expect(wordOf(gate.ask({ path: `${first}/${ada}.boot` }))).toBe('spent');
    expect(wordOf(gate.ask({ path: `${first}/x9.cfg` }))).toBe('spent');
    expect(wordOf(gate.ask({ path: `${own}/${ada}.cfg` }))).toBe('allow');
    expect(gate.told).toEqual([{ spent: spentName(ada, tokenHash(token)) }]);
  });

  it('is not spent by a request that was refused', () => {
    const guarded = { ...site, devices: { [ada]: { token, bootstrapToken, networks: ['10.0.0.0/8'] } } };
    const gate = gateOf(guarded);
    expect(wordOf(gate.ask({ path: `${own}/${ada}.cfg` }))).toBe('network');
    expect(wordOf(gate.ask({ path: `${first}/${ada}.boot`, address: '10.0.0.1' }))).toBe('bootstrap');
  });

  it('stays spent for other workers, and after a restart', () => {
    const other = gateOf(site);
    other.hear({ spent: spentName(ada, tokenHash(token)) });
    expect(wordOf(other.ask({ path: `${first}/${ada}.boot` }))).toBe('spent');
    const restarted = gateOf(site, { spent: [spentName(ada, tokenHash(token))] });
    expect(wordOf(restarted.ask({ path: `${first}/${ada}.boot` }))).toBe('spent');
  });

  it('is good again when the device has a new token', () => {
    const gate = gateOf(site);
    gate.ask({ path: `${own}/${ada}.cfg` });
    const renewed = { ...devices, [ada]: { token: 'another-token-0001', bootstrapToken } };
    gate.use(rulesOf({ ...site, devices: renewed }));
    expect(wordOf(gate.ask({ path: `${first}/${ada}.boot` }))).toBe('bootstrap');
  });
});

describe('a request without proof', () => {
  const credentials = { user: 'phones', password: 'geheim', scheme: 'both' } as const;
  const bootstrap = new Map([[ada, [file]]]);

  it('gets the bootstrap file over another protocol than the device’s own, where it is allowed', () => {
    const policy = { credentials, bootstrapWithoutProof: true };
    const { ask } = gateOf({ site: policy, bootstrap, protocol: 'https' });
    const path = `/${ada}.boot`;
    expect(wordOf(ask({ path, protocol: 'tftp' }))).toBe('bootstrap');
    expect(wordOf(ask({ path, protocol: 'http' }))).toBe('bootstrap');
    expect(wordOf(ask({ path, protocol: 'https' }))).toBe('challenge');
    const other = ask({ path: `/${ada}.cfg`, protocol: 'tftp' });
    expect(isDenied(other) && [other.status, other.refusal]).toEqual([404, 'protocol']);
    expect(wordOf(ask({ path: `/${nobody}.boot`, protocol: 'tftp' }))).toBe('protocol');
  });

  it('gets nothing where it is not', () => {
    const { ask } = gateOf({ site: { credentials }, bootstrap, protocol: 'https' });
    expect(wordOf(ask({ path: `${ada}.boot`, protocol: 'tftp' }))).toBe('protocol');
  });
});
