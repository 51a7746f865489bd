import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readClient, writeClient } from '../../../src/serving/http/client.ts';
import { writeProxyHeader } from '../../../src/serving/http/proxy-header.ts';
import { bodyOf, dial, get, type Running, raw, serveHttp, statusOf } from '../support/http.ts';
import { createOut, type Out } from '../support/out.ts';

const mac = '001565123456';
const ask = `GET /${mac}.cfg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const v2 = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000207c0a80101d90401bb', 'hex');
let out: Out;
let server: Running;

beforeEach(async () => {
  out = await createOut();
  await out.build(`${mac}.cfg`, 'bytes', mac);
});
afterEach(async () => {
  await server.stop();
  await out.remove();
});
const addresses = async (count: number) => (await server.recorded(count)).map(({ address }) => address);

describe.each([
  ['the fast way', true],
  ['node:http', false],
])('behind a listed proxy, by %s', (_, fast) => {
  beforeEach(async () => {
    server = await serveHttp(out, { fast, proxies: ['127.0.0.0/8'], limits: { headers: 500 } });
  });

  test.each([
    ['version 1', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n')],
    ['version 2', v2],
  ])('the PROXY protocol of %s names the client, however it comes in pieces', async (_version, header) => {
    const said = Buffer.concat([header, Buffer.from(ask)]);
    expect(bodyOf(await raw(server.port, said))).toBe('bytes');
    const socket = await dial(server.port);
    socket.setNoDelay(true);
    for (const byte of said) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => socket.resume().once('close', resolve));
    expect(await addresses(2)).toEqual(['192.0.2.7', '192.0.2.7']);
  });

  test('a header of the PROXY protocol without a client, or none at all, is the proxy’s own request', async () => {
    expect(bodyOf(await raw(server.port, `PROXY UNKNOWN\r\n${ask}`))).toBe('bytes');
    expect(bodyOf(await raw(server.port, ask))).toBe('bytes');
    expect(await addresses(2)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  test('a malformed one, or one that does not come to its end, closes the connection without an answer', async () => {
    expect(await raw(server.port, `PROXY TCP4 192.0.2.7\r\n${ask}`)).toBe('');
    expect(await raw(server.port, Buffer.concat([v2.subarray(0, 12), Buffer.from(ask)]))).toBe('');
    expect(await raw(server.port, 'PROXY TCP4 192')).toBe('');
    const socket = await dial(server.port);
    socket.resume().end('PROX');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(server.facts).toEqual([]);
  });

  test('X-Forwarded-For and Forwarded name the client of each request', async () => {
    await get(server.port, `/${mac}.cfg`, ['X-Forwarded-For: 203.0.113.1, 192.0.2.7']);
    await get(server.port, `/${mac}.cfg`, ['Forwarded: for="[2001:db8::7]:4711"']);
    await raw(
      server.port,
      `PROXY TCP4 127.0.0.9 192.0.2.1 4711 80\r\n${ask.replace('\r\n\r\n', '\r\nX-Forwarded-For: 192.0.2.8\r\n\r\n')}`,
    );
    expect(await addresses(3)).toEqual(['192.0.2.7', '2001:db8::7', '192.0.2.8']);
  });

  test('X-Forwarded-Proto, or the PROXY protocol, says that the client speaks TLS with the proxy', async () => {
    for (const line of ['https', ' HTTPS', 'http', 'gopher', 'https, http'])
      await get(server.port, `/${mac}.cfg`, [`X-Forwarded-Proto: ${line}`]);
    const secure = '0d0a0d0a000d0a515549540a21110014c0000207c0a80101d90401bb2000050100000000';
    await raw(server.port, Buffer.concat([Buffer.from(secure, 'hex'), Buffer.from(ask)]));
    const facts = await server.recorded(6);
    expect(facts.map(({ protocol }) => protocol)).toEqual(['https', 'https', 'http', 'http', 'http', 'https']);
  });

  test('no proxy may show a certificate in the name of a client', async () => {
    const header = writeProxyHeader(writeClient({ protocol: 'https', address: '192.0.2.7' }));
    await raw(server.port, Buffer.concat([header, Buffer.from(ask)]));
    expect(await server.recorded(1)).toMatchObject([{ protocol: 'http', address: '127.0.0.1' }]);
  });

  test('a request that is from two at once is refused', async () => {
    const lines = ['X-Forwarded-For: 192.0.2.7', 'Forwarded: for=192.0.2.8'];
    expect(statusOf(await get(server.port, `/${mac}.cfg`, lines))).toBe(400);
    expect(await server.recorded(1)).toMatchObject([{ status: 400, reason: expect.stringContaining('same client') }]);
  });

  test('the list may change while it serves', async () => {
    server.update({ proxies: ['192.0.2.0/24'] });
    await get(server.port, `/${mac}.cfg`, ['X-Forwarded-For: 192.0.2.7']);
    expect(await addresses(1)).toEqual(['127.0.0.1']);
    expect(() => server.update({ proxies: ['nonsense'] })).toThrow('nonsense');
  });
});

test('of anybody else the PROXY protocol is no HTTP, and what is forwarded counts for nothing', async () => {
  server = await serveHttp(out, { proxies: ['192.0.2.0/24'] });
  expect(statusOf(await raw(server.port, `PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n${ask}`))).toBe(400);
  expect(statusOf(await raw(server.port, Buffer.concat([v2, Buffer.from(ask)])))).toBe(400);
  const lines = ['X-Forwarded-For: 192.0.2.7', 'Forwarded: for=192.0.2.8', 'X-Forwarded-Proto: https'];
  await get(server.port, `/${mac}.cfg`, lines);
  expect(await addresses(3)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
  expect(server.facts.map(({ protocol }) => protocol)).toEqual(['http', 'http', 'http']);
});

test('what a thread of ours says of a client is read as it was written, and nonsense is nobody', () => {
  const client = {
    protocol: 'https',
    address: '::1',
    certificate: { trusted: true, names: ['CN=x', 'DNS:"é'] },
  } as const;
  expect(readClient(writeClient(client))).toEqual(client);
  const long = {
    ...client,
    certificate: { trusted: false, names: ['CN=x', ...Array(1000).fill('DNS:phone.example')] },
  };
  expect(Buffer.byteLength(writeClient(long))).toBeLessThan(9000);
  expect(readClient(writeClient(long))?.certificate?.names[0]).toBe('CN=x');
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"protocol":"tftp","address":""}',
    '{"protocol":"http","address":"","certificate":1}',
  ])
    expect(readClient(text)).toBeUndefined();
});

test('a server on a local socket takes the word of who connects to it when local sockets are listed', async () => {
  const { connect } = await import('node:net');
  const path = `${out.around}/socket`;
  server = await serveHttp(out, { path, proxies: ['unix'] });
  const socket = connect(path);
  socket.end(`PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n${ask}`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  expect(bodyOf(Buffer.concat(chunks).toString())).toBe('bytes');
  expect(await addresses(1)).toEqual(['192.0.2.7']);
});
