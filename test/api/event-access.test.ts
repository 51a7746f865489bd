import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createToken } from '../../src/state/tokens.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, siteOf } from '../support/project.ts';
import { ask } from './support/api.ts';
import { listen } from './support/sse.ts';

async function started() {
  const project = createProject(siteOf([{ port: 5060 }], 'notify: { mode: off }\napi: { auth: { tokens: on } }'));
  const daemon = await startDaemon(project);
  const created = Date.now();
  const tokens = {
    viewer: createToken(project.state, { name: 'board', role: 'viewer', created }),
    operator: createToken(project.state, { name: 'pbx', role: 'operator', created }),
  };
  return { ...daemon, tokens };
}

test('whoever shows no token hears nothing, and may post nothing', async () => {
  const { httpPort, log, tokens } = await started();
  expect(await ask(httpPort, '/api/v1/events')).toMatchObject({ status: 401 });
  const body = { event: 'registration', data: { extension: '1001', ip: '192.0.2.7' } };
  const post = (token?: string) =>
    ask(httpPort, '/api/phones/webhook', {
      ...{ method: 'POST', body },
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  expect(await post()).toMatchObject({ status: 401, json: { success: false, error: 'Authentication failed' } });
  expect(await post(tokens.viewer)).toMatchObject({ status: 403, json: { success: false } });
  expect(await post(tokens.operator)).toMatchObject({ status: 200, json: { success: true } });
  const { heard } = await listen(httpPort, '/api/v1/events?since=0&types=phone.registered', {
    authorization: `Bearer ${tokens.viewer}`,
  });
  expect((await heard(1))[0]?.data.data).toMatchObject({ extension: '1001', ip: '192.0.2.7' });
  expect(log.join('')).not.toContain(tokens.viewer);
});

test('a WebSocket takes the token of a subprotocol, of a header, and of no address', async () => {
  const { httpPort, log, tokens } = await started();
  const to = (path = '/ws', protocols: string[] = [], headers = {}) => {
    const socket = new WebSocket(`ws://127.0.0.1:${httpPort}${path}`, protocols, { headers });
    onTestFinished(() => socket.terminate());
    socket.on('error', () => {});
    return socket;
  };
  const refusal = async (socket: WebSocket) => (await once(socket, 'unexpected-response'))[1].statusCode;
  expect(await refusal(to())).toBe(401);
  expect(await refusal(to('/ws', ['offhook', 'bearer.nonsense']))).toBe(401);
  expect([400, 401]).toContain(await refusal(to(`/ws?token=${tokens.viewer}`)));
  await once(to('/ws', ['offhook', `bearer.${tokens.viewer}`]), 'open');
  await once(to('/ws', [], { authorization: `Bearer ${tokens.viewer}` }), 'open');
  expect(log.join('')).not.toContain(tokens.viewer);
});
