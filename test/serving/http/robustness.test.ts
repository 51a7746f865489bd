import { chmod, readdir, truncate } from 'node:fs/promises';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHttpServer } from '../../../src/serving/http/server.ts';
import type { Lookup } from '../../../src/serving/served.ts';
import { bodyOf, dial, get, type Running, raw, serveHttp, statusOf } from '../support/http.ts';
import { asNobody } from '../support/nobody.ts';
import { createOut, type Out } from '../support/out.ts';

const mac = '001565123456';
const large = Buffer.alloc(30_000_000, 'firmware ');
let out: Out;
let server: Running;

beforeEach(async () => {
  out = await createOut();
  await out.build(`${mac}.cfg`, 'bytes', mac);
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
const serves = async () => expect(bodyOf(await get(server.port, `/${mac}.cfg`))).toBe('bytes');
const descriptors = async () => (await readdir('/proc/self/fd')).length;

describe('attacks on the path, raw on the wire', () => {
  test.each([
    ['/../../etc/passwd', 403],
    ['/provision/../../../etc/passwd', 403],
    ['/%2e%2e/%2e%2e/etc/passwd', 403],
    ['/%2e%2e%2f%2e%2e%2fetc%2fpasswd', 403],
    ['/%252e%252e/etc/passwd', 403],
    ['/..%5c..%5cetc%5cpasswd', 403],
    ['/..\\..\\etc\\passwd', 403],
    ['/.env', 403],
    ['/a/.git/config', 403],
    ['/C:/boot.ini', 403],
    ['http://127.0.0.1/../../etc/passwd', 403],
    ['http://evil/%2e%2e/etc/passwd', 403],
    ['//etc/passwd', 404],
    ['file:///etc/passwd', 404],
    ['/%00', 400],
    ['/a%00.cfg', 400],
    ['/%', 400],
    ['/%c0%ae%c0%ae/etc/passwd', 400],
    ['*', 404],
    ['/', 404],
  ])('%s is a %i with an empty body, and a fact with the reason', async (target, status) => {
    const response = await get(server.port, target);
    expect(statusOf(response)).toBe(status);
    expect(bodyOf(response)).toBe('');
    expect(await server.recorded(1)).toMatchObject([{ status, reason: expect.any(String), complete: true }]);
    await serves();
  });

  test('a target in absolute form gets the file', async () => {
    expect(bodyOf(await get(server.port, `http://192.0.2.9:80/provision/${mac}.cfg`))).toBe('bytes');
  });
});

describe('what is no HTTP', () => {
  test.each([
    ['nonsense', 'hello\r\n\r\n', 400],
    ['no host', `GET /${mac}.cfg HTTP/1.1\r\nConnection: close\r\n\r\n`, 400],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex'), 400],
    ['NUL', 'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['two lengths', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['smuggling', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['large headers', `GET /a HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
    ['a long target', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
  ])('%s is refused without a body', async (_, request, status) => {
    const response = await raw(server.port, request);
    expect(statusOf(response)).toBe(status);
    expect(response).toContain('Content-Length: 0\r\n');
    expect(bodyOf(response)).toBe('');
    const [fact] = await server.recorded(1);
    expect(fact).toMatchObject({ status, bytes: 0, address: '127.0.0.1', reason: expect.any(String) });
    await serves();
  });

  test('TLS on the port of plain HTTP is named', async () => {
    await raw(server.port, Buffer.from('16030100a5010000a10303', 'hex'));
    expect((await server.recorded(1))[0]?.reason).toContain('TLS');
  });

  test('behind a good request does not cost that one its answer', async () => {
    const response = await raw(server.port, `GET /${mac}.cfg HTTP/1.1\r\nHost: x\r\n\r\n\0\0nonsense\r\n\r\n`);
    expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect((await server.recorded(2)).map(({ status }) => status)).toEqual([200, 400]);
  });

  test('an expectation is no reason to refuse', async () => {
    for (const expectation of ['100-continue', 'something-else'])
      expect(statusOf(await get(server.port, `/${mac}.cfg`, [`Expect: ${expectation}`]))).toBe(200);
  });

  test('any bytes leave the server alive', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'GET ',
        'HEAD ',
        'PUT ',
        '/',
        `/${mac}.cfg`,
        ' HTTP/1.1',
        ' HTTP/1.0',
        '\r\n',
        'Host: x\r\n',
        '\r\n\r\n',
      ),
      fc.constantFrom(
        'Range: bytes=',
        '0-1',
        'If-None-Match: ',
        '"x"',
        '*',
        'Content-Length: 5\r\n',
        'Transfer-Encoding: chunked\r\n',
      ),
      fc.string({ unit: 'binary', maxLength: 10 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const socket = await dial(server.port);
        socket.end(pieces.join(''));
        socket.resume();
        await new Promise((resolve) => socket.once('close', resolve));
      }),
      { numRuns: 150 },
    );
    await serves();
  });
});

describe('a hostile user agent', () => {
  test.each([
    ['very long', 'x'.repeat(8_000)],
    ['full of control characters', 'Acme\tT46S\x80\x9b31m'],
    ['of format strings', '%s%n$(x)`x`<script>&amp;'],
    ['a pattern’s worst case', `Acme T46S ${'1.'.repeat(3000)}`],
  ])('%s is cut and cleaned', async (_, agent) => {
    await get(server.port, `/${mac}.cfg`, [`User-Agent: ${agent}`]);
    const [fact] = await server.recorded(1);
    expect(fact?.status).toBe(200);
    expect(fact?.user_agent?.length).toBeLessThanOrEqual(256);
    expect(fact?.user_agent).not.toMatch(/\p{Cc}/u);
  });
});

describe('descriptors', () => {
  test('stay flat over 500 conditional requests and 100 downloads that are broken off', async () => {
    await out.put('large.rom', large);
    await serves();
    const before = await descriptors();
    for (let i = 0; i < 500; i++) {
      expect(statusOf(await get(server.port, '/large.rom', ['If-None-Match: *']))).toBe(304);
    }
    for (let i = 0; i < 100; i++) {
      const socket = await dial(server.port);
      socket.write('GET /large.rom HTTP/1.1\r\nHost: x\r\n\r\n');
      await new Promise((resolve) => socket.once('data', resolve));
      socket.destroy();
    }
    const facts = await server.recorded(601);
    expect(facts.filter(({ complete }) => !complete)).toHaveLength(100);
    const cut = facts.at(-1);
    expect(cut).toMatchObject({ status: 200, reason: 'the client closed the connection' });
    expect(cut?.bytes).toBeLessThan(large.length);
    await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThanOrEqual(before + 3);
  });

  test('are not opened by the hundred for requests that wait on one connection', async () => {
    await out.put('large.rom', large);
    await restart({ limits: { pipelined: 1000 } });
    const before = await descriptors();
    const socket = await dial(server.port);
    socket.pause();
    socket.write('GET /large.rom HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await descriptors()).toBeLessThan(before + 10);
    socket.destroy();
    await server.recorded(500);
    await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThanOrEqual(before);
  });

  test('of people’s files are closed when the client leaves before the answer', async () => {
    await out.put('a.wav', 'ding');
    await serves();
    const before = await descriptors();
    for (let i = 0; i < 50; i++) {
      const socket = await dial(server.port);
      socket.write('GET /a.wav HTTP/1.1\r\nHost: x\r\n\r\n');
      socket.destroySoon();
    }
    await server.recorded(51);
    await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThanOrEqual(before);
  });
});

describe('a file that cannot be given', () => {
  test('because it may not be read is a 403 with the reason, and the server lives on', async () => {
    await chmod(await out.put('locked.wav', 'x'), 0);
    const response = await asNobody(() => get(server.port, '/locked.wav'));
    expect([statusOf(response), bodyOf(response)]).toEqual([403, '']);
    expect(await server.recorded(1)).toMatchObject([{ status: 403, reason: expect.stringContaining('EACCES') }]);
    await serves();
  });

  test('because it vanished after the look is a 404', async () => {
    const gone: Lookup = async () => ({
      file: 'a.rom',
      size: 4,
      modified: new Date(),
      open: () => Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' })),
    });
    await restart({ lookup: gone });
    expect(statusOf(await get(server.port, '/a.rom'))).toBe(404);
    expect(await server.recorded(1)).toMatchObject([{ status: 404, file: 'a.rom' }]);
  });

  test('because it became shorter while it was sent ends the connection, and the fact says so', async () => {
    const path = await out.put('large.rom', large);
    const socket = await dial(server.port);
    socket.write('GET /large.rom HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await truncate(path, 1_000_000);
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    const [fact] = await server.recorded(1);
    expect(fact).toMatchObject({ status: 200, complete: false, reason: expect.stringContaining('shorter') });
    await serves();
  });

  test('because the lookup fails is a 500, and a recorder that fails costs its fact', async () => {
    await restart({
      lookup: () => Promise.reject(new Error('broken')),
      record: () => {
        throw new Error('disk full');
      },
    });
    expect(statusOf(await get(server.port, '/a'))).toBe(500);
    await expect.poll(() => server.lines.join()).toContain('disk full');
    expect(statusOf(await get(server.port, '/a'))).toBe(500);
  });
});

describe('a client that dawdles', () => {
  const closed = async (socket: Awaited<ReturnType<typeof dial>>) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await new Promise((resolve) => socket.once('close', resolve));
    return Buffer.concat(chunks).toString();
  };

  test('over its headers gets a 408', async () => {
    await restart({ limits: { headers: 300 } });
    const socket = await dial(server.port);
    const dribble = setInterval(() => socket.write('X'), 50);
    socket.write('GET / HTTP/1.1\r\nX: ');
    expect(statusOf(await closed(socket))).toBe(408);
    clearInterval(dribble);
    expect(await server.recorded(1)).toMatchObject([{ status: 408, reason: 'the request did not come in time' }]);
  });

  test('and says nothing at all is closed without a fact', async () => {
    await restart({ limits: { headers: 300 } });
    expect(await closed(await dial(server.port))).toBe('');
    expect(server.facts).toEqual([]);
  });

  test('over its body gets its answer, and no more time', async () => {
    await restart({ limits: { headers: 300, request: 600 } });
    const socket = await dial(server.port);
    socket.write('PUT /log HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc');
    expect(statusOf(await closed(socket))).toBe(405);
  });

  test('and does not read its answer is cut off', async () => {
    await out.put('large.rom', large);
    await restart({ limits: { stalled: 500 } });
    const socket = await dial(server.port);
    socket.pause();
    socket.write('GET /large.rom HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await server.recorded(1)).toMatchObject([
      { status: 200, complete: false, reason: expect.stringContaining('stood still') },
    ]);
    socket.destroy();
  });

  test('and reads drop by drop is cut off', async () => {
    await out.put('large.rom', large);
    await restart({ limits: { answer: 100, slowest: 100_000_000 } });
    const socket = await dial(server.port);
    socket.pause();
    const drops = setInterval(() => socket.read(1000), 20);
    socket.write('GET /large.rom HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await server.recorded(1)).toMatchObject([
      { complete: false, reason: expect.stringContaining('too slowly') },
    ]);
    clearInterval(drops);
    socket.destroy();
  });

  test('does not keep the others waiting', async () => {
    const idle = await Promise.all(Array.from({ length: 200 }, () => dial(server.port)));
    for (const socket of idle) socket.write('GET /');
    await serves();
    for (const socket of idle) socket.destroy();
  });
});

