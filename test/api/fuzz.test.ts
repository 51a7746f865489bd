import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RunningDaemon, startDaemon } from '../support/daemon.ts';
import { createProject, siteOf } from '../support/project.ts';
import { anyCallOf } from './support/anything.ts';
import { type ApiAnswer, ask } from './support/api.ts';
import { describedBy, type Operation, operationsIn } from './support/described.ts';

/** A stream has no end, and is no answer to look at. */
const isStream = ({ path }: Operation) => path === '/api/v1/events' || path === '/ws';

async function fuzzed(sections: string) {
  const project = createProject(siteOf([{ port: 5060 }, { port: 5061 }], sections));
  const daemon = await startDaemon(project, { timing: { sip: { t1: 1, t2: 2, t4: 2 } } });
  return {
    project,
    daemon,
    operations: operationsIn(await describedBy(daemon.httpPort)).filter((one) => !isStream(one)),
  };
}

const traces = /\bat .*\.(?:ts|js):\d+|node:internal|node_modules|SQLITE|\/src\//;

function look(sent: object, answer: ApiAnswer): void {
  const { status, text, headers } = answer;
  const seen = JSON.stringify({ sent, status, text: text.slice(0, 500) });
  // A phone that does not answer is no fault of ours; the document wants 500 for it all the same.
  if (answer.json?.error !== ('Phone not reached' as unknown)) expect(status, seen).not.toBe(500);
  expect(text, seen).not.toMatch(traces);
  expect(text, seen).not.toContain('secret-of-');
  expect(headers['x-request-id'], seen).toBeDefined();
  if (status < 400) return;
  const isProblem = headers['content-type'] === 'application/problem+json';
  expect(answer.json, seen).toMatchObject(isProblem ? { status, detail: expect.any(String) } : { success: false });
}

const alive = async ({ httpPort, get }: RunningDaemon) => {
  expect((await ask(httpPort, '/api/status')).status).toBe(200);
  // Not the file of a device: one that was asked to go is gone.
  expect((await get('/-/healthy')).status).toBe(200);
};

describe('whatever is asked', () => {
  test('of any route, the answer is no fault of ours, no trace and no secret', async () => {
    const { daemon, operations } = await fuzzed('notify: { mode: off }\napi: { limits: off, edits: file }');
    expect(operations.length).toBeGreaterThan(20);
    for (const operation of operations) {
      const calls = fc.asyncProperty(anyCallOf(operation), async (sent) => {
        const { path, ...options } = sent;
        look(sent, await ask(daemon.httpPort, path, options));
      });
      await fc.assert(calls, { numRuns: 40, endOnFailure: true });
    }
    await alive(daemon);
    expect(daemon.log.join('')).not.toMatch(/a request of the API failed/);
  });

  test('with a body that is nested as deep as it is long, it is refused', async () => {
    const { daemon } = await fuzzed('notify: { mode: off }\napi: { limits: off }');
    for (const path of ['/api/phones/webhook', '/api/v1/plan', '/api/provisioning/devices']) {
      const deep = { data: JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) };
      const answer = await ask(daemon.httpPort, path, { method: 'POST', body: deep });
      look({ path }, answer);
    }
    await alive(daemon);
  });

  test('of paths that there are not, with bodies that are none, it is the same', async () => {
    const { daemon, operations } = await fuzzed('notify: { mode: off }\napi: { limits: off }');
    const paths = operations.map(({ path }) => path);
    const strange = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'),
      path: fc
        .tuple(fc.constantFrom('/api/', '/api/v1/', ...paths), fc.webPath())
        .map(([front, back]) => `${front}${back}`.replace(/[^\x21-\x7e]/g, '')),
      headers: fc.constantFrom<Record<string, string>>(
        ...[{}, { 'content-type': 'application/json' }, { 'content-type': 'text/plain' }, { 'content-type': 'x' }],
        ...[{ 'if-none-match': '*' }, { 'if-match': '"x"' }, { authorization: 'Bearer a.b.c' }, { origin: 'null' }],
        ...[{ 'content-length': '5' }, { 'transfer-encoding': 'chunked' }, { expect: '100-continue' }],
      ),
    });
    await fc.assert(
      fc.asyncProperty(strange, async (sent) => {
        const { path, ...options } = sent;
        const answer = await ask(daemon.httpPort, path, options).catch(() => undefined);
        // Half a request gets half an answer.
        if (answer && answer.headers['x-request-id'] !== undefined) look(sent, answer);
      }),
      { numRuns: 300, endOnFailure: true },
    );
    await alive(daemon);
  });
});
