import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { type Challenge, parseChallenges } from '../../src/sip/challenge.ts';
import { authorize, type DigestInput } from '../../src/sip/digest.ts';
import { parseParameters } from '../../src/sip/syntax.ts';

const challengeOf = (value: string): Challenge => parseChallenges([value])[0]!;

const mufasa = { user: 'Mufasa', password: new Secret('Circle of Life') };

function answer(value: string, input: Partial<DigestInput>): ReadonlyMap<string, string> {
  const whole = { credentials: mufasa, method: 'GET', uri: '/dir/index.html', cnonce: '0a4f113b', count: 1, ...input };
  const header = authorize({ challenge: challengeOf(value), ...whole });
  expect(header).toMatch(/^Digest username=/);
  return parseParameters(header.slice('Digest '.length).replaceAll(', ', ';'));
}

const rfc7616 = (algorithm: string): string =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

describe('the answer of the RFCs', () => {
  test('RFC 7616 section 3.9.1, MD5', () => {
    const parameters = answer(rfc7616('MD5'), { cnonce });
    expect(Object.fromEntries(parameters)).toEqual({
      username: 'Mufasa',
      realm: 'http-auth@example.org',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      uri: '/dir/index.html',
      response: '8ca523f5e9506fed4657c9700eebdbec',
      algorithm: 'MD5',
      cnonce,
      opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
      qop: 'auth',
      nc: '00000001',
    });
  });

  test('RFC 7616 section 3.9.1, SHA-256', () => {
    const expected = '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1';
    expect(answer(rfc7616('SHA-256'), { cnonce }).get('response')).toBe(expected);
  });

  // The values printed in section 3.9.2 are of a shortened SHA-512; these are of its erratum 4897.
  test('RFC 7616 section 3.9.2, SHA-512-256 with the name of the user hashed', () => {
    const challenge =
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true';
    const parameters = answer(challenge, {
      credentials: { user: 'Jäsøn Doe', password: new Secret('Secret, or not?') },
      uri: '/doe.json',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
    });
    expect(parameters.get('username')).toBe('793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b');
    expect(parameters.get('response')).toBe('3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
    expect(parameters.get('userhash')).toBe('true');
  });

  const rfc2617 = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';

  test('RFC 2617 section 3.5', () => {
    const credentials = { user: 'Mufasa', password: new Secret('Circle Of Life') };
    const parameters = answer(`${rfc2617}, qop="auth,auth-int"`, { credentials });
    expect(parameters.get('response')).toBe('6629fae49393a05397450978507c4ef1');
    expect(parameters.has('algorithm')).toBe(false);
  });

  // The value printed in the RFC is wrong; this is of its erratum 749.
  test('RFC 2069 section 2.4, without a quality', () => {
    const parameters = answer(rfc2617, { credentials: { user: 'Mufasa', password: new Secret('CircleOfLife') } });
    expect(parameters.get('response')).toBe('1949323746fe6a43ef61f9606e7febea');
    expect([...parameters.keys()]).toEqual(['username', 'realm', 'nonce', 'uri', 'response']);
  });
});

describe('the answer', () => {
  const hash = (name: string) => (text: string) => createHash(name).update(text).digest('hex');

  test.each([
    ['MD5-sess', hash('md5')],
    ['SHA-256-sess', hash('sha256')],
  ])('of %s has a key of this nonce alone', (algorithm, h) => {
    const key = h(`${h('Mufasa:phone:Circle of Life')}:n:c`);
    const plain = answer(`Digest realm="phone", nonce="n", algorithm=${algorithm}`, { cnonce: 'c' });
    expect(plain.get('response')).toBe(h(`${key}:n:${h('GET:/dir/index.html')}`));
    expect(plain.get('cnonce')).toBe('c');
    const auth = answer(`Digest realm="phone", nonce="n", algorithm=${algorithm}, qop=auth`, {
      cnonce: 'c',
      count: 17,
    });
    expect(auth.get('response')).toBe(h(`${key}:n:00000011:c:auth:${h('GET:/dir/index.html')}`));
    expect(auth.get('nc')).toBe('00000011');
  });

  test('escapes quotes and backslashes, and hashes what they stand for', () => {
    const challenge = challengeOf('Digest realm="a \\"b\\" \\\\c", nonce="n"');
    const credentials = { user: 'x"y', password: new Secret('p') };
    const header = authorize({ challenge, credentials, method: 'NOTIFY', uri: 'sip:a', cnonce: 'c', count: 1 });
    expect(header).toContain('username="x\\"y", realm="a \\"b\\" \\\\c"');
    const h = hash('md5');
    expect(header).toContain(`response="${h(`${h('x"y:a "b" \\c:p')}:n:${h('NOTIFY:sip:a')}`)}"`);
  });

  test('never holds the password', () => {
    expect([...answer(rfc7616('MD5'), {}).values()].join()).not.toContain('Circle');
  });
});
