import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Lookup } from '../../../src/serving/served.ts';
import { bodyOf, dial, get, type Running, raw, serveHttp, statusOf } from '../support/http.ts';
import { createOut, type Out } from '../support/out.ts';

const mac = '001565123456';
const ask = (path: string, ...lines: string[]) => ['GET ', path, ' HTTP/1.1\r\nHost: x\r\n', ...lines, '\r\n'].join('');
const bye = 'Connection: close\r\n';
let out: Out;
let server: Running;

beforeEach(async () => {
  out = await createOut();
  await out.build(`${mac}.cfg`, 'bytes', mac);
  await out.put('a.rom', 'firmware');
  server = await serveHttp(out);
});
afterEach(async () => {
  await server.stop();
  await out.remove();
});
const restart = async (options: Parameters<typeof serveHttp>[1]) => {
  await server.stop();
  server = await serveHttp(out, options);
};
const statuses = (response: string) => response.match(/HTTP\/1\.1 \d+/g)?.map((line) => Number(line.slice(-3)));

describe('a connection', () => {
  test('that comes to something unusual goes on with node:http, in order and without a byte lost', async () => {
    const put = `PUT /log HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`;
    const cfg = ask(`/${mac}.cfg`);
    const response = await raw(server.port, [cfg, cfg, put, cfg, ask('/a.rom'), cfg, ask('/no.cfg', bye)].join(''));
    expect(statuses(response)).toEqual([200, 200, 405, 200, 200, 200, 404]);
    expect(response.match(/\r\n\r\nbytes|\r\n\r\nfirmware/g)).toHaveLength(5);
    const facts = await server.recorded(7);
    expect(facts.map(({ status }) => status)).toEqual([200, 200, 405, 200, 200, 200, 404]);
    expect(facts.every(({ complete, address }) => complete && address === '127.0.0.1')).toBe(true);
  });

  test.each([1, 7, 40])('may bring its requests in pieces of %i bytes', async (size) => {
    const said = [ask(`/${mac}.cfg`), ask('/a.rom'), ask('/no.cfg'), ask(`/${mac}.cfg`, bye)].join('');
    const socket = await dial(server.port);
    socket.setNoDelay(true);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (let at = 0; at < said.length; at += size) {
      socket.write(said.slice(at, at + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    expect(statuses(Buffer.concat(chunks).toString())).toEqual([200, 200, 404, 200]);
    await server.recorded(4);
  });

  test('that is closed in the middle of a head gets a 400, and one that said nothing gets nothing', async () => {
    const half = await dial(server.port);
    const chunks: Buffer[] = [];
    half.on('data', (chunk: Buffer) => chunks.push(chunk));
    half.end('GET /a HTTP/1.1\r\nHo');
    await new Promise((resolve) => half.once('close', resolve));
    expect(statusOf(Buffer.concat(chunks).toString())).toBe(400);
    const silent = await dial(server.port);
    silent.resume().end();
    await new Promise((resolve) => silent.once('close', resolve));
    expect(await server.recorded(1)).toMatchObject([{ status: 400, method: 'GET', path: '/a' }]);
  });

  test('whose client leaves while its file is looked for is no complete fetch', async () => {
    const late: Lookup = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const bytes = Buffer.from('late');
      return { file: 'a.cfg', size: 4, modified: new Date(0), hash: 'x', bytes };
    };
    await restart({ lookup: late });
    const socket = await dial(server.port);
    socket.resume().end(ask('/a.cfg'));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await server.recorded(1)).toMatchObject([
      { status: 499, complete: false, bytes: 0, reason: 'the client closed the connection' },
    ]);
  });

  test('is closed when it was idle for too long after an answer', async () => {
    await restart({ limits: { idle: 200, headers: 20_000 } });
    const socket = await dial(server.port);
    socket.resume().write(ask(`/${mac}.cfg`));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await server.recorded(1)).toMatchObject([{ status: 200, complete: true }]);
  });

  test('after a request that wants no more is deaf', async () => {
    const response = await raw(server.port, ask(`/${mac}.cfg`, bye) + ask('/a.rom'));
    expect(statuses(response)).toEqual([200]);
    expect(server.facts).toHaveLength(1);
  });
});

