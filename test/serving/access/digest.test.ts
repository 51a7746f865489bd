import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { createAccount, hashOf, keysOf, realm } from '../../../src/serving/access/account.ts';
import { parseAuthorization } from '../../../src/serving/access/authorization.ts';
import { checkDigest, digestChallenges, responseOf } from '../../../src/serving/access/digest.ts';
import { createNonces } from '../../../src/serving/access/nonce.ts';
import { createReplays } from '../../../src/serving/access/replays.ts';
import { createPrints } from '../../../src/serving/access/same-secret.ts';
import { parseChallenges } from '../../../src/sip/challenge.ts';
import { authorize } from '../../../src/sip/digest.ts';

const prints = createPrints();
const account = (user: string, password: string, scheme: 'basic' | 'digest' | 'both' = 'both') =>
  createAccount({ user, keys: keysOf(user, password), scheme }, prints);

/** A server, and a client that answers its challenges. */
function exchange({ accounts = [account('phones', 'geheim')], now = (): number => 0 } = {}) {
  const nonces = createNonces({ key: Buffer.alloc(32), now });
  const context = { accounts, prints, nonces, replays: createReplays() };
  const check = (header: string, { target = '/a.cfg', method = 'GET', address = '192.0.2.1' } = {}) => {
    const read = parseAuthorization(header);
    if (read.scheme !== 'digest') throw new Error('no digest');
    return checkDigest({ ...read, method, target, address }, context);
  };
  return { nonces, check };
}

interface Client {
  readonly nonce: string;
  readonly algorithm?: string;
  readonly password?: string;
  readonly user?: string;
  readonly count?: number;
  readonly uri?: string;
  readonly method?: string;
  readonly qop?: boolean;
}

