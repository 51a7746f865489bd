import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { createProject, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { ask } from './support/api.ts';

const site = (api: string) => siteOf([{ port: 5060 }], `notify: { mode: off }\napi: ${api}`);

/** One that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

describe('a port of its own', () => {
  test('is opened, moved and closed as devices.yml says, and the phones’ port has no API meanwhile', async () => {
    const [one, other] = [await freePort(), await freePort()];
    const project = createProject(site(`{ listen: "127.0.0.1:${one}" }`));
    const { httpPort, after: then, get } = await startDaemon(project);
    expect(await ask(one, '/api/status')).toMatchObject({ status: 200, json: { status: 'running' } });
    expect(await ask(one, '/020000000001.cfg')).toMatchObject({ status: 404 });
    expect((await get('/020000000001.cfg')).status).toBe(200);
    expect(await ask(httpPort, '/api/status')).toMatchObject({ status: 404, text: '' });
    await then(() => project.edit('devices.yml', String(one), String(other)), /serving protocol=api/);
    expect((await ask(other, '/api/v1/devices')).status).toBe(200);
    await expect(ask(one, '/api/status')).rejects.toThrow('ECONNREFUSED');
    await then(() => project.write('devices.yml', site('on')), /build accepted/);
    expect((await ask(httpPort, '/api/status')).status).toBe(200);
    await until('the port to be closed', () =>
      ask(other, '/api/status').then(
        () => false,
        () => true,
      ),
    );
  });

  test('that is taken is said, and phones are served', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await until('it to listen', () => taken.listening);
    const { port } = taken.address() as AddressInfo;
    const daemon = await startDaemon(createProject(site(`{ listen: "127.0.0.1:${port}" }`)));
    await daemon.said(/the API cannot be served on a port of its own .*another program has it/);
    expect((await daemon.get('/020000000001.cfg')).status).toBe(200);
  });
});
