import { type Option, writeAck, writeData, writeError, writeOack, writeRequest } from '../src/tftp/packet.ts';

const options: readonly Option[][] = [
  [],
  [['blksize', '1428']],
  [['tsize', '0']],
  [
    ['blksize', '8'],
    ['timeout', '1'],
  ],
  [
    ['blksize', '1428'],
    ['windowsize', '16'],
    ['tsize', '0'],
  ],
  [
    ['windowsize', '64'],
    ['BLKSIZE', '65464'],
    ['unknown', 'x'],
  ],
];
const paths = (names: readonly string[]) => [
  ...names,
  '/provision/001565abcdef.cfg',
  '001565ABCDEF-phone.cfg',
  '../../etc/passwd',
  'a/b/c.wav',
  '00:15:65:ab:cd:ef.cfg',
];

/** Packets that a client of TFTP may send, for files of these names and others. */
export function goodTftp(names: readonly string[]): Buffer[] {
  const requests = paths(names).flatMap((path, index) => {
    const mode = index % 4 === 3 ? 'netascii' : 'octet';
    const asked = options[index % options.length]!;
    return [
      writeRequest({ method: 'RRQ', path, mode, options: asked }),
      writeRequest({ method: 'WRQ', path, mode, options: asked }),
    ];
  });
  const numbered = [0, 1, 2, 17, 65535].flatMap((block) => [
    writeAck(block),
    writeAck(block),
    writeData(block, Buffer.alloc(20)),
  ]);
  return [
    ...requests,
    ...numbered,
    writeError('unknown-tid'),
    writeError('undefined', ''),
    writeOack([['blksize', '512']]),
  ];
}

const headers = [
  'Host: 127.0.0.1\r\n',
  'Host: 127.0.0.1:8080\r\nUser-Agent: Acme A1 1.2.3 020000000001\r\nAccept: */*\r\n',
  'Host: x\r\nRange: bytes=0-99\r\nIf-Range: "x"\r\n',
  'Host: x\r\nIf-None-Match: "a", W/"b", *\r\nIf-Modified-Since: Sat, 21 Nov 2026 10:00:00 GMT\r\n',
  'Host: x\r\nConnection: close\r\n',
  'Host: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n',
  'Host: x\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\nCookie: a=b\r\n',
  'Host: x\r\nAuthorization: Digest username="a", realm="b", nonce="c", uri="/", response="d"\r\nX-Forwarded-For: 192.0.2.1\r\n',
];
const bodies = ['', 'Content-Length: 5\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'];

/** What an HTTP client may write at once: a request, two of them, or a part of one. */
export function goodHttp(names: readonly string[]): Buffer[] {
  const methods = ['GET', 'GET', 'GET', 'HEAD', 'PUT', 'POST', 'OPTIONS', 'CONNECT'];
  const requests = [...paths(names), '-/healthy', '-/metrics', '-/ready', '%2e%2e/x', '?a=b', '*'].map(
    (path, index) => {
      const head = `${methods[index % methods.length]} /${path} HTTP/1.${index % 5 === 4 ? 0 : 1}\r\n${headers[index % headers.length]}`;
      return head + (bodies[index % bodies.length] || '\r\n');
    },
  );
  const more = [
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x00\xa5\x01',
    '\r\n\r\n',
  ];
  return [...requests, ...requests.slice(0, 8).map((request) => request + requests[0]), ...more].map((text) =>
    Buffer.from(text, 'latin1'),
  );
}