/** As the SIP side of the project answers a challenge: another hand wrote that. */
function answer({ nonce, algorithm = 'MD5', password = 'geheim', user = 'phones', count = 1, ...rest }: Client) {
  const { uri = '/a.cfg', method = 'GET', qop = true } = rest;
  const offered = digestChallenges(nonce, false).map((each) => (qop ? each : each.replace(', qop="auth"', '')));
  const challenge = parseChallenges(offered).find((each) => each.algorithm === algorithm);
  if (!challenge) throw new Error(`no challenge for ${algorithm}`);
  return authorize({
    challenge,
    credentials: { user, password: new Secret(password) },
    ...{ method, uri, cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', count },
  });
}

describe('a digest', () => {
  it('is what RFC 7616 section 3.9.1 says it is', () => {
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
    const qop = { nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' };
    const of = (algorithm: 'MD5' | 'SHA-256') => {
      const key = hashOf(algorithm, 'Mufasa:http-auth@example.org:Circle of Life');
      return responseOf({ nonce, algorithm, qop, request: hashOf(algorithm, 'GET:/dir/index.html') }, key);
    };
    expect(of('MD5')).toBe('8ca523f5e9506fed4657c9700eebdbec');
    expect(of('SHA-256')).toBe('753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
  });

  it('is what RFC 2617 section 3.5 says it is, and without qop what RFC 2069 said', () => {
    const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';
    const key = hashOf('MD5', 'Mufasa:testrealm@host.com:Circle Of Life');
    const request = hashOf('MD5', 'GET:/dir/index.html');
    const qop = { nc: '00000001', cnonce: '0a4f113b' };
    expect(responseOf({ nonce, algorithm: 'MD5', qop, request }, key)).toBe('6629fae49393a05397450978507c4ef1');
    expect(responseOf({ nonce, algorithm: 'MD5', request }, key)).toBe('670fd8c2df070c60b045671b8b24ff02');
  });

  it.each([
    ['MD5', true],
    ['MD5', false],
    ['SHA-256', true],
    ['SHA-256', false],
  ])('with %s, qop %s, is taken from a client that knows the password', (algorithm, qop) => {
    const { nonces, check } = exchange();
    expect(check(answer({ nonce: nonces.issue('192.0.2.1'), algorithm, qop }))).toBe('right');
  });

  it.each([
    ['another password', { password: 'geheim2' }],
    ['another user', { user: 'phone' }],
    ['nobody', { user: '', password: '' }],
    ['another path', { uri: '/b.cfg' }],
    ['another method', { method: 'PUT' }],
  ])('of %s is wrong', (_, change) => {
    const { nonces, check } = exchange();
    expect(check(answer({ nonce: nonces.issue('192.0.2.1'), ...change }))).toBe('wrong');
  });

  it('is for the path that was asked for, however a proxy spells it', () => {
    const { nonces, check } = exchange();
    const header = (count: number) => answer({ nonce: nonces.issue('192.0.2.1'), uri: '/a%2Ecfg', count });
    expect(check(header(1), { target: '/a.cfg' })).toBe('right');
    expect(check(header(2), { target: 'http://server:8080/a%2ecfg' })).toBe('right');
    expect(check(header(3), { target: '/b.cfg' })).toBe('wrong');
  });

  it('is stale by a nonce that is too old, of another address, or made up; and then the password was right', () => {
    const clock = { now: 0 };
    const { nonces, check } = exchange({ now: () => clock.now });
    const nonce = nonces.issue('192.0.2.1');
    expect(check(answer({ nonce }), { address: '192.0.2.2' })).toBe('stale');
    expect(check(answer({ nonce: 'made-up' }))).toBe('stale');
    expect(check(answer({ nonce: 'made-up', password: 'x' }))).toBe('wrong');
    clock.now = 3_600_000;
    expect(check(answer({ nonce }))).toBe('stale');
    expect(check(answer({ nonce, password: 'x' }))).toBe('wrong');
  });

  it('is taken once for each count of a nonce', () => {
    const { nonces, check } = exchange();
    const nonce = nonces.issue('192.0.2.1');
    expect([1, 2, 2, 1, 3].map((count) => check(answer({ nonce, count })))).toEqual([
      'right',
      'right',
      'stale',
      'stale',
      'right',
    ]);
  });

  it('may be of any of several accounts, but of none that is for Basic alone', () => {
    const accounts = [account('phones', 'one'), account('phones', 'two'), account('phones', 'three', 'basic')];
    const { nonces, check } = exchange({ accounts });
    const nonce = nonces.issue('192.0.2.1');
    expect(check(answer({ nonce, password: 'two' }))).toBe('right');
    expect(check(answer({ nonce, password: 'three', count: 2 }))).toBe('wrong');
  });

  it('of the whole RFC form is read: opaque, hex in capitals, algorithm in any case', () => {
    const { nonces, check } = exchange();
    const header = answer({ nonce: nonces.issue('192.0.2.1') });
    const response = /response="(\w+)"/.exec(header)?.[1] ?? '';
    expect(check(`${header}, opaque="x"`.replace(response, response.toUpperCase()).replace('=MD5', '=md5'))).toBe(
      'right',
    );
  });

  it.each([
    ['username', /username="[^"]*", /],
    ['realm', /realm="[^"]*", /],
    ['nonce', /nonce="[^"]*", /],
    ['uri', /uri="[^"]*", /],
    ['response', /response="[^"]*", /],
    ['cnonce', /cnonce="[^"]*", /],
    ['nc', /, nc=\w+/],
  ])('without %s is wrong', (_, part) => {
    const { nonces, check } = exchange();
    const header = answer({ nonce: nonces.issue('192.0.2.1') });
    expect(header).toMatch(part);
    expect(check(header.replace(part, ''))).toBe('wrong');
  });

  it.each([
    ['qop=auth', 'qop=auth-int'],
    ['nc=00000001', 'nc=1'],
    ['algorithm=MD5', 'algorithm=MD5-sess'],
    ['algorithm=MD5', 'algorithm=SHA-256'],
    [`realm="${realm}"`, 'realm="elsewhere"'],
  ])('with %s turned into %s is wrong', (part, other) => {
    const { nonces, check } = exchange();
    const header = answer({ nonce: nonces.issue('192.0.2.1') });
    expect(header).toContain(part);
    expect(check(header.replace(part, other))).toBe('wrong');
  });

  it('is wrong when one character of it is another, but for capitals and blanks', () => {
    const { nonces, check } = exchange();
    const header = answer({ nonce: nonces.issue('192.0.2.1') });
    const meaning = (text: string) => {
      const read = parseAuthorization(text);
      return read.scheme === 'digest' ? JSON.stringify([...read.parameters]).toLowerCase() : undefined;
    };
    const character = fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom(...', "=\\0aAfF'));
    fc.assert(
      fc.property(fc.nat(header.length - 1), character, (at, other) => {
        const changed = header.slice(0, at) + other + header.slice(at + 1);
        if (meaning(changed) === undefined || meaning(changed) === meaning(header)) return;
        // Without its name it is MD5 all the same.
        if (!/ algorithm=/i.test(changed)) return;
        expect(check(changed), changed).toBe('wrong');
      }),
    );
  });
});

describe('the challenges', () => {
  it('offer MD5 first, since a phone reads no further, and SHA-256 to those who can', () => {
    expect(digestChallenges('n', false)).toEqual([
      `Digest realm="${realm}", nonce="n", algorithm=MD5, qop="auth"`,
      `Digest realm="${realm}", nonce="n", algorithm=SHA-256, qop="auth"`,
    ]);
    expect(digestChallenges('n', true)[0]).toMatch(/, stale=true$/);
  });
});