describe('more than it bears', () => {
  test('connections are closed unanswered, and said once', async () => {
    await restart({ limits: { connections: 2 } });
    const first = await Promise.all([dial(server.port), dial(server.port)]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await raw(server.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
    expect(await raw(server.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
    expect(server.lines).toHaveLength(1);
    for (const socket of first) socket.destroy();
    await expect.poll(async () => statusOf(await get(server.port, `/${mac}.cfg`))).toBe(200);
  });

  test('requests waiting on one connection end it', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await restart({ limits: { pipelined: 20 }, lookup: () => held.then(() => ({ status: 404, reason: 'late' })) });
    await raw(server.port, 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50));
    release();
    const facts = await server.recorded(20);
    expect(facts.every(({ complete, reason }) => !complete && reason?.includes('too many requests'))).toBe(true);
  });

  test('bytes of a body end the connection after the answer, a small body does not', async () => {
    await restart({ limits: { unwantedBody: 1000 } });
    const put = (length: number, body: string) =>
      `PUT /log HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${body}`;
    const small = await raw(
      server.port,
      `${put(5, 'hello')}GET /${mac}.cfg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(small.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 405', 'HTTP/1.1 200']);
    const response = await raw(server.port, put(1_000_000_000, 'x'));
    expect(statusOf(response)).toBe(405);
    expect(response).toContain('Connection: close');
  });
});

describe('stopping', () => {
  test('finishes the answer that is under way, and closes idle connections at once', async () => {
    await out.put('large.rom', large);
    const idle = await dial(server.port);
    idle.resume();
    const busy = await dial(server.port);
    busy.write('GET /large.rom HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => busy.once('data', resolve));
    busy.pause();
    const stopped = server.stop();
    await new Promise((resolve) => idle.once('close', resolve));
    let received = 0;
    busy.on('data', (chunk) => {
      received += chunk.length;
    });
    busy.resume();
    await new Promise((resolve) => busy.once('close', resolve));
    await stopped;
    expect(received).toBeGreaterThan(large.length - 100_000);
    expect(await server.recorded(1)).toMatchObject([{ complete: true, bytes: large.length }]);
  });

  test('cuts off what does not end', async () => {
    await out.put('large.rom', large);
    await restart({ limits: { stop: 200 } });
    const busy = await dial(server.port);
    busy.pause();
    busy.write('GET /large.rom HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => busy.bytesRead).toBeGreaterThan(0);
    await server.stop();
    expect(await server.recorded(1)).toMatchObject([{ complete: false, reason: expect.stringContaining('stopped') }]);
    busy.destroy();
  });

  test('twice, or before the start, is no fault', async () => {
    await server.stop();
    await server.stop();
  });
});

describe('a port that cannot be had', () => {
  const starting = (port: number, host = '127.0.0.1') => {
    const nothing = () => {};
    const log = { info: nothing, warn: nothing, error: nothing };
    const lookup: Lookup = async () => ({ status: 404, reason: 'nothing' });
    return createHttpServer({ host, port, lookup, record: nothing, identify: () => ({}), log }).start();
  };

  test('because another program has it says so and what to do', async () => {
    await expect(starting(server.port)).rejects.toThrow(/another program has it.*--http-port/);
  });

  test('because no interface has the address says so', async () => {
    await expect(starting(0, '192.0.2.1')).rejects.toThrow(/no such address.*--host/);
  });

  test('because the user may not says so and what to do', async () => {
    await expect(asNobody(() => starting(80))).rejects.toThrow(/may not bind.*--http-port.*CAP_NET_BIND_SERVICE/);
  });
});

test('a request that comes one byte a packet is answered like any other', async () => {
  const socket = connect(server.port, '127.0.0.1');
  socket.setNoDelay(true);
  for (const c of `GET /${mac}.cfg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`) {
    socket.write(c);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  expect(bodyOf(Buffer.concat(chunks).toString())).toBe('bytes');
});
