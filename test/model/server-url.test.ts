import { describe, expect, test } from 'vitest';
import type { Access, Device, Server } from '../../src/model/device.ts';
import { Secret } from '../../src/model/secret.ts';
import { firstUrl, serverUrl } from '../../src/model/server-url.ts';

const ports = { http: { port: 8080 }, https: { port: 443, asks: false }, tftp: { port: 69 } };
const server = (more: Partial<Server> = {}): Server => ({ address: '192.0.2.1', protocol: 'http', ...ports, ...more });

/** In words: the URL, `secret:` before one that is, or why there is none. */
function told(access?: Access, protocol: Server['protocol'] = 'http'): string {
  const first = firstUrl({ server: server({ protocol }), settings: { access } as Device['settings'] });
  if ('untold' in first) return `untold: ${first.untold}`;
  return first.url instanceof Secret ? `secret:${Secret.reveal(first.url)}` : first.url;
}

const token = new Secret('the-own-token-0001');
const bootstrap_token = new Secret('the-bootstrap-0001');

test('the address of the server has no port where it is the usual one, and brackets for IPv6', () => {
  expect(serverUrl(server(), 'http')).toBe('http://192.0.2.1:8080');
  expect(serverUrl(server(), 'https')).toBe('https://192.0.2.1');
  expect(serverUrl(server({ address: '2001:db8::1' }), 'tftp')).toBe('tftp://[2001:db8::1]');
});

describe('where a phone begins that knows nothing yet', () => {
  test.each<[string, Access | undefined, Server['protocol'], string]>([
    ['is the server, without access', undefined, 'http', 'http://192.0.2.1:8080'],
    ['is the server, with networks alone', { networks: ['192.0.2.0/24'] }, 'https', 'https://192.0.2.1'],
    [
      'has the bootstrap token',
      { token, bootstrap_token },
      'http',
      'secret:http://192.0.2.1:8080/t/the-bootstrap-0001',
    ],
    ['never has the own token', { token }, 'http', 'untold: it has a token, and no `bootstrap_token` that leads to it'],
    ['is the server while the token is not asked for', { token, enforce: 'off' }, 'http', 'http://192.0.2.1:8080'],
    ['is another protocol for a bootstrap file', { unauthenticated: 'bootstrap' }, 'https', 'http://192.0.2.1:8080'],
    ['is TFTP for a bootstrap file of HTTP', { unauthenticated: 'bootstrap' }, 'http', 'tftp://192.0.2.1'],
  ])('%s', (_, access, protocol, wanted) => {
    expect(told(access, protocol)).toBe(wanted);
  });
});
