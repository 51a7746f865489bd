import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFieldsReader, readFields } from '../../../src/serving/http/fields.ts';
import { longestHead, readHead, readTarget } from '../../../src/serving/http/head.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const read = (text: string, start?: number) => readHead(bytes(text), start);
const host = 'Host: x\r\n';

describe('an ordinary request', () => {
  test('is read with the headers that an answer depends on', () => {
    const head =
      'GET /a.cfg?x HTTP/1.1\r\nhOST:  x:8080\t\r\nUser-Agent: Acme T46S\r\nAccept: */*\r\nRange: bytes=0-1\r\n\r\n';
    expect(read(`${head}GET`)).toEqual({
      method: 'GET',
      target: '/a.cfg?x',
      minor: 1,
      keepAlive: true,
      length: head.length,
      headers: { host: 'x:8080', 'user-agent': 'Acme T46S', range: 'bytes=0-1' },
    });
    expect(read(`..${head}`, 2)).toMatchObject({ target: '/a.cfg?x', length: head.length });
  });

  test('of HTTP/1.0 needs no Host, nor any header', () => {
    expect(read('HEAD / HTTP/1.0\r\n\r\n')).toMatchObject({ method: 'HEAD', minor: 0, keepAlive: false });
  });

  test.each([
    ['1.1', '', true],
    ['1.1', 'Connection: close\r\n', false],
    ['1.1', 'Connection: Keep-Alive\r\n', true],
    ['1.0', '', false],
    ['1.0', 'Connection: keep-alive\r\n', true],
    ['1.0', 'connection: CLOSE\r\n', false],
  ])('of HTTP/%s with %j says whether the client wants more', (version, line, keepAlive) => {
    expect(read(`GET / HTTP/${version}\r\n${host}${line}\r\n`)).toMatchObject({ keepAlive });
  });

  test('is incomplete up to its last byte', () => {
    const head = `GET /a.cfg HTTP/1.1\r\n${host}User-Agent: Acme\r\n\r\n`;
    for (let length = 1; length < head.length; length++)
      expect(read(head.slice(0, length)), `${length}`).toBe('incomplete');
    expect(read(head)).toMatchObject({ length: head.length });
  });
});

describe('what is not for this reader', () => {
  test.each([
    ['another method', `POST / HTTP/1.1\r\n${host}\r\n`],
    ['a method in lower case', `get / HTTP/1.1\r\n${host}\r\n`],
    ['another version', `GET / HTTP/2.0\r\n${host}\r\n`],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['a target in absolute form', `GET http://x/ HTTP/1.1\r\n${host}\r\n`],
    ['an asterisk', `GET * HTTP/1.1\r\n${host}\r\n`],
    ['a fragment', `GET /a#b HTTP/1.1\r\n${host}\r\n`],
    ['a space in the target', `GET /a b HTTP/1.1\r\n${host}\r\n`],
    ['a target that is not ASCII', `GET /\xe4 HTTP/1.1\r\n${host}\r\n`],
    ['two spaces', `GET  / HTTP/1.1\r\n${host}\r\n`],
    ['an empty line first', `\r\nGET / HTTP/1.1\r\n${host}\r\n`],
    ['no Host', 'GET / HTTP/1.1\r\nAccept: */*\r\n\r\n'],
    ['two Hosts', `GET / HTTP/1.1\r\n${host}${host}\r\n`],
    ['a length', `GET / HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`],
    ['a transfer coding', `GET / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`],
    ['an expectation', `GET / HTTP/1.1\r\n${host}Expect: 100-continue\r\n\r\n`],
    ['an upgrade', `GET / HTTP/1.1\r\n${host}Upgrade: websocket\r\nConnection: upgrade\r\n\r\n`],
    ['a list of connection options', `GET / HTTP/1.1\r\n${host}Connection: close, TE\r\n\r\n`],
    ['the connection of a proxy', `GET / HTTP/1.1\r\n${host}Proxy-Connection: close\r\n\r\n`],
    ['a condition that phones do not know', `GET / HTTP/1.1\r\n${host}If-Match: "x"\r\n\r\n`],
    ['a header that nobody knows', `GET / HTTP/1.1\r\n${host}Content-Lenght: 5\r\n\r\n`],
    ['a blank before the colon', `GET / HTTP/1.1\r\n${host}Range : bytes=0-1\r\n\r\n`],
    ['a folded header', `GET / HTTP/1.1\r\n${host}Range: bytes=0-1\r\n 2\r\n\r\n`],
    ['a header without a name', `GET / HTTP/1.1\r\n${host}: x\r\n\r\n`],
    ['a header without a colon', `GET / HTTP/1.1\r\n${host}Range\r\n\r\n`],
    ['a bare CR in a header', `GET / HTTP/1.1\r\n${host}Range: a\rb\r\n\r\n`],
    ['a bare LF in a header', `GET / HTTP/1.1\r\n${host}Range: a\nContent-Length: 5\r\n\r\n`],
    ['bare LFs', `GET / HTTP/1.1\nHost: x\n\n\r\n\r\n`],
    ['a NUL in a header', `GET / HTTP/1.1\r\n${host}Range: \0\r\n\r\n`],
    ['a header that is not ASCII', `GET / HTTP/1.1\r\n${host}User-Agent: \xe4\r\n\r\n`],
    ['a long head', `GET / HTTP/1.1\r\n${host}User-Agent: ${'x'.repeat(longestHead)}\r\n\r\n`],
    ['a long head that is not whole', `GET / HTTP/1.1\r\n${host}User-Agent: ${'x'.repeat(longestHead)}`],
    ['no HTTP, not whole', 'hello'],
    ['TLS, not whole', '\x16\x03\x01'],
    ['a head with a NUL, not whole', 'GET /\0'],
    ['a head with a bare LF, not whole', 'GET / HTTP/1.1\nHost'],
  ])('is %s', (_, text) => {
    expect(read(text)).toBe('unusual');
  });

  test('still tells its target, when it is HTTP', () => {
    expect(readTarget(bytes('POST /api/x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello'))).toBe('/api/x');
    expect(readTarget(bytes('..GET http://x/-/a HTTP/1.0\r\n'), 2)).toBe('http://x/-/a');
    expect(readTarget(bytes('POST /api/x'))).toBeUndefined();
    expect(readTarget(bytes('hello\r\n\r\n'))).toBeUndefined();
  });
});

