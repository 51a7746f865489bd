import { execFile } from 'node:child_process';
import { utimes } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { peer } from '../../support/peer.ts';
import { bodyOf, get, type Running, raw, serveHttp, statusOf } from '../support/http.ts';
import { createOut, type Out, sha256 } from '../support/out.ts';

const mac = '001565123456';
const text = 'account.1.label = Ada\n'.repeat(10);
const rom = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
const changed = new Date('2026-11-05T12:00:00.300Z');
const curl = peer('curl', 'curl');
const run = promisify(execFile);

let out: Out;
let server: Running;

beforeAll(async () => {
  out = await createOut();
  await out.build(`${mac}.cfg`, text, mac);
  await out.build('cfg000b82aabbcc.xml', '<gs/>', '000b82aabbcc');
  await out.build('common.cfg', 'common', undefined);
  await out.build('empty.cfg', '', undefined);
  await out.put('firmware/T46S.rom', rom);
  await out.put('empty.wav', '');
  for (const file of [`${mac}.cfg`, 'firmware/T46S.rom']) await utimes(`${out.folder}/${file}`, changed, changed);
  server = await serveHttp(out, {
    pages: ({ path }) =>
      path === '/-/healthy' ? { status: 200, headers: { 'Content-Type': 'text/plain' }, body: 'ok\n' } : undefined,
  });
});
beforeEach(() => void server.facts.splice(0));
afterAll(async () => {
  await server.stop();
  await out.remove();
});

// The second one goes through serve-handler, and must not differ.
const files = [
  { path: `/${mac}.cfg`, bytes: Buffer.from(text), type: 'text/plain; charset=utf-8' },
  { path: '/firmware/T46S.rom', bytes: rom, type: 'application/octet-stream' },
];

