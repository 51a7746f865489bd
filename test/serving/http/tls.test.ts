import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect as connectPlain, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AccessRequest } from '../../../src/serving/access/admission.ts';
import { type Authority, createAuthority, type Pair } from '../../support/certificates.ts';
import { peer } from '../../support/peer.ts';
import { bodyOf, dial, type Running, serveHttp } from '../support/http.ts';
import { createOut, type Out } from '../support/out.ts';

const mac = '001565123456';
const ask = `GET /${mac}.cfg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const openssl = peer('openssl', 'openssl');
const curl = peer('curl', 'curl');
const run = promisify(execFile);

/** Needs openssl to make certificates; nothing in here can be tested without. */
describe.skipIf(openssl.missing)(`HTTPS (${openssl.sentence})`, () => {
  let folder: string;
  let authority: Authority;
  let pair: Pair;
  let out: Out;
  let server: Running;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offhook-tls-'));
    authority = await createAuthority(folder, '/O=Acme/CN=authority');
    pair = await authority.sign('/CN=offhook');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    out = await createOut();
    await out.build(`${mac}.cfg`, 'bytes', mac);
    await out.put('a.rom', Buffer.alloc(300_000, 'firmware'));
    server = await serveHttp(out, { tls: pair });
  });
  afterEach(async () => {
    await server.stop();
    await out.remove();
  });
  const restart = async (options: Parameters<typeof serveHttp>[1]) => {
    await server.stop();
    server = await serveHttp(out, { tls: pair, ...options });
  };

  const open = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({ port: server.port, host: '127.0.0.1', ca: authority.cert, ...options });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('secureConnect', resolve).once('error', reject);
    await promise;
    return socket.on('error', () => {});
  };
  const say = async (socket: Socket, text: string): Promise<string> => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(text);
    await new Promise((resolve) => socket.once('close', resolve));
    return Buffer.concat(chunks).toString('latin1');
  };
  const fetchIt = async (options: ConnectionOptions = {}) => bodyOf(await say(await open(options), ask));

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'gives files over %s, with a goodbye, and facts say so',
    async (version) => {
      const socket = await open({ minVersion: version, maxVersion: version });
      expect(socket.getProtocol()).toBe(version);
      const ended = new Promise((resolve) => socket.once('end', resolve));
      expect(bodyOf(await say(socket, ask))).toBe('bytes');
      await ended;
      expect(await server.recorded(1)).toMatchObject([
        { protocol: 'https', status: 200, bytes: 5, complete: true, address: '127.0.0.1' },
      ]);
    },
  );

  test('answers one request after the other on one connection, streamed files too', async () => {
    const kept = ask.replace('Connection: close\r\n', '');
    const response = await say(await open(), [kept, kept.replace(`${mac}.cfg`, 'a.rom'), kept, ask].join(''));
    expect(response.match(/HTTP\/1\.1 200/g)).toHaveLength(4);
    expect(response.length).toBeGreaterThan(300_000);
    expect((await server.recorded(4)).every(({ protocol, complete }) => protocol === 'https' && complete)).toBe(true);
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('does not speak %s, unless old ciphers are wanted', async (version) => {
    const old = { minVersion: version, maxVersion: version, ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' };
    await expect(open(old)).rejects.toThrow();
    await expect.poll(() => server.lines.join()).toContain('no version of TLS');
    expect(server.facts).toEqual([]);
    await restart({ tls: { ...pair, oldCiphers: true } });
    expect(await fetchIt(old)).toBe('bytes');
    expect(await fetchIt()).toBe('bytes');
  });

  test('has no ciphers with CBC and SHA-1, unless old ones are wanted', async () => {
    const old = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' } as const;
    await expect(open(old)).rejects.toThrow();
    await restart({ tls: { ...pair, oldCiphers: true } });
    expect(await fetchIt(old)).toBe('bytes');
  });

  test.skipIf(curl.missing)(`serves curl (${curl.sentence})`, async () => {
    const arguments_ = ['-sS', '--cacert', authority.certFile, `${server.url}/${mac}.cfg`];
    expect((await run('curl', arguments_)).stdout).toBe('bytes');
    expect((await run('curl', ['--tls-max', '1.2', ...arguments_, `${server.url}/a.rom`])).stdout).toHaveLength(
      300_005,
    );
    await expect(run('curl', ['--tls-max', '1.1', ...arguments_])).rejects.toThrow(/exit code 35|alert|TLS/);
  });

  describe('a new certificate', () => {
    test('is for new connections, and those that stand go on', async () => {
      const before = await open();
      const answered = new Promise((resolve) => before.once('data', resolve));
      before.write(ask.replace('Connection: close\r\n', ''));
      await answered;
      server.update({ tls: await authority.sign('/CN=renewed') });
      const after = await open();
      expect(after.getPeerCertificate().subject.CN).toBe('renewed');
      expect(bodyOf(await say(before, ask))).toBe('bytes');
      after.destroy();
    });

    test('that is none, or is not the key’s, is refused, and the old one stays', async () => {
      const other = await authority.sign('/CN=other');
      expect(() => server.update({ tls: { cert: pair.cert, key: other.key } })).toThrow(/key/i);
      expect(() => server.update({ tls: { cert: 'nonsense', key: 'nonsense' } })).toThrow();
      const socket = await open();
      expect(socket.getPeerCertificate().subject.CN).toBe('offhook');
      socket.destroy();
    });
  });

  describe('a client’s certificate', () => {
    const asked: AccessRequest[] = [];
    const gate = {
      admit(request: AccessRequest) {
        asked.push(request);
        return { allow: true, path: request.path } as const;
      },
    };
    const certificates = async (count: number) => {
      await server.recorded(count);
      return asked.splice(0).map(({ certificate }) => certificate);
    };

    test.each(['TLSv1.2', 'TLSv1.3'] as const)(
      'over %s is asked for, and its names are handed on',
      async (maxVersion) => {
        await restart({ gate, tls: { ...pair, clientCa: authority.cert } });
        const phone = await authority.sign(`/O=Acme/CN=${mac}`, 'DNS:phone.example.com,URI:urn:mac:001565123456');
        expect(await fetchIt({ cert: phone.cert, key: phone.key, maxVersion })).toBe('bytes');
        expect(await certificates(1)).toEqual([
          { trusted: true, names: ['O=Acme', `CN=${mac}`, 'DNS:phone.example.com', 'URI:urn:mac:001565123456'] },
        ]);
      },
    );

    test('of another authority comes in all the same, and is not trusted; so does a client that has none', async () => {
      await restart({ gate, tls: { ...pair, clientCa: authority.cert } });
      const stranger = await (await createAuthority(folder, '/CN=strangers')).sign(`/CN=${mac}`);
      expect(await fetchIt({ cert: stranger.cert, key: stranger.key })).toBe('bytes');
      expect(await fetchIt()).toBe('bytes');
      expect(await certificates(2)).toMatchObject([
        { trusted: false, names: [`CN=${mac}`, expect.any(String), expect.any(String)] },
        undefined,
      ]);
    });

    test('is not asked for when there is no authority', async () => {
      await restart({ gate });
      const phone = await authority.sign(`/CN=${mac}`);
      expect(await fetchIt({ cert: phone.cert, key: phone.key })).toBe('bytes');
      expect(await certificates(1)).toEqual([undefined]);
    });

    test('of an authority that was taken away is not trusted any more, in resumed sessions neither', async () => {
      await restart({ gate, tls: { ...pair, clientCa: authority.cert } });
      const phone = await authority.sign(`/CN=${mac}`);
      const client = { cert: phone.cert, key: phone.key, maxVersion: 'TLSv1.2' } as const;
      const first = await open(client);
      const session = first.getSession();
      await say(first, ask);
      const again = await open({ ...client, session });
      expect(again.isSessionReused()).toBe(true);
      await say(again, ask);
      server.update({ tls: { ...pair, clientCa: (await createAuthority(folder, '/CN=new')).cert } });
      await say(await open({ ...client, session }), ask);
      expect((await certificates(3)).map((certificate) => certificate?.trusted)).toEqual([true, true, false]);
    });
  });

  describe('a handshake', () => {
    test('that comes to nothing costs its connection, one line in the log, and no fact', async () => {
      for (const bytes of [`GET / HTTP/1.1\r\nHost: x\r\n\r\n`, Buffer.alloc(300, 0x16), '\0']) {
        const socket = await dial(server.port);
        socket.resume().write(bytes);
        if (bytes === '\0') socket.end();
        await new Promise((resolve) => socket.once('close', resolve));
      }
      expect(server.lines).toEqual(['no TLS with 127.0.0.1: plain HTTP on the port of HTTPS']);
      expect(server.facts).toEqual([]);
      expect(await fetchIt()).toBe('bytes');
    });

    test('that stalls is ended, and does not keep others waiting', async () => {
      await restart({ limits: { headers: 300 } });
      const stalled = await Promise.all(Array.from({ length: 50 }, () => dial(server.port)));
      for (const socket of stalled) socket.resume().write(Buffer.from('1603010200', 'hex'));
      expect(await fetchIt()).toBe('bytes');
      await Promise.all(stalled.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
      expect(server.lines).toHaveLength(1);
    });

    test('is not waited for when the server is stopped', async () => {
      const socket = await dial(server.port);
      socket.resume();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await server.stop();
    });
  });

  test.each([
    ['before', false],
    ['together with the begin of', true],
  ])('a listed proxy may name the client %s the handshake', async (_, together) => {
    await restart({ proxies: ['127.0.0.1'] });
    const header = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n';
    const relay = createServer(async (client) => {
      const upstream = connectPlain(server.port, '127.0.0.1');
      const [hello] = await once(client, 'data');
      if (together) upstream.write(Buffer.concat([Buffer.from(header), hello]));
      else {
        upstream.write(header);
        setTimeout(() => upstream.write(hello), 50);
      }
      client.on('data', (chunk) => upstream.write(chunk)).on('end', () => upstream.end());
      upstream.pipe(client);
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const { port } = relay.address() as AddressInfo;
    expect(await fetchIt({ port })).toBe('bytes');
    relay.close();
    expect(await server.recorded(1)).toMatchObject([{ address: '192.0.2.7', protocol: 'https' }]);
  });

  test('a connection is passed on as what it says, not as what it is wrapped in', async () => {
    await restart({ pass: (socket, head) => void socket.end(`passed ${head}`) });
    expect(await say(await open(), 'GET /-/x HTTP/1.1\r\nHost: x\r\n\r\n')).toContain('passed GET /-/x');
  });
});
