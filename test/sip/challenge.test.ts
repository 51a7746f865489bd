import { expect, test } from 'vitest';
import { parseChallenges } from '../../src/sip/challenge.ts';

test('reads what a phone asks', () => {
  expect(
    parseChallenges(['Digest realm="phone", nonce="abc", opaque="", algorithm=MD5, qop="auth", stale=TRUE']),
  ).toEqual([
    {
      realm: 'phone',
      nonce: 'abc',
      opaque: '',
      algorithm: 'MD5',
      hash: 'md5',
      session: false,
      qop: 'auth',
      stale: true,
      userhash: false,
    },
  ]);
});

test('takes MD5 for meant when no algorithm is named', () => {
  expect(parseChallenges(['Digest realm="a",nonce="b"'])).toMatchObject([{ algorithm: undefined, hash: 'md5' }]);
});

test('does not mind case, blanks, commas in quotes and parameters that it does not know', () => {
  const value =
    ' digest  REALM = "a, b=c" ,nonce="n",domain="sip:x" , ALGORITHM=sha-256-SESS, x=y,qop="AUTH-INT, Auth" ';
  expect(parseChallenges([value])).toMatchObject([{ realm: 'a, b=c', hash: 'sha256', session: true, qop: 'auth' }]);
});

test('reads several, of one header or of many, in their order', () => {
  const values = [
    'Digest realm="1", nonce="a", algorithm=SHA-256, Digest realm="2", nonce="b"',
    'Digest realm="3", nonce="c"',
  ];
  expect(parseChallenges(values).map(({ realm }) => realm)).toEqual(['1', '2', '3']);
});

test.each([
  ['an unknown algorithm', 'Digest realm="a", nonce="b", algorithm=SHA3-256'],
  ['a name of every object as algorithm', 'Digest realm="a", nonce="b", algorithm=constructor'],
  ['another scheme', 'Basic realm="a"'],
  ['a token of another scheme', 'Bearer YWJj==, Negotiate'],
  ['auth-int alone', 'Digest realm="a", nonce="b", qop="auth-int"'],
  ['no nonce', 'Digest realm="a"'],
  ['no realm', 'Digest nonce="a"'],
  ['a quote without an end', 'Digest nonce="a", realm="b, algorithm=MD5'],
  ['something stuck to a quote', 'Digest nonce="a", realm=x"b"'],
  ['nothing', ''],
])('leaves out what it cannot answer: %s', (_, value) => expect(parseChallenges([value])).toEqual([]));

test('keeps those that it can answer beside those that it cannot', () => {
  const value = 'Digest realm="a", nonce="b", algorithm=X, Basic realm="c", Digest realm="d", nonce="e", algorithm=MD5';
  expect(parseChallenges([value]).map(({ realm }) => realm)).toEqual(['d']);
});
