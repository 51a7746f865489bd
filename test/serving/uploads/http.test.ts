import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { UploadSettings } from '../../../src/model/upload.ts';
import type { Gate } from '../../../src/serving/access/admission.ts';
import { createLookup } from '../../../src/serving/lookup.ts';
import { peer } from '../../support/peer.ts';
import { until } from '../../support/until.ts';
import { dial, raw, serveHttp, statusOf } from '../support/http.ts';
import { createOut, type Out } from '../support/out.ts';
import { openUploads, phone } from './room.ts';

const curl = peer('curl', 'curl');
const cfg = `${phone}-phone.cfg`;
let out: Out;
beforeEach(async () => {
  out = await createOut();
});
afterEach(() => out.remove());

async function start(limits: Partial<UploadSettings> = {}, gate?: Gate) {
  const { uploads, ...room } = openUploads(limits);
  const lookup = createLookup({ out: out.folder, index: () => out.index, uploads: uploads.find });
  const server = await serveHttp(out, { lookup, uploads, gate });
  onTestFinished(server.stop);
  const send = (method: string, name: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/${name}`, { method, body, headers });
  return { ...room, ...server, send };
}

describe('over HTTP a phone', () => {
  test.each(['PUT', 'POST'])('sends its settings by %s, gets them back, and each is written down', async (method) => {
    const { send, url, text, recorded } = await start();
    const agent = { 'user-agent': 'Acme X9 1.2.3' };
    expect((await send(method, cfg, 'mine', agent)).status).toBe(201);
    expect((await send(method, `overrides/${cfg.toUpperCase()}`, 'others', agent)).status).toBe(200);
    expect(text(cfg)).toBe('others');
    const back = await fetch(`${url}/${cfg}`);
    expect([back.status, await back.text()]).toEqual([200, 'others']);
    expect(back.headers.get('etag')).toMatch(/^"[0-9a-f]{64}"$/);
    const [first, second, third] = await recorded(3);
    expect(first).toMatchObject({
      ...{ method, path: `/${cfg}`, file: cfg, device: phone, status: 201, bytes: 4, complete: true },
      ...{ reason: 'kept: override', model: 'X9', firmware: '1.2.3' },
    });
    expect(second).toMatchObject({ status: 200, bytes: 6 });
    expect(third).toMatchObject({ method: 'GET', file: cfg, device: phone, status: 200, bytes: 6 });
  });

  test('is refused what is none of its business, without a word, and keeps its connection', async () => {
    const { port, names, recorded } = await start();
    const request = (method: string, name: string, rest: string) => `${method} /${name} HTTP/1.1\r\nHost: x\r\n${rest}`;
    const answer = await raw(
      port,
      request('PUT', `${phone}.cfg`, 'Content-Length: 4\r\n\r\nevil') +
        request('PUT', '0004f2999999-phone.cfg', 'Content-Length: 4\r\n\r\nevil') +
        request('DELETE', cfg, '\r\n') +
        request('PUT', cfg, 'Content-Length: 4\r\nConnection: close\r\n\r\ngood'),
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)?.map((line) => line.slice(9))).toEqual(['403', '403', '405', '201']);
    expect(names()).toEqual([cfg]);
    const facts = await recorded(4);
    expect(facts.map(({ status, bytes }) => [status, bytes])).toEqual([
      ...[
        [403, 0],
        [403, 0],
        [405, 0],
      ],
      [201, 4],
    ]);
  });

  test('sends a log in chunks, without saying how long it is', async () => {
    const { port, text } = await start();
    const chunks = `PUT /${phone}-app.log HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n`;
    expect(statusOf(await raw(port, chunks))).toBe(201);
    expect(text(`${phone}-app.log`)).toBe('one two');
  });

  test('that is not wanted is told so before it sends its body', async () => {
    const { port } = await start({ file: 10 });
    const ask = (name: string, length: number) =>
      raw(
        port,
        `PUT /${name} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`,
      );
    expect(statusOf(await ask(cfg, 11))).toBe(413);
    expect(statusOf(await ask(`${phone}.cfg`, 5))).toBe(403);
    const socket = await dial(port);
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.write(
      `PUT /${cfg} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 4\r\n\r\n`,
    );
    await until('100 Continue', () => said.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    socket.write('mine');
    await until('the answer', () => said.includes('HTTP/1.1 201 Created'));
  });

  test('that breaks off leaves nothing but its fact, with the bytes that came', async () => {
    const { port, recorded, names, incoming } = await start();
    const socket = await dial(port);
    socket.write(`PUT /${cfg} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it`);
    await until('the first bytes', () => {
      try {
        return incoming().length === 1;
      } catch {
        return false;
      }
    });
    await new Promise((done) => setTimeout(done, 50));
    socket.destroy();
    const [fact] = await recorded(1);
    expect(fact).toMatchObject({ method: 'PUT', status: 499, bytes: 10, complete: false });
    expect(fact?.reason).toBe('the client broke off the upload');
    await until('nothing left', () => incoming().length === 0);
    expect(names()).toEqual([]);
  });

  test('gets the answer although it sends more than is wanted', async () => {
    const { send, port } = await start({ file: 100_000 });
    const answer = await raw(
      port,
      `PUT /${cfg} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n${'x'.repeat(200_000)}\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 404']);
    expect((await send('PUT', cfg, 'mine')).status).toBe(201);
  });

  test('comes through the gate as for a fetch', async () => {
    const gate: Gate = {
      admit: ({ path, method, authorization }) =>
        authorization === 'Basic x'
          ? { allow: true, path: path.replace('/t/secret', '') }
          : { allow: false, status: 401, reason: `no ${method} for you`, refusal: 'credentials', challenge: ['Basic'] },
    };
    const { send, names, recorded } = await start({}, gate);
    const refused = await send('PUT', cfg, 'mine');
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic']);
    expect(names()).toEqual([]);
    expect((await send('PUT', `t/secret/${cfg}`, 'mine', { authorization: 'Basic x' })).status).toBe(201);
    expect(names()).toEqual([cfg]);
    expect(await recorded(2)).toMatchObject([{ status: 401, reason: 'no PUT for you' }, { status: 201 }]);
  });
});

test('nothing is taken while nobody has said so', async () => {
  const server = await serveHttp(out, { uploads: openUploads({}, { settings: () => undefined }).uploads });
  onTestFinished(server.stop);
  const answer = await fetch(`${server.url}/${cfg}`, { method: 'PUT', body: 'x' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test.skipIf(curl.missing)(`curl uploads a large dump, with Expect and without (${curl.sentence})`, async () => {
  const { url, state, names, folder } = await start();
  const file = join(state, 'dump');
  writeFileSync(file, Buffer.alloc(3_000_000, 'd'));
  const run = async (...more: string[]) =>
    (await promisify(execFile)('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-T', file, ...more])).stdout;
  expect(await run('-H', 'Expect: 100-continue', `${url}/${phone}-core`)).toBe('201');
  expect(await run('-H', 'Expect:', `${url}/${phone}-core`)).toBe('200');
  expect(await run('-H', 'Transfer-Encoding: chunked', `${url}/${phone}-core`)).toBe('200');
  expect(names()).toEqual([`${phone}-core`, `${phone}-core.1`, `${phone}-core.2`]);
  const { statSync } = await import('node:fs');
  expect(names().map((name) => statSync(join(folder, phone, name)).size)).toEqual([3_000_000, 3_000_000, 3_000_000]);
});
