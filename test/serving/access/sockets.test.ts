import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FetchFact } from '../../../src/model/fact.ts';
import { createLookup } from '../../../src/serving/lookup.ts';
import { createTftpServer } from '../../../src/serving/tftp/server.ts';
import { parsePacket, writeRequest } from '../../../src/tftp/packet.ts';
import { type Authority, createAuthority } from '../../support/certificates.ts';
import { peer } from '../../support/peer.ts';
import { createRandom } from '../../support/random.ts';
import { fetchTftp } from '../../support/tftp-fetch.ts';
import { openUdp } from '../../support/udp-socket.ts';
import { bodyOf, get, type Running, serveHttp, statusOf } from '../support/http.ts';
import { createOut, type Out } from '../support/out.ts';
import { ada, basic, bob, bootstrapFile, gateOf, nobody, type SiteOptions } from './site.ts';

const run = promisify(execFile);
const curl = peer('curl', 'curl');
const openssl = peer('openssl', 'openssl');
const credentials = { user: 'phones', password: 'geheim', scheme: 'both' } as const;
const token = 'a-token-of-ada-0001';

let out: Out;
let stops: (() => Promise<unknown>)[];

beforeEach(async () => {
  out = await createOut();
  stops = [out.remove];
  await out.build(`${ada}.cfg`, 'the bytes of ada', ada);
  await out.build(`${bob}.cfg`, 'the bytes of bob', bob);
  await out.put('acme.rom', 'firmware');
});
afterEach(async () => {
  for (const stop of stops.toReversed()) await stop();
});

/** Both servers behind one gate, as in one thread of the daemon. */
async function serve(site: SiteOptions, options: Parameters<typeof serveHttp>[1] = {}) {
  const { ask: _, ...gate } = gateOf(site);
  const facts: FetchFact[] = [];
  const record = (fact: FetchFact) => void facts.push(fact);
  const http: Running = await serveHttp(out, { gate, record, ...options });
  const lookup = createLookup({ out: out.folder, index: () => out.index });
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const tftp = createTftpServer({ host: '127.0.0.1', port: 0, lookup, gate, record, log });
  const { port } = await tftp.start();
  stops.push(http.stop, tftp.stop);
  return { http, tftp: port, facts, gate };
}

/** What differs from answer to answer whatever is asked: the time, and what no two answers may have in common. */
const normalized = (response: string): string =>
  response.replace(/^Date: .*\r\n/m, '').replace(/nonce="[\w-]{40}"/g, 'nonce=""');

/** The packet that comes back for a name over TFTP. */
async function tftpAnswer(port: number, path: string): Promise<Buffer> {
  const socket = openUdp();
  try {
    socket.send(writeRequest({ method: 'RRQ', path, mode: 'octet', options: [] }), port);
    return (await socket.next()).packet;
  } finally {
    socket.close();
  }
}

const policies = {
  networks: { networks: ['10.0.0.0/8'] },
  credentials: { credentials },
  token: { token },
  certificate: { certificate: 'required' as const },
  everything: { networks: ['127.0.0.0/8'], credentials, token, ownUserAgent: true },
};

