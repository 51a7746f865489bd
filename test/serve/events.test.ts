import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { listen } from '../api/support/sse.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const site = siteOf([{ port: 5060 }, { port: 5061 }], 'notify: { mode: off }');

for (const workers of [0, 2])
  test(`a listener at the phones’ port hears of a build, of what it changed, and of a fetch, with ${workers} workers`, async () => {
    const project = createProject(site);
    const { httpPort, get, after } = await startDaemon(project, { workers });
    const { told } = await listen(httpPort);
    const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/ws`);
    onTestFinished(() => socket.terminate());
    const messages: { event: string }[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    await once(socket, 'open');
    const since = told.length;
    await after(() => project.edit('devices.yml', 'Person 1', 'Ada'), /build accepted .* changed=[1-9]/);
    await get(`/${macOf(1)}.cfg`);
    const news = () => told.slice(since).map(({ event }) => event);
    for (const type of ['build.finished', 'phone.config_changed', 'fetch.finished'])
      await until(
        () => `${type} among ${news()}`,
        () => news().includes(type),
      );
    await until('the same at the WebSocket', () => messages.some(({ event }) => event === 'phone.config_changed'));
    expect(messages.every(({ event }) => event.startsWith('phone.'))).toBe(true);
    expect((await get('/-/metrics')).text).toMatch(/^offhook_event_listeners\{kind="websocket"\} 1$/m);
  });