/** What node:http reads first in the bytes. */
async function readByNode(text: Buffer): Promise<Pick<IncomingMessage, 'method' | 'url' | 'headers'> | undefined> {
  const { promise, resolve } = Promise.withResolvers<IncomingMessage | undefined>();
  const server = createServer({ requireHostHeader: false }, (request) => resolve(request));
  server.on('clientError', () => resolve(undefined));
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  server.emit('connection', socket);
  socket.push(text);
  socket.push(null);
  return promise.finally(() => socket.destroy());
}

test('whatever it reads, node:http reads the same, and nothing makes it throw', async () => {
  const name = fc.constantFrom(
    'Host',
    'host',
    'User-Agent',
    'Range',
    'If-Range',
    'Accept',
    'X-A',
    'Content-Length',
    'Te',
    'A b',
  );
  const value = fc.oneof(
    fc.constantFrom('', ' ', 'x', ' bytes=0-1', '\t"a" ', '5', 'close'),
    fc.string({ maxLength: 8 }),
  );
  const line = fc.tuple(
    name,
    fc.constantFrom(':', ': ', ' :', ''),
    value,
    fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r\n '),
  );
  const start = fc.tuple(
    fc.constantFrom('GET', 'GET', 'HEAD', 'PUT'),
    fc.constantFrom(' ', ' ', ' ', '  '),
    fc.oneof(
      fc.constantFrom('/', '/a.cfg', '/%41?b=c', '*'),
      fc.string({ maxLength: 6 }).map((text) => `/${text}`),
    ),
    fc.constantFrom(' HTTP/1.1\r\n', ' HTTP/1.1\r\n', ' HTTP/1.0\r\n', ' HTTP/1.1\n', '\r\n'),
  );
  const request = fc.tuple(start, fc.array(line, { maxLength: 4 }));
  let agreed = 0;
  await fc.assert(
    fc.asyncProperty(request, fc.boolean(), async ([first, lines], withHost) => {
      const text = bytes(`${first.join('')}${withHost ? host : ''}${lines.flat().join('')}\r\n`);
      const head = readHead(text);
      if (typeof head === 'string') return;
      const message = await readByNode(text);
      expect(message).toBeDefined();
      const { method, url, headers } = message!;
      expect([method, url]).toEqual([head.method, head.target]);
      for (const [key, read] of Object.entries(head.headers)) expect(headers[key], key).toBe(read);
      agreed++;
    }),
    { numRuns: 2000 },
  );
  expect(agreed).toBeGreaterThan(50);
});

test('lines that were read a moment ago are not read again, and say the same', () => {
  const reader = createFieldsReader(2);
  const blocks = ['Host: x\r\n', 'Host: y\r\nConnection: close\r\n', 'Range: bytes=0-1\r\n', 'Host\r\n'];
  for (const block of [...blocks, ...blocks]) expect(reader.read(block)).toEqual(readFields(block));
  expect(reader.read(blocks[0]!)).toBe(reader.read(blocks[0]!));
  const before = reader.read(blocks[0]!);
  reader.forget();
  expect(reader.read(blocks[0]!)).not.toBe(before);
});

test('any bytes are read or refused, and what is incomplete is short', () => {
  const piece = fc.oneof(
    fc.constantFrom('GET ', '/', ' HTTP/1.1\r\n', 'Host: x\r\n', '\r\n'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = bytes(pieces.join(''));
      const head = readHead(text);
      if (typeof head === 'object') expect(text.toString('latin1', head.length - 4, head.length)).toBe('\r\n\r\n');
    }),
    { numRuns: 2000 },
  );
});
