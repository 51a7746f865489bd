import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createProxyList } from '../../../src/serving/http/client.ts';
import { forwardedAddress, readForwarded } from '../../../src/serving/http/forwarded.ts';

const isProxy = createProxyList(['10.0.0.0/8', '2001:db8::/32', 'unix']);
const listed = (header: string, peer = '10.0.0.1') => forwardedAddress({ 'x-forwarded-for': header }, peer, isProxy);
const forwarded = (header: string, peer = '10.0.0.1') => forwardedAddress({ forwarded: header }, peer, isProxy);

describe('X-Forwarded-For', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    [' 192.0.2.7 ', '192.0.2.7'],
    ['203.0.113.1, 192.0.2.7', '192.0.2.7'],
    ['192.0.2.7, 10.0.0.2', '192.0.2.7'],
    ['203.0.113.1, 192.0.2.7,10.0.0.2, 10.0.0.3', '192.0.2.7'],
    ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['192.0.2.7:4711', '192.0.2.7'],
    ['[2001:DB9::1]:4711', '2001:db9::1'],
    ['2001:db9::1', '2001:db9::1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7, 2001:db8::5', '192.0.2.7'],
    ['192.0.2.7, unknown', '10.0.0.1'],
    ['192.0.2.7, unknown, 10.0.0.2', '10.0.0.2'],
    ['192.0.2.7,', '10.0.0.1'],
    ['', '10.0.0.1'],
  ])('%j of a listed proxy is from %s', (header, address) => {
    expect(listed(header)).toBe(address);
  });

  test('of anybody else is not believed', () => {
    expect(listed('192.0.2.7', '198.51.100.9')).toBe('198.51.100.9');
    expect(forwarded('for=192.0.2.7', '198.51.100.9')).toBe('198.51.100.9');
    expect(forwardedAddress({ 'x-forwarded-for': '1.1.1.1', forwarded: 'for=2.2.2.2' }, '198.51.100.9', isProxy)).toBe(
      '198.51.100.9',
    );
  });

  test('of a proxy on a local socket is believed when local sockets are listed', () => {
    expect(listed('192.0.2.7', 'unix')).toBe('192.0.2.7');
    expect(forwardedAddress({ 'x-forwarded-for': '192.0.2.7' }, 'unix', createProxyList(['10.0.0.0/8']))).toBe('unix');
  });
});

describe('Forwarded', () => {
  test.each([
    ['for=192.0.2.7', '192.0.2.7'],
    ['For="192.0.2.7:4711"; proto=http;by=203.0.113.43', '192.0.2.7'],
    ['for=192.0.2.7:4711', '192.0.2.7'],
    ['proto=https ; for="[2001:db9::1]:4711"', '2001:db9::1'],
    ['for=203.0.113.1, for=192.0.2.7;by="a,for=1.1.1.1"', '192.0.2.7'],
    ['for=192.0.2.7, for="10.0.0.2"', '192.0.2.7'],
    ['for=192.0.2.7, proto=http', '10.0.0.1'],
    ['for=192.0.2.7, for=_hidden', '10.0.0.1'],
  ])('%j of a listed proxy is from %s', (header, address) => {
    expect(forwarded(header)).toBe(address);
  });

  test.each(['for="x, for=192.0.2.7', 'for', 'for=1.1.1.1,', 'for=1.1.1.1;for=2.2.2.2', 'for=a b', '=', ''])(
    '%j is malformed, and the client not to be told',
    (header) => {
      expect(readForwarded(header)).toBe('malformed');
      expect(forwarded(header)).toBeUndefined();
    },
  );
});

test('both headers count only when they agree: one of them came through the proxy as the client wrote it', () => {
  const both = (x: string, f: string) => forwardedAddress({ 'x-forwarded-for': x, forwarded: f }, '10.0.0.1', isProxy);
  expect(both('192.0.2.7', 'for=192.0.2.7')).toBe('192.0.2.7');
  expect(both('192.0.2.7', 'for=192.0.2.8')).toBeUndefined();
});

test('whatever a client writes in front, the address that the proxy adds is what counts', () => {
  const written = fc.oneof(fc.string(), fc.constantFrom('10.0.0.9', '1.1.1.1, 2.2.2.2', '"', ',', 'for='));
  fc.assert(
    fc.property(written, (text) => {
      expect(listed(`${text}, 192.0.2.7`)).toBe('192.0.2.7');
      expect(['192.0.2.7', undefined]).toContain(forwarded(`${text}, for=192.0.2.7`));
    }),
  );
});

test('a list of proxies takes addresses and ranges, and names what is neither', () => {
  expect(() => createProxyList(['10.0.0.0/8', 'proxy.example.com'])).toThrow(/"proxy.example.com" is no range/);
  expect(() => createProxyList(['10.0.0.0/33'])).toThrow(/prefix length/);
  expect(createProxyList([])('10.0.0.1')).toBe(false);
});
