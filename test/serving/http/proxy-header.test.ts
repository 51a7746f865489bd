import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readProxyHeader, writeProxyHeader } from '../../../src/serving/http/proxy-header.ts';

const signature = '0d0a0d0a000d0a515549540a';
const hex = (...parts: string[]) => Buffer.from(parts.join(''), 'hex');
const block = (head: string, rest: string) => {
  const length = (rest.length / 2).toString(16).padStart(4, '0');
  return hex(signature, head, length, rest);
};
const v4 = 'c0a8010ac0a80101d90401bb';
const v6 = `20010db80000000000000000000000ab${'00'.repeat(15)}01d90401bb`;

describe('version 1', () => {
  test.each([
    ['PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n', '192.0.2.7'],
    ['PROXY TCP6 2001:DB8:0::ab 2001:db8::1 4711 80\r\n', '2001:db8::ab'],
    ['PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.1 4711 80\r\n', '192.0.2.7'],
    ['PROXY UNKNOWN\r\n', undefined],
    ['PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n', undefined],
  ])('%j tells the client and its own length', (line, address) => {
    expect(readProxyHeader(Buffer.from(`${line}GET / HTTP/1.1\r\n`))).toEqual({ length: line.length, address });
  });

  test.each([
    'PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 4711 80 \r\n',
    'PROXY TCP4 192.0.2.7  198.51.100.1 4711 80\r\n',
    'PROXY TCP4 192.0.2.256 198.51.100.1 4711 80\r\n',
    'PROXY TCP4 2001:db8::1 2001:db8::2 4711 80\r\n',
    'PROXY TCP6 192.0.2.7 198.51.100.1 4711 80\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 65536 80\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 04711 80\r\n',
    'PROXY UDP4 192.0.2.7 198.51.100.1 4711 80\r\n',
    'PROXY TCP6 fe80::1%eth0 fe80::2 4711 80\r\n',
    'PROXY UNKNOWN\n\r\n',
    'PROXY \r\n',
    `PROXY UNKNOWN ${'x'.repeat(200)}`,
  ])('%j is malformed', (line) => {
    expect(readProxyHeader(Buffer.from(line))).toBe('malformed');
  });
});

describe('version 2', () => {
  test.each([
    ['TCP over IPv4', block('2111', v4), '192.168.1.10'],
    ['TCP over IPv6', block('2121', v6), '2001:db8::ab'],
    ['TCP over IPv4 with more to tell', block('2111', `${v4}0300040102030405`), '192.168.1.10'],
    ['a health check', block('2000', ''), undefined],
    ['a health check with addresses', block('2011', v4), undefined],
    ['a proxy that does not know', block('2100', ''), undefined],
    ['a Unix socket', block('2131', '00'.repeat(216)), undefined],
  ])('of %s is read', (_, bytes, address) => {
    expect(readProxyHeader(Buffer.concat([bytes, Buffer.from('GET')]))).toEqual({ length: bytes.length, address });
  });

  test.each([
    ['another version', block('1111', v4)],
    ['another command', block('2211', v4)],
    ['another family', block('2141', v4)],
    ['another transport', block('2113', v4)],
    ['too few bytes for its addresses', block('2111', v4.slice(2))],
    ['64 KB', hex(signature, '2111ffff')],
  ])('with %s is malformed', (_, bytes) => {
    expect(readProxyHeader(bytes)).toBe('malformed');
  });
});

describe('what stands behind the addresses', () => {
  test('says that the client speaks TLS with the proxy', () => {
    for (const [flags, isSecure] of [
      ['01', true],
      ['07', true],
      ['00', undefined],
    ] as const) {
      // A NOOP of one byte, then TLS: its flags, and the result of the verification.
      const bytes = block('2111', `${v4}04000178200005${flags}00000000`);
      expect(readProxyHeader(bytes)).toEqual({ length: bytes.length, address: '192.168.1.10', isSecure });
    }
  });

  test('may be what another thread of ours says, and nothing else', () => {
    const bytes = writeProxyHeader('{"a":"é"}');
    expect(readProxyHeader(Buffer.concat([bytes, Buffer.from('GET')]))).toEqual({
      length: bytes.length,
      more: '{"a":"é"}',
    });
  });

  test.each(['20', '2000', '20ffff01', '200000'])('is left out when it is cut off or empty: %s', (extra) => {
    const bytes = block('2111', `${v4}${extra}`);
    expect(readProxyHeader(bytes)).toEqual({ length: bytes.length, address: '192.168.1.10' });
  });
});

test.each([
  ['version 1', Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n')],
  ['version 2', block('2121', v6)],
])('%s is incomplete up to its last byte', (_, bytes) => {
  for (let length = 0; length < bytes.length; length++)
    expect(readProxyHeader(bytes.subarray(0, length)), `${length}`).toBe('incomplete');
  expect(readProxyHeader(bytes)).toMatchObject({ length: bytes.length });
});

test.each(['GET / HTTP/1.1\r\n', 'PUT', 'PRI *', '\r\n\r\nGET', '\x16\x03\x01'])('%j is something else', (text) => {
  expect(readProxyHeader(Buffer.from(text, 'latin1'))).toBe('none');
});

test('any bytes are read or refused, never more of them than there are', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'PROXY ',
      'TCP4 ',
      '192.0.2.7 ',
      '1 2',
      '\r\n',
      hex(signature).toString('latin1'),
      '\x21\x11\0\x0c',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const bytes = Buffer.from(pieces.join(''), 'latin1');
      const header = readProxyHeader(bytes);
      if (typeof header === 'object') expect(header.length).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 2000 },
  );
});
