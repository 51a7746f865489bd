import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { answerChallenge } from '../../src/doctor/answer-challenge.ts';
import { askHttp } from '../../src/doctor/http-ask.ts';
import { Secret } from '../../src/model/secret.ts';

let answer: string | Uint8Array = '';

async function server(): Promise<number> {
  const listening = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.end(answer));
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  onTestFinished(() => void listening.close());
  return (listening.address() as AddressInfo).port;
}

const question = { protocol: 'http', host: '127.0.0.1', path: '/a.cfg', headers: {} } as const;

test('whatever a server answers is an answer, or a reason', async () => {
  const port = await server();
  answer = 'HTTP/1.1 404 Nothing\r\nX-A: b\r\nContent-Length: 2\r\n\r\nno';
  expect(await askHttp({ ...question, port })).toMatchObject({
    status: 404,
    headers: { 'x-a': 'b' },
    body: Buffer.from('no'),
  });
  answer = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf';
  expect(await askHttp({ ...question, port })).toMatchObject({ kind: 'failed' });
  expect(await askHttp({ ...question, port: 1 })).toEqual({ kind: 'failed', reason: 'ECONNREFUSED' });
  expect(await askHttp({ ...question, port, protocol: 'https' })).toMatchObject({ kind: 'failed' });
  expect(await askHttp({ ...question, port, headers: { 'User-Agent': 'a\nb' } })).toMatchObject({ kind: 'failed' });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      answer = bytes;
      expect(['answered', 'failed']).toContain((await askHttp({ ...question, port })).kind);
    }),
    { numRuns: 50 },
  );
});

test('a challenge is answered by Digest where it is asked for, else by Basic, and else not', () => {
  const credentials = { user: 'phones', password: new Secret('a-good-one') };
  const answerTo = (...challenges: string[]) => answerChallenge(challenges, { credentials, uri: '/a.cfg' });
  expect(answerTo('Basic realm="x"', 'Digest realm="x", nonce="n", qop="auth"')).toMatch(
    /^Digest username="phones", .*uri="\/a\.cfg"/,
  );
  expect(answerTo('Basic realm="x"')).toBe(`Basic ${Buffer.from('phones:a-good-one').toString('base64')}`);
  expect(answerTo('Negotiate')).toBeUndefined();
  expect(answerChallenge(undefined, { credentials, uri: '/' })).toBeUndefined();
});