describe.each(files)('GET of $path', ({ path, bytes, type }) => {
  const fetchIt = (headers: Record<string, string> = {}, method = 'GET') =>
    fetch(server.url + path, { headers, method });
  const tag = async () => {
    // A tag made of time stamps is weak for two seconds.
    await expect.poll(async () => (await fetchIt({}, 'HEAD')).headers.get('etag'), { timeout: 10_000 }).toMatch(/^"/);
    return (await fetchIt({}, 'HEAD')).headers.get('etag')!;
  };

  test('gives the bytes with all that a client needs to ask again cheaply', async () => {
    const response = await fetchIt();
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': type,
      'content-length': `${bytes.length}`,
      'accept-ranges': 'bytes',
      'last-modified': 'Thu, 05 Nov 2026 12:00:00 GMT',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      etag: expect.stringMatching(/^(W\/)?"[0-9a-f]{32,64}"$/),
    });
    expect([...response.headers.keys()].sort()).toEqual([
      'accept-ranges',
      'cache-control',
      'connection',
      'content-length',
      'content-type',
      'date',
      'etag',
      'keep-alive',
      'last-modified',
      'x-content-type-options',
    ]);
  });

  test('with HEAD gives the same headers and no body', async () => {
    const [head, whole] = [await fetchIt({}, 'HEAD'), await fetchIt()];
    await whole.arrayBuffer();
    const lasting = (response: Response) =>
      [...response.headers].filter(([name]) => !['date', 'etag', 'connection', 'keep-alive'].includes(name));
    expect(lasting(head)).toEqual(lasting(whole));
    const response = await raw(server.port, `HEAD ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(bodyOf(response)).toBe('');
  });

  test('is a 304 for its tag, alone, in a list, weak, or *, without a body', async () => {
    const own = await tag();
    for (const header of [own, `W/${own}`, `"x", ${own}`, '*']) {
      const response = await fetchIt({ 'If-None-Match': header });
      expect(response.status, header).toBe(304);
      expect(response.headers.get('etag')).toBe(own);
      expect(response.headers.get('content-length')).toBeNull();
    }
    expect((await fetchIt({ 'If-None-Match': '"x", "y"' })).status).toBe(200);
    expect((await fetchIt({ 'If-None-Match': own }, 'HEAD')).status).toBe(304);
  });

  test('is a 304 when it has not changed since, unless a tag says more', async () => {
    const since = (date: string, more = {}) =>
      fetchIt({ 'If-Modified-Since': date, ...more }).then(({ status }) => status);
    expect(await since('Thu, 05 Nov 2026 12:00:00 GMT')).toBe(304);
    expect(await since('Thursday, 05-Nov-26 12:00:01 GMT')).toBe(304);
    expect(await since('Thu, 05 Nov 2026 11:59:59 GMT')).toBe(200);
    expect(await since('yesterday')).toBe(200);
    expect(await since('Thu, 05 Nov 2026 12:00:00 GMT', { 'If-None-Match': '"x"' })).toBe(200);
  });

  test('is a 412 when the client wants another one', async () => {
    expect((await fetchIt({ 'If-Match': '"x"' })).status).toBe(412);
    expect((await fetchIt({ 'If-Match': await tag() })).status).toBe(200);
  });

  test.each([
    ['bytes=0-9', 0, 10],
    ['bytes=5-', 5, undefined],
    ['bytes=-7', -7, undefined],
    ['bytes=100-999999999', 100, undefined],
  ])('with Range %s gives this part', async (range, start, end) => {
    const response = await fetchIt({ Range: range });
    const part = bytes.subarray(start, end);
    expect(response.status).toBe(206);
    expect(Buffer.from(await response.arrayBuffer()).equals(part)).toBe(true);
    expect(response.headers.get('content-length')).toBe(`${part.length}`);
    const first = start < 0 ? bytes.length + start : start;
    expect(response.headers.get('content-range')).toBe(`bytes ${first}-${first + part.length - 1}/${bytes.length}`);
  });

  test('with Range beyond the end is a 416 with the size and no body', async () => {
    const response = await get(server.port, path, [`Range: bytes=${bytes.length}-`]);
    expect(statusOf(response)).toBe(416);
    expect(response).toContain(`Content-Range: bytes */${bytes.length}\r\n`);
    expect(bodyOf(response)).toBe('');
  });

  test.each(['bytes=0-1,5-6', 'bytes=9-1', 'lines=0-1', 'bytes=x'])('with Range %s gives the whole', async (range) => {
    const response = await fetchIt({ Range: range });
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(response.headers.get('content-range')).toBeNull();
  });

  test('with If-Range gives the part of the same bytes, and the whole of others', async () => {
    const own = await tag();
    const ranged = (value: string) => fetchIt({ Range: 'bytes=0-1', 'If-Range': value }).then(({ status }) => status);
    expect(await ranged(own)).toBe(206);
    expect(await ranged('Thu, 05 Nov 2026 12:00:00 GMT')).toBe(206);
    for (const stale of ['"x"', `W/${own}`, 'Thu, 05 Nov 2026 12:00:01 GMT'])
      expect(await ranged(stale), stale).toBe(200);
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])(
    'with %s is a 405 with Allow and no body',
    async (method) => {
      const response = await fetchIt({}, method);
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
      expect(await response.text()).toBe('');
    },
  );

  test('from a client of HTTP/1.0 gives the bytes and closes', async () => {
    const response = await raw(server.port, `GET ${path} HTTP/1.0\r\n\r\n`);
    expect(statusOf(response)).toBe(200);
    expect(response).toContain('Connection: close\r\n');
    expect(Buffer.from(bodyOf(response), 'latin1').equals(bytes)).toBe(true);
  });

  test('five times in one packet gives five answers in order', async () => {
    const one = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const last = `GET /nothing.cfg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const response = await raw(server.port, one.repeat(5) + last);
    expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual([...Array(5).fill('HTTP/1.1 200'), 'HTTP/1.1 404']);
    expect(response.length).toBeGreaterThan(5 * bytes.length);
    expect((await server.recorded(6)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 404]);
  });

  test.skipIf(curl.missing)(`is whole, resumed and conditional for curl (${curl.sentence})`, async () => {
    const url = server.url + path;
    const whole = await run('curl', ['-sS', url], { encoding: 'buffer', maxBuffer: 1e6 });
    expect(whole.stdout.equals(bytes)).toBe(true);
    const rest = await run('curl', ['-sS', '-C', '100', url], { encoding: 'buffer', maxBuffer: 1e6 });
    expect(rest.stdout.equals(bytes.subarray(100))).toBe(true);
    const write = ['-sS', '-o', '/dev/null', '-w', '%{http_code}'];
    expect((await run('curl', [...write, '-z', 'Thu, 05 Nov 2026 12:00:01 GMT', url])).stdout).toBe('304');
    expect((await run('curl', [...write, '-X', 'POST', '-d', 'x', url])).stdout).toBe('405');
    expect((await run('curl', [...write, '-T', '/dev/null', url])).stdout).toBe('405');
    expect((await run('curl', [...write, '-0', '-I', url])).stdout).toBe('200');
    expect((await run('curl', [...write, '--http2', url])).stdout).toBe('200');
  });
});

test('an empty file is an empty answer, of ours and of people', async () => {
  for (const path of ['/empty.cfg', '/empty.wav']) {
    const response = await fetch(server.url + path, { headers: { Range: 'bytes=0-' } });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '0', '']);
  }
});

test('the tag of a file of the build is its hash', async () => {
  const response = await fetch(`${server.url}/${mac}.cfg`);
  expect(response.headers.get('etag')).toBe(`"${sha256(text)}"`);
});