describe.each([
  ['the fast way', true],
  ['node:http', false],
])('over sockets, by %s', (_, fast) => {
  test.each(Object.entries(policies))('nobody finds out which devices there are: %s', async (_name, policy) => {
    const { http, tftp, facts } = await serve({ devices: { [ada]: policy, [bob]: policy } }, { fast });
    const random = createRandom(7);
    const macs = Array.from({ length: 12 }, () => `001565${String(Math.floor(random() * 1e6)).padStart(6, '0')}`);
    const headers = [
      [],
      [`Authorization: ${basic('phones', 'x')}`],
      ['Authorization: Digest username="phones"', 'User-Agent: Acme X9 1.0'],
    ];
    const answers = new Set<string>();
    const packets = new Set<string>();
    for (const lines of headers)
      for (const mac of [...macs, ada, nobody, bob]) {
        for (const path of [`/${mac}.cfg`, `/${mac}-phone.cfg`, `/t/not-the-right-token/${mac}.cfg`])
          answers.add(normalized(await get(http.port, path, lines)));
        packets.add((await tftpAnswer(tftp, `${mac}.cfg`)).toString('latin1'));
      }
    expect([...answers]).toHaveLength(1);
    expect([...packets]).toHaveLength(1);
    expect(bodyOf([...answers][0] ?? '')).toBe('');
    // And the log knows it all.
    const reasons = new Set(facts.map(({ reason }) => reason));
    expect(reasons.size).toBeGreaterThan(1);
    expect(facts.filter(({ device }) => device === ada).every(({ refusal }) => refusal !== undefined)).toBe(true);
    expect(JSON.stringify(facts)).not.toMatch(/geheim|not-the-right|a-token/);
  });

  test('HEAD says no more than GET', async () => {
    const { http } = await serve({ site: { credentials } }, { fast });
    const head = async (path: string) => {
      const response = await fetch(`${http.url}${path}`, { method: 'HEAD' });
      return [response.status, [...response.headers.keys()].sort().join()];
    };
    expect(await head(`/${ada}.cfg`)).toEqual(await head(`/${nobody}.cfg`));
  });

  test('a token opens its device’s files on both protocols, and stands in no fact', async () => {
    const { http, tftp, facts } = await serve({ devices: { [ada]: { token } } }, { fast });
    expect(bodyOf(await get(http.port, `/t/${token}/${ada}.cfg`))).toBe('the bytes of ada');
    expect(String(await fetchTftp({ port: tftp, path: `t/${token}/${ada}.cfg` }))).toBe('the bytes of ada');
    expect(String(await fetchTftp({ port: tftp, path: `t/${token}/acme.rom` }))).toBe('firmware');
    expect(statusOf(await get(http.port, `/${ada}.cfg`))).toBe(404);
    await expect(fetchTftp({ port: tftp, path: `${ada}.cfg` })).rejects.toThrow();
    expect(String(await fetchTftp({ port: tftp, path: `${bob}.cfg` }))).toBe('the bytes of bob');
    await until(() => facts.length >= 6);
    expect(JSON.stringify(facts)).not.toContain(token);
  });

  test('a bootstrap token gets the bootstrap file until the device came by itself', async () => {
    const bootstrapToken = 'a-bootstrap-of-ada-1';
    const bootstrap = new Map([[ada, [bootstrapFile(`${ada}.cfg`, `url = http://x/t/${token}/`)]]]);
    const { http, tftp, facts } = await serve({ devices: { [ada]: { token, bootstrapToken } }, bootstrap }, { fast });
    const first = `t/${bootstrapToken}/${ada}.cfg`;
    expect(bodyOf(await get(http.port, `/${first}`))).toBe(`url = http://x/t/${token}/`);
    expect(String(await fetchTftp({ port: tftp, path: first }))).toBe(`url = http://x/t/${token}/`);
    expect(bodyOf(await get(http.port, `/t/${token}/${ada}.cfg`))).toBe('the bytes of ada');
    expect(statusOf(await get(http.port, `/${first}`))).toBe(404);
    await expect(fetchTftp({ port: tftp, path: first })).rejects.toThrow();
    await until(() => facts.length >= 5);
    expect(facts.map(({ refusal }) => refusal)).toEqual([undefined, undefined, undefined, 'spent', 'spent']);
    expect(facts[0]).toMatchObject({ device: ada, file: `${ada}.cfg (bootstrap)`, revision: undefined });
  });

  test('who guesses on one protocol is refused on the other, and nobody else is', async () => {
    const guessing = { perMinute: 10, slowMs: 1, refuseMinutes: 10 };
    const { http, tftp, facts, gate } = await serve({ guessing }, { fast });
    for (let index = 0; index < 30; index++) {
      const path = `0015651${String(index).padStart(5, '0')}.cfg`;
      if (index % 2) await get(http.port, `/${path}`);
      else await tftpAnswer(tftp, path);
    }
    expect(statusOf(await get(http.port, `/${ada}.cfg`))).toBe(404);
    expect(parsePacket(await tftpAnswer(tftp, `${ada}.cfg`)).kind).toBe('error');
    expect(gate.blocked().map(({ key }) => key)).toEqual(['127.0.0.1']);
    await until(() => facts.length >= 32);
    expect(facts.filter(({ refusal }) => refusal === 'guessing')).toHaveLength(11);
    expect(gate.admit({ protocol: 'http', address: '127.0.0.2', path: `/${ada}.cfg`, method: 'GET' }).allow).toBe(true);
  });

  test.skipIf(curl.missing)(`a real client proves itself by Basic and by Digest (${curl.sentence})`, async () => {
    const { http, facts } = await serve({ site: { credentials } }, { fast });
    const fetched = async (...args: string[]) =>
      (await run('curl', ['-s', '-w', ' %{http_code}', ...args, `${http.url}/${ada}.cfg`])).stdout;
    const right = ['-u', 'phones:geheim'];
    expect(await fetched('--basic', ...right)).toBe('the bytes of ada 200');
    expect(await fetched('--digest', ...right)).toBe('the bytes of ada 200');
    expect(await fetched('--anyauth', ...right)).toBe('the bytes of ada 200');
    expect(await fetched('--digest', '-u', 'phones:wrong')).toBe(' 401');
    expect(await fetched()).toBe(' 401');
    // Two files on one connection: the same nonce, counted.
    const { stdout } = await run('curl', [
      '-s',
      '--digest',
      ...right,
      `${http.url}/${ada}.cfg`,
      `${http.url}/${bob}.cfg`,
    ]);
    expect(stdout).toBe('the bytes of adathe bytes of bob');
    expect(new Set(facts.map(({ refusal }) => refusal))).toEqual(new Set([undefined, 'challenge', 'credentials']));
  });

  const missing = openssl.missing || curl.missing;
  test.skipIf(missing)(`the certificate of a device opens its files and no other’s (${openssl.sentence})`, async () => {
    const vendor: Authority = await createAuthority(out.around, '/O=Acme/CN=Acme Root');
    const stranger = await createAuthority(out.around, '/O=Other/CN=Other Root');
    const server = await vendor.sign('/CN=localhost');
    const phone = await vendor.sign(`/O=Acme/CN=${ada.toUpperCase()}`);
    const forged = await stranger.sign(`/O=Acme/CN=${ada.toUpperCase()}`);
    const tls = { cert: server.cert, key: server.key, clientCa: vendor.cert };
    const { http, facts } = await serve({ site: { certificate: 'required' } }, { fast, tls });
    const fetched = async (path: string, by?: { certFile: string; keyFile: string }) => {
      const own = by ? ['--cert', by.certFile, '--key', by.keyFile] : [];
      const { stdout } = await run('curl', ['-s', '-k', '-w', ' %{http_code}', ...own, `${http.url}${path}`]);
      return stdout;
    };
    expect(await fetched(`/${ada}.cfg`, phone)).toBe('the bytes of ada 200');
    expect(await fetched(`/${bob}.cfg`, phone)).toBe(' 404');
    expect(await fetched(`/${ada}.cfg`, forged)).toBe(' 404');
    expect(await fetched(`/${ada}.cfg`)).toBe(' 404');
    expect(await fetched('/acme.rom', phone)).toBe('firmware 200');
    expect(facts.map(({ reason }) => reason)).toEqual([
      undefined,
      'the certificate is another device’s',
      'nobody in `client_ca` vouches for the certificate',
      'the client showed no certificate',
      undefined,
    ]);
  });
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 2));
}
