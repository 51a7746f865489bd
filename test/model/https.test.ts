import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpsReader } from '../../src/model/https.ts';
import { Secret } from '../../src/model/secret.ts';
import type { RawServer, Sources } from '../../src/model/sources.ts';
import { formatPlace } from '../../src/problem.ts';
import { type Authority, createAuthority, type Pair } from '../support/certificates.ts';
import { peer } from '../support/peer.ts';

const openssl = peer('openssl', 'openssl');
const run = promisify(execFile);
const day = 86_400_000;

describe.skipIf(openssl.missing)(`HTTPS of devices.yml (${openssl.sentence})`, () => {
  let folder: string;
  let authority: Authority;
  let pair: Pair;
  let files: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offhook-https-'));
    authority = await createAuthority(folder, '/O=Acme/CN=authority');
    pair = await authority.sign(
      '/CN=phones',
      'DNS:phones.example.com,DNS:*.lan.example.com,IP:192.0.2.1,IP:2001:db8::1',
    );
    files = { 'c.pem': pair.cert + authority.cert, 'k.pem': pair.key, 'ca.pem': authority.cert };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const read = (server: Partial<RawServer>, { now = Date.now(), texts = files } = {}) => {
    const usual = { address: 'phones.example.com', https: { cert: 'c.pem', key: 'k.pem', client_ca: 'ca.pem' } };
    const content = { server: { ...usual, ...server } };
    const locate = (path: readonly (string | number)[]) => ({ file: path.join('.') });
    const text = (path: string) => texts[path] ?? { unreadable: 'is not there' };
    const sources = { files: [{ path: 'devices.yml', content, locate }], text } as unknown as Sources;
    const { https, problems } = createHttpsReader(() => now)(sources);
    const lines = problems.map((problem) => `${problem.severity} ${formatPlace(problem)} ${problem.message}`);
    return { https, lines };
  };

  test('is what the files hold, its key hidden, and when it expires', () => {
    const { https, lines } = read({}, { now: Date.now() - 30 * day });
    expect(lines).toEqual([
      expect.stringContaining('is not valid before'),
      expect.stringContaining('is not valid before'),
    ]);
    expect(https).toMatchObject({ cert: files['c.pem'], clientCa: files['ca.pem'], profile: 'modern' });
    expect(https && Secret.reveal(https.key)).toBe(pair.key);
    expect(JSON.stringify(https)).not.toContain('PRIVATE');
    expect((https?.expires ?? 0) - Date.now()).toBeGreaterThan(day);
  });

  test('warns before the certificate expires, and when it has, or an authority of phones', () => {
    expect(read({}).lines).toEqual([
      expect.stringMatching(
        /^warning server\.https\.cert the certificate in "c\.pem" expires on \d{4}-\d\d-\d\d; wanted/,
      ),
    ]);
    const { https, lines } = read({}, { now: Date.now() + 3 * day });
    expect(https).toBeDefined();
    expect(lines).toEqual([
      expect.stringMatching(/^warning server\.https\.cert the certificate in "c\.pem" has expired on/),
      expect.stringMatching(
        /^warning server\.https\.client_ca the authority "O=Acme, CN=authority" in "ca\.pem" has expired on/,
      ),
    ]);
  });

  test.each([
    ['phones.example.com', true],
    ['a.lan.example.com', true],
    ['192.0.2.1', true],
    ['2001:db8:0::1', true],
    ['[2001:db8::1]', true],
    ['192.0.2.2', false],
    ['other.example.com', false],
  ])('tells whether the certificate is for %s: %s', (address, isNamed) => {
    const wrong = read({ address }).lines.filter((line) => line.includes('which phones are told'));
    const message = `warning server.https.cert the certificate in "c.pem" is for phones.example.com, *.lan.example.com, 192.0.2.1, 2001:DB8:0:0:0:0:0:1; wanted one for ${address}, which phones are told`;
    expect(wrong).toEqual(isNamed ? [] : [message]);
  });

  test('refuses the key of another certificate, one with a passphrase, and one that is too short', async () => {
    const other = await authority.sign('/CN=other');
    const faultsOf = (texts: Record<string, string>, https = {}) => {
      const { https: made, lines } = read(
        { https: { cert: 'c.pem', key: 'k.pem', ...https } },
        { texts: { ...files, ...texts } },
      );
      const errors = lines.filter((line) => line.startsWith('error'));
      expect(made === undefined).toBe(errors.length > 0);
      return errors;
    };
    expect(faultsOf({ 'k.pem': other.key })).toEqual([
      'error server.https.key the key in "k.pem" is not that of the first certificate in "c.pem"',
    ]);
    for (const form of [
      ['pkcs8', '-topk8', '-v2', 'aes-128-cbc'],
      ['ec', '-aes128'],
    ]) {
      const out = join(folder, 'locked.key');
      await run('openssl', [...form, '-in', pair.keyFile, '-passout', 'pass:hunter2', '-out', out]);
      expect(faultsOf({ 'k.pem': await readFile(out, 'utf8') })).toEqual([
        'error server.https.key the file "k.pem" holds a private key that has a passphrase; wanted a private key without a passphrase, in PEM',
      ]);
    }
    const weak = await authority.sign('/CN=weak', 'DNS:phones.example.com', { newKey: ['rsa:1024'] });
    const texts = { 'c.pem': weak.cert, 'k.pem': weak.key };
    expect(faultsOf(texts)).toEqual([
      'error server.https.cert the certificate in "c.pem" has a key of 1024 bits; wanted 2048 or more',
    ]);
    expect(faultsOf(texts, { profile: 'old' })).toEqual([]);
  });

  test('is told by any nonsense, and never fails', () => {
    const begin = '-----BEGIN CERTIFICATE-----\n';
    for (const text of [
      '',
      begin,
      `${begin}AAAA\n-----END CERTIFICATE-----`,
      pair.key,
      '-----BEGIN PRIVATE KEY-----\nAAAA',
    ])
      for (const name of ['c.pem', 'k.pem', 'ca.pem']) {
        if (name === 'k.pem' && text === pair.key) continue;
        const { https, lines } = read({}, { texts: { ...files, [name]: text } });
        expect(https).toBeUndefined();
        expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
        expect(lines.join()).not.toContain('AAAA');
      }
  });

  test('is not spoken where nothing says so, and not looked at where nothing outside the repository is read', () => {
    expect(read({ https: { port: 443 }, protocol: 'https', proxies: [] })).toEqual({ https: undefined, lines: [] });
    const { https } = createHttpsReader()({ files: [] } as unknown as Sources);
    expect(https).toBeUndefined();
  });
});