test('a tag made of time stamps is weak while the file is younger than two seconds', async () => {
  await out.put('new.wav', 'ding');
  const response = await fetch(`${server.url}/new.wav`);
  expect(response.headers.get('etag')).toMatch(/^W\/"/);
  expect(
    (await fetch(`${server.url}/new.wav`, { headers: { 'If-None-Match': response.headers.get('etag')! } })).status,
  ).toBe(304);
});

test('a file that was written twice within a second never passes for unchanged by its date', async () => {
  await out.build('twice.cfg', 'one', undefined);
  const first = await fetch(`${server.url}/twice.cfg`);
  await out.build('twice.cfg', 'two', undefined);
  const again = await fetch(`${server.url}/twice.cfg`, {
    headers: { 'If-Modified-Since': first.headers.get('last-modified')! },
  });
  expect(await again.text()).toBe('two');
});

test('a name that is not ASCII comes through encoded, and bare it is no HTTP', async () => {
  await out.put('Klingeltöne/Glück 1.wav', 'ding');
  expect(await (await fetch(`${server.url}/klingelt%C3%B6ne/gl%C3%BCck%201.wav`)).text()).toBe('ding');
  const response = await raw(
    server.port,
    Buffer.from('GET /Klingeltöne/Glück%201.wav HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  );
  expect(statusOf(response)).toBe(400);
});

test('a missing file is a 404 with an empty body', async () => {
  const response = await get(server.port, `/${mac}.boot`);
  expect(statusOf(response)).toBe(404);
  expect(response).toContain('Content-Length: 0\r\n');
  expect(response).not.toContain('\r\nContent-Type');
  expect(bodyOf(response)).toBe('');
});

test('pages come before files, for GET and HEAD only, and are no fetches', async () => {
  const response = await fetch(`${server.url}/-/healthy?verbose`);
  expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([
    200,
    'ok\n',
    'text/plain',
  ]);
  const head = await fetch(`${server.url}/-/healthy`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '3']);
  expect(server.facts).toEqual([]);
  expect((await fetch(`${server.url}/-/healthy`, { method: 'POST' })).status).toBe(405);
  expect((await fetch(`${server.url}/-/nothing`)).status).toBe(404);
  expect((await server.recorded(2)).map(({ status }) => status)).toEqual([405, 404]);
});

describe('the fact of a fetch', () => {
  test('says who got what', async () => {
    await fetch(`${server.url}/provision/00-15-65-12-34-56.CFG?password=secret`, {
      headers: { 'User-Agent': 'Acme T46S 66.86.0.15 80:5e:c0:aa:bb:cc' },
    });
    const [fact] = await server.recorded(1);
    expect(fact).toEqual({
      at: expect.any(Number),
      protocol: 'http',
      address: '127.0.0.1',
      method: 'GET',
      path: '/provision/00-15-65-12-34-56.CFG?...',
      file: `${mac}.cfg`,
      device: mac,
      user_agent: 'Acme T46S 66.86.0.15 80:5e:c0:aa:bb:cc',
      model: 'T46S',
      firmware: '66.86.0.15',
      status: 200,
      bytes: text.length,
      complete: true,
      revision: `r-${mac}`,
      reason: undefined,
      duration: expect.any(Number),
    });
  });

  test('takes the device from the file, else from the path, else from the user agent', async () => {
    const agent = { headers: { 'User-Agent': 'Acme T46S 66.86.0.15 80:5e:c0:aa:bb:cc' } };
    await fetch(`${server.url}/${mac}.cfg`, agent);
    await fetch(`${server.url}/0004f2abcdef.cfg`, agent);
    await fetch(`${server.url}/common.cfg`, agent);
    await fetch(`${server.url}/common.cfg`);
    expect((await server.recorded(4)).map(({ device }) => device)).toEqual([
      mac,
      '0004f2abcdef',
      '805ec0aabbcc',
      undefined,
    ]);
  });

  test('says why nothing, or nothing new, was given', async () => {
    await fetch(`${server.url}/%7Bmac%7D.cfg`);
    await fetch(`${server.url}/.env`);
    await fetch(`${server.url}/common.cfg`, { headers: { 'If-None-Match': '*' } });
    await fetch(`${server.url}/firmware/T46S.rom`, { headers: { Range: 'bytes=0-99' } });
    await fetch(`${server.url}/firmware/T46S.rom`, { method: 'HEAD' });
    await fetch(`${server.url}/common.cfg`, { method: 'PUT', body: 'x' });
    const facts = await server.recorded(6);
    expect(facts.map(({ status, bytes, complete }) => [status, bytes, complete])).toEqual([
      [404, 0, true],
      [403, 0, true],
      [304, 0, true],
      [206, 100, true],
      [200, 0, true],
      [405, 0, true],
    ]);
    expect(facts[0]?.reason).toContain('{mac}');
    expect(facts[1]?.reason).toBe('a dot file');
    expect(facts[5]?.reason).toContain('PUT');
  });
});