describe('a large file of the build', () => {
  const size = 40_000_000;
  beforeEach(async () => void (await out.build('large.xml', 'x'.repeat(size))));

  test('arrives whole, twice in a row', async () => {
    const response = await raw(server.port, ask('/large.xml') + ask('/large.xml', bye));
    expect(statuses(response)).toEqual([200, 200]);
    expect(response.length).toBeGreaterThan(2 * size);
    expect((await server.recorded(2)).every(({ bytes, complete }) => complete && bytes === size)).toBe(true);
  });

  test('that the client does not want to the end is cut off, and what waited behind it was not given', async () => {
    const socket = await dial(server.port);
    socket.write(ask('/large.xml') + ask('/large.xml'));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    const facts = await server.recorded(2);
    expect(facts.map(({ status, complete }) => [status, complete])).toEqual([
      [200, false],
      [499, false],
    ]);
    for (const { bytes, reason } of facts) {
      expect(bytes).toBeLessThan(size);
      expect(reason).toBe('the client closed the connection');
    }
  });

  test('is cut off when the client stops reading', async () => {
    await restart({ limits: { stalled: 500 } });
    const socket = await dial(server.port);
    socket.pause().write(ask('/large.xml'));
    expect(await server.recorded(1)).toMatchObject([
      { status: 200, complete: false, reason: expect.stringContaining('stood still') },
    ]);
    socket.destroy();
  });

  test('is cut off when the client reads drop by drop', async () => {
    await restart({ limits: { answer: 100, slowest: 1_000_000_000 } });
    const socket = await dial(server.port);
    socket.pause().write(ask('/large.xml'));
    const drops = setInterval(() => socket.read(1000), 20);
    expect(await server.recorded(1)).toMatchObject([{ reason: expect.stringContaining('too slowly') }]);
    clearInterval(drops);
    socket.destroy();
  });

  test('is finished when the server is stopped', async () => {
    const socket = await dial(server.port);
    socket.write(ask('/large.xml'));
    await new Promise((resolve) => socket.once('data', resolve));
    const stopped = server.stop();
    await new Promise((resolve) => socket.resume().once('close', resolve));
    await stopped;
    expect(await server.recorded(1)).toMatchObject([{ complete: true, bytes: size }]);
  });
});

test('two servers share one port, and both are asked', async () => {
  const first = await serveHttp(out, { reusePort: true });
  const second = await serveHttp(out, { reusePort: true, port: first.port });
  expect(second.port).toBe(first.port);
  for (let i = 0; i < 200 && Math.min(first.facts.length, second.facts.length) === 0; i++)
    expect(bodyOf(await get(first.port, `/${mac}.cfg`))).toBe('bytes');
  expect(Math.min(first.facts.length, second.facts.length)).toBeGreaterThan(0);
  await Promise.all([first.stop(), second.stop()]);
});

describe('what is not for phones', () => {
  const passing = async () => {
    const passed: { head: string; address: string }[] = [];
    const other = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    await restart({
      handOver: (path) => path.startsWith('/api'),
      pass(socket, head, { address }) {
        passed.push({ head: head.toString(), address });
        socket.write(`passed ${head.length}`);
        socket.on('data', (chunk: Buffer) => socket.end(chunk));
        socket.resume();
      },
    });
    other.close();
    return passed;
  };

  test.each([
    ['an ordinary request', ask('/api/x?y')],
    ['a request with a body', 'POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe'],
    ['a target in absolute form', 'GET http://h/api HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an upgrade', ask('/api/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')],
    ['a head that is too long for us', ask('/api', `X-Long: ${'x'.repeat(9000)}\r\n`)],
  ])('is passed with the whole connection: %s', async (_, request) => {
    const passed = await passing();
    const socket = await dial(server.port);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => {
      if (chunks.push(chunk) === 1) socket.write('more');
    });
    socket.write(ask(`/${mac}.cfg`).repeat(2) + request);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(Buffer.concat(chunks).toString()).toMatch(/bytes.*bytespassed \d+more$/s);
    expect(passed).toEqual([{ head: request, address: '127.0.0.1' }]);
    expect((await server.recorded(2)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test('is never asked of node:http on a connection that it has: that one is closed after its answer', async () => {
    const passed = await passing();
    const response = await raw(server.port, ask('/a.rom') + ask('/api'));
    expect(statuses(response)).toEqual([200]);
    expect(response).toContain('Connection: close\r\n');
    expect(passed).toEqual([]);
  });

  test('and was passed ends when the server is stopped', async () => {
    await restart({ limits: { stop: 100 }, pass: (socket) => void socket.write('passed') });
    const socket = await dial(server.port);
    socket.write(ask('/-/x'));
    await new Promise((resolve) => socket.once('data', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await server.stop();
    await closed;
  });
});
