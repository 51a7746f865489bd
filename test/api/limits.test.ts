import { describe, expect, test } from 'vitest';
import { createToken } from '../../src/state/tokens.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, siteOf } from '../support/project.ts';
import { ask } from './support/api.ts';

const site = (...sections: string[]) => siteOf([{ port: 5060 }], ['notify: { mode: off }', ...sections].join('\n'));

describe('limits', () => {
  test('are 60 a minute of one address, and the headers say how many are left', async () => {
    const { httpPort } = await startDaemon(createProject(site()));
    const first = await ask(httpPort, '/api/status');
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"address";q=60;w=60, "caller";q=1000;w=3600',
      ratelimit: expect.stringMatching(/^"address";r=59;t=\d+, "caller";r=999;t=\d+$/),
      'ratelimit-limit': '60',
      'ratelimit-remaining': '59',
    });
    let last = first;
    for (let count = 1; count <= 60; count++) last = await ask(httpPort, '/api/status');
    expect(last).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
      json: { success: false, error: 'Too Many Requests', message: expect.stringContaining('more than 60 times') },
    });
    expect((await ask(httpPort, '/api/v1/devices')).json).toMatchObject({ status: 429, code: 'too-many-requests' });
    // Another address, and phones, are not concerned.
    expect((await ask(httpPort, '/api/status', { from: '127.0.0.9' })).status).toBe(200);
    expect((await ask(httpPort, '/020000000001.cfg')).status).toBe(200);
  });

  test('of a caller count wherever he asks from, and can be others', async () => {
    const project = createProject(site('api: { auth: { tokens: on }, limits: { per_hour: 3 } }'));
    const { httpPort, after: then } = await startDaemon(project);
    const token = (name: string) => createToken(project.state, { name, role: 'viewer', created: 0 });
    const [one, other] = [token('one'), token('other')];
    const statusOf = async (text: string, from: string) =>
      (await ask(httpPort, '/api/status', { from, headers: { authorization: `Bearer ${text}` } })).status;
    for (const from of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) expect(await statusOf(one, from)).toBe(200);
    expect(await statusOf(one, '127.0.0.4')).toBe(429);
    expect(await statusOf(other, '127.0.0.4')).toBe(200);
    await then(() => project.edit('devices.yml', '{ per_hour: 3 }', 'off'), /build accepted/);
    expect(await statusOf(one, '127.0.0.4')).toBe(200);
    expect((await ask(httpPort, '/api/status')).headers['ratelimit-limit']).toBeUndefined();
  });

  test('hold for who guesses tokens', async () => {
    const project = createProject(site('api: { auth: { tokens: on }, limits: { per_minute: 2 } }'));
    const { httpPort } = await startDaemon(project);
    const guess = () => ask(httpPort, '/api/status', { headers: { authorization: 'Bearer offhook_guess' } });
    expect([(await guess()).status, (await guess()).status, (await guess()).status]).toEqual([401, 401, 429]);
  });
});

describe('headers', () => {
  test('keep browsers from making anything of an answer, and name the request', async () => {
    const { httpPort } = await startDaemon(createProject(site()));
    const { headers } = await ask(httpPort, '/api/status');
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers.server).toBeUndefined();
  });

  test('let pages of origins read that devices.yml names, and of no others', async () => {
    const { httpPort } = await startDaemon(createProject(site('api: { cors: ["https://portal.example.com"] }')));
    const preflight = (origin: string) =>
      ask(httpPort, '/api/phones/reboot', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const own = await preflight('https://portal.example.com');
    expect(own).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': 'https://portal.example.com' },
    });
    expect(own.headers['access-control-allow-credentials']).toBeUndefined();
    const others = await preflight('https://evil.example.com');
    expect(others.headers['access-control-allow-origin']).toBeUndefined();
    const answer = await ask(httpPort, '/api/status', { headers: { origin: 'https://portal.example.com' } });
    expect(answer).toMatchObject({ status: 200, headers: { vary: expect.stringContaining('Origin') } });
  });

  test('refuse bodies that are too large or of another kind', async () => {
    const { httpPort } = await startDaemon(createProject(site()));
    const post = (body: unknown, headers = {}) =>
      ask(httpPort, '/api/phones/webhook', { method: 'POST', body, headers });
    expect(await post({ event: 'x'.repeat(20 * 1_048_576) })).toMatchObject({ status: 413, json: { success: false } });
    expect(await post('text', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  });
});
