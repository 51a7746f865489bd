import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { createProject, siteOf } from '../support/project.ts';
import { ask } from './support/api.ts';

const two = [{ port: 5060 }, { port: 5061 }];
const quiet = 'notify: { mode: off }';

describe('the API on the phones’ port', () => {
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
