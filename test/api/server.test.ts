import { execFile } from 'node:child_process';
import { Agent, request } from 'node:http';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { ask } from './support/api.ts';

const run = promisify(execFile);

const two = [{ port: 5060 }, { port: 5061 }];
const quiet = 'notify: { mode: off }';

/** Answers to several requests on one connection, one after the other. */
async function onOneConnection(port: number, paths: readonly string[]): Promise<{ status: number; text: string }[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const answers: { status: number; text: string }[] = [];
  const ports = new Set<number | undefined>();
  for (const path of paths) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const asked = request({ host: '127.0.0.1', port, path, agent }, async (response) => {
      ports.add(response.socket.localPort);
      let text = '';
      for await (const chunk of response) text += chunk;
      answers.push({ status: response.statusCode ?? 0, text });
      resolve();
    });
    asked.on('error', reject).end();
    await promise;
  }
  expect(ports.size).toBe(1);
  return answers;
}

describe('the API on the phones’ port', () => {
  for (const workers of [0, 2])
    test(`shares a connection with phones’ files, as proxies do, with ${workers} workers`, async () => {
      const { httpPort, fetches } = await startDaemon(createProject(siteOf(two, quiet)), { workers });
      const answers = await onOneConnection(httpPort, [
        ...['/020000000001.cfg', '/api/status', '/020000000002.cfg', '/-/healthy', '/api/v1/nothing', '/nothing.cfg'],
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 404, 404]);
      expect(answers[2]?.text).toContain('Person 2');
      await until('the three fetches', () => fetches().length === 3);
    });

  test('is spoken over HTTPS where phones’ files are', async () => {
    const https = 'https: { cert: cert.pem, key: key.pem }';
    const site = siteOf(two, quiet).replace('address: 192.0.2.1', `address: 192.0.2.1, ${https}`);
    const project = createProject(site);
    const { cert, key } = await createAuthority(project.dir, '/O=Acme/CN=127.0.0.1');
    project.write('cert.pem', cert);
    project.write('key.pem', key);
    const { httpsPort } = await startDaemon(project);
    const { stdout } = await run('curl', ['-sk', `https://127.0.0.1:${httpsPort}/api/status`]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'running' });
  });

  for (const workers of [0, 2])
    test(`answers this machine, with ${workers} workers`, async () => {
      const { httpPort, get } = await startDaemon(createProject(siteOf(two, quiet)), { workers });
      expect(await ask(httpPort, '/api/status')).toMatchObject({
        status: 200,
        json: { status: 'running', devices: 2 },
      });
      expect(await ask(httpPort, '/api/v1/devices')).toMatchObject({ status: 200, json: { items: [{}, {}] } });
      expect(await ask(httpPort, '/api/nothing')).toMatchObject({
        status: 404,
        json: { success: false, error: 'Not found' },
      });
      const problem = await ask(httpPort, '/api/v1/nothing');
      expect(problem).toMatchObject({ status: 404, json: { title: 'Not Found', status: 404, code: 'not-found' } });
      expect(problem.headers['content-type']).toBe('application/problem+json');
      expect((await get('/-/healthy')).status).toBe(200);
    });
});
