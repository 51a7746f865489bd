import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccessRequest, Admission, Gate } from '../../../src/serving/access/admission.ts';
import { bodyOf, get, type Running, raw, serveHttp, statusOf } from '../support/http.ts';
import { createOut, type Out, sha256 } from '../support/out.ts';

const mac = '001565123456';
let out: Out;
let server: Running;
let asked: AccessRequest[];
let answer: (request: AccessRequest) => Admission;
const gate: Gate = {
  admit(request) {
    asked.push(request);
    return answer(request);
  },
};

beforeEach(async () => {
  out = await createOut();
  await out.build(`${mac}.cfg`, 'bytes', mac);
  await out.put('a.rom', 'firmware');
  asked = [];
  answer = ({ path }) => ({ allow: true, path });
});
afterEach(async () => {
  await server.stop();
  await out.remove();
});

describe.each([
  ['the fast way', true],
  ['node:http', false],
])('by %s', (_, fast) => {
  beforeEach(async () => {
    server = await serveHttp(out, { gate, fast });
  });

  test('the gate is asked once for each request, with all that is known of it', async () => {
    const lines = ['User-Agent: Acme T46S', 'Authorization: Basic eDp5'];
    for (const path of [`/${mac}.cfg`, '/a.rom', '/nothing']) await get(server.port, path, lines);
    expect(asked.map(({ path }) => path)).toEqual([`/${mac}.cfg`, '/a.rom', '/nothing']);
    expect(asked[0]).toEqual({
      protocol: 'http',
      address: '127.0.0.1',
      path: `/${mac}.cfg`,
      method: 'GET',
      authorization: 'Basic eDp5',
      userAgent: 'Acme T46S',
      certificate: undefined,
      isExamination: false,
    });
  });

  test('what it lets through is looked up under the path that it says', async () => {
    answer = ({ path }) => ({ allow: true, path: path.replace('/t/0123456789abcdef', '') });
    const response = await get(server.port, `/t/0123456789abcdef/${mac}.cfg`);
    expect(bodyOf(response)).toBe('bytes');
    expect(await server.recorded(1)).toMatchObject([{ path: `/t/.../${mac}.cfg`, file: `${mac}.cfg`, status: 200 }]);
  });

  test('a bootstrap file takes the place of what stands under the path', async () => {
    const bytes = Buffer.from('little');
    const bootstrap = { file: `${mac}.cfg`, size: 6, modified: new Date(0), hash: sha256(bytes), bytes };
    answer = ({ path }) => ({ allow: true, path, bootstrap });
    expect(bodyOf(await get(server.port, `/${mac}.cfg`))).toBe('little');
  });

  test('a challenge is a 401 with a header for each scheme and no body', async () => {
    const challenge = ['Digest realm="offhook", nonce="x"', 'Basic realm="offhook"'];
    answer = () => ({ allow: false, status: 401, reason: 'no credentials', refusal: 'challenge', challenge });
    const response = await get(server.port, `/${mac}.cfg`);
    expect(statusOf(response)).toBe(401);
    expect(response.match(/\r\nWWW-Authenticate: [^\r]*/g)).toEqual(
      challenge.map((value) => `\r\nWWW-Authenticate: ${value}`),
    );
    expect(bodyOf(response)).toBe('');
    expect(await server.recorded(1)).toMatchObject([
      { status: 401, reason: 'no credentials', refusal: 'challenge', bytes: 0, complete: true },
    ]);
  });

  test('a refusal looks like a file that is not there', async () => {
    answer = ({ path }) =>
      path === '/nothing'
        ? { allow: true, path }
        : { allow: false, status: 404, reason: 'another address', refusal: 'address' };
    const withoutDate = (text: string) => text.replace(/Date: [^\r]*/, '');
    expect(withoutDate(await get(server.port, `/${mac}.cfg`))).toBe(withoutDate(await get(server.port, '/nothing')));
    expect((await server.recorded(2)).map(({ refusal }) => refusal)).toEqual(['address', undefined]);
  });

  test('a guesser waits, and others do not', async () => {
    answer = ({ path }) =>
      path === '/slow'
        ? { allow: false, status: 404, reason: 'guessing', refusal: 'guessing', delay: 300 }
        : { allow: true, path, delay: 0 };
    const ended: string[] = [];
    await Promise.all([
      get(server.port, '/slow').then((text) => ended.push(`${statusOf(text)}`)),
      get(server.port, `/${mac}.cfg`).then((text) => ended.push(bodyOf(text))),
    ]);
    expect(ended).toEqual(['bytes', '404']);
    const facts = await server.recorded(2);
    expect(facts.find(({ status }) => status === 404)?.duration).toBeGreaterThan(200);
  });

  test('who leaves while he is made to wait leaves nothing behind', async () => {
    answer = ({ path }) => ({ allow: true, path, delay: 300 });
    const { dial } = await import('../support/http.ts');
    const socket = await dial(server.port);
    socket.write(`GET /${mac}.cfg HTTP/1.1\r\nHost: x\r\n\r\n`);
    await expect.poll(() => asked.length).toBe(1);
    socket.destroy();
    expect(await server.recorded(1)).toMatchObject([{ status: 499, complete: false }]);
  });

  test('a fault of the gate is a 500, and lets nobody in', async () => {
    answer = () => {
      throw new Error('broken');
    };
    const response = await raw(server.port, `GET /${mac}.cfg HTTP/1.0\r\n\r\n`);
    expect([statusOf(response), bodyOf(response)]).toEqual([500, '']);
  });
});
