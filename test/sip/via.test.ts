import { expect, test } from 'vitest';
import { parseCSeq } from '../../src/sip/cseq.ts';
import { parseVia } from '../../src/sip/via.ts';

test('reads a hop with what the other side added to it', () => {
  const via = parseVia('SIP/2.0/udp 192.0.2.1:5070;rport=5070;received=192.0.2.9;branch=z9hG4bKa');
  expect(via).toMatchObject({ transport: 'UDP', host: '192.0.2.1', port: 5070 });
  expect(Object.fromEntries(via!.parameters)).toEqual({ rport: '5070', received: '192.0.2.9', branch: 'z9hG4bKa' });
});

test('reads a hop at an IPv6 address', () => {
  expect(parseVia('SIP/2.0/TLS [2001:db8::1]:5061;branch=b')).toMatchObject({ host: '[2001:db8::1]', port: 5061 });
});

test.each(['', 'SIP/2.0', 'SIP/2.0/UDP', 'SIP/3.0/UDP a', 'SIP/2.0/UDP a:b', 'SIP/2.0/UDP a:123456', 'HTTP/1.1 proxy'])(
  'does not take %j for a hop',
  (value) => expect(parseVia(value)).toBeUndefined(),
);

test.each([
  ['1 NOTIFY', { number: 1, method: 'NOTIFY' }],
  ['0009   INVITE', { number: 9, method: 'INVITE' }],
  ['2147483647 A', { number: 2 ** 31 - 1, method: 'A' }],
  ['2147483648 A', undefined],
  ['99999999999999999999 A', undefined],
  ['-1 A', undefined],
  ['1', undefined],
  ['1 A B', undefined],
  ['1 (A)', undefined],
])('reads the CSeq %j', (value, cseq) => expect(parseCSeq(value)).toEqual(cseq));
