import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createApplying, createApproaching } from '../src/approach.ts';
import { createLog } from '../src/log.ts';
import type { Https } from '../src/model/https.ts';
import { Secret } from '../src/model/secret.ts';
import { type Approach, createHttps, noApproach } from '../src/serving/https.ts';
import { type Authority, createAuthority, type Pair } from './support/certificates.ts';
import { peer } from './support/peer.ts';
import { until } from './support/until.ts';

const openssl = peer('openssl', 'openssl');

describe.skipIf(openssl.missing)(`the approach (${openssl.sentence})`, () => {
  let folder: string;
  let authority: Authority;
  let pair: Pair;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'offhook-approach-'));
    authority = await createAuthority(folder, '/CN=authority');
    pair = await authority.sign('/CN=offhook');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const logged = () => {
    const lines: string[] = [];
    return { lines, log: createLog((line) => lines.push(line)) };
  };
  const siteWith = ({ cert, key, certFile, keyFile }: Pair): { https: Https; proxies: string[] } => ({
    https: {
      ...{ cert, key: new Secret(key), profile: 'modern', expires: 1e12 },
      files: { cert: certFile, key: keyFile },
    },
    proxies: ['192.0.2.1'],
  });

  test('is the same object while it is the same, and holds over a restart until a site says otherwise', () => {
    const place = { project: folder, state: mkdtempSync(join(folder, 'state-')) };
    const first = createApproaching({ ...place, ...logged() });
    expect(first.now()).toBe(noApproach);
    first.use(siteWith(pair));
    const now = first.now();
    first.use(siteWith(pair));
    expect(first.now()).toBe(now);
    const again = createApproaching({ ...place, ...logged() });
    expect(again.now()).toMatchObject({ proxies: ['192.0.2.1'], tls: { cert: pair.cert, key: pair.key } });
    expect(again.expires()).toBeGreaterThan(Date.now());
    again.use({});
    expect(again.now()).toEqual({ proxies: [], tls: undefined });
    expect(createApproaching({ ...place, ...logged() }).now().tls).toBeUndefined();
  });

  test('begins without HTTPS after a restart when its files are broken or gone, and keeps the proxies', async () => {
    const place = { project: folder, state: mkdtempSync(join(folder, 'state-')) };
    const own = await authority.sign('/CN=gone');
    createApproaching({ ...place, ...logged() }).use(siteWith(own));
    for (const breakIt of [() => writeFileSync(own.keyFile, pair.key), () => rmSync(own.certFile)]) {
      breakIt();
      const { lines, log } = logged();
      expect(createApproaching({ ...place, log }).now()).toEqual({ proxies: ['192.0.2.1'] });
      expect(lines.join()).toContain('HTTPS begins with the first build');
    }
    writeFileSync(join(place.state, 'approach'), 'nonsense');
    expect(createApproaching({ ...place, ...logged() }).now()).toBe(noApproach);
  });

  test('keeps what it has when OpenSSL refuses a certificate that looks sound', async () => {
    const { lines, log } = logged();
    const approaching = createApproaching({ project: folder, state: mkdtempSync(join(folder, 'state-')), log });
    approaching.use(siteWith(pair));
    const weak = await authority.sign('/CN=weak', undefined, { newKey: ['rsa:1024'] });
    approaching.use({ ...siteWith(weak), proxies: [] });
    expect(approaching.now()).toMatchObject({ proxies: [], tls: { cert: pair.cert } });
    expect(lines.join()).toMatch(/HTTPS goes on as before .*key too small/);
    expect(lines.join()).not.toContain('PRIVATE');
  });

  test('is followed as soon as a port is free that was not, and what hinders it is said once', async () => {
    const { lines, log } = logged();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const usual = { lookup: () => ({ status: 404, reason: '' }) as const, record: () => {}, identify: () => ({}) };
    const https = createHttps({ host: '127.0.0.1', port, log, ...usual });
    onTestFinished(https.stop);
    let approach: Approach = noApproach;
    const applying = createApplying({ approach: () => approach, apply: https.use, log, every: 10 });
    await applying.begin(async () => {});
    approach = { proxies: [], tls: pair };
    await applying.follow();
    await applying.follow();
    expect(lines).toEqual([expect.stringMatching(/cannot serve HTTPS on port .*\(--https-port\)/)]);
    other.close();
    await until('HTTPS', () => lines.length === 2);
    expect(lines[1]).toContain('serving protocol=https');
    applying.stop();
  });
});
