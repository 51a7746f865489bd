import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import openapiTypescript from 'openapi-typescript';
import { describe, expect, onTestFinished, test } from 'vitest';
import { routes } from '../../src/api/routes.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, siteOf } from '../support/project.ts';
import { ask } from './support/api.ts';
import { describedBy, operationsIn } from './support/described.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const site = (api = 'limits: off') => siteOf([{ port: 5060 }], `notify: { mode: off }\napi: { ${api} }`);

/** What somebody writes who has nothing but the description. */
const program = (port: number) => `
import createClient from 'openapi-fetch';
import type { paths } from './api.ts';

const client = createClient<paths>({ baseUrl: 'http://127.0.0.1:${port}' });
const { data, error } = await client.GET('/api/v1/devices', { params: { query: { limit: 10, vendor: 'acme' } } });
if (!data) throw new Error(error.detail);
const [first] = data.items;
const one = await client.GET('/api/v1/devices/{mac}', { params: { path: { mac: first?.mac ?? '' } } });
const lookup = await client.GET('/api/phone-lookup/{identifier}', { params: { path: { identifier: '192.0.2.77' } } });
const none = await client.GET('/api/v1/devices/{mac}', { params: { path: { mac: '02:00:00:00:00:99' } } });
const model: string | undefined = one.data?.model;
const matched: boolean | undefined = lookup.data?.correlation.matched;
console.log(JSON.stringify({ model, matched, code: none.error && 'code' in none.error ? none.error.code : undefined }));
`;

describe('the description of the API', () => {
  test('is OpenAPI 3.1, names every operation, its role and its refusals, and refers to nothing that is not there', async () => {
    const { httpPort } = await startDaemon(createProject(site()));
    const document = await describedBy(httpPort);
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'offhook' } });
    const operations = operationsIn(document);
    expect(operations.length).toBeGreaterThan(routes.length);
    const text = JSON.stringify(document);
    const named = new Set(Object.keys(Object(document).components.schemas));
    const referred = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = '']) =>
      to.replace('#/components/schemas/', ''),
    );
    expect(referred.filter((name) => !named.has(name))).toEqual([]);
    for (const { method, path, statuses } of operations) {
      const { summary, tags, 'x-role': role } = Object(document).paths[path][method.toLowerCase()];
      expect({ path, summary, tags, role }).toMatchObject({
        ...{ summary: expect.stringMatching(/\S/), tags: [expect.stringMatching(/\S/)] },
        role: expect.stringMatching(/^(viewer|operator|admin)$/),
      });
      expect({ path, statuses }).toEqual({ path, statuses: expect.arrayContaining([401, 403, 429]) });
    }
  });

  test('has no path that the manual does not name, and the manual none that is not there', async () => {
    const { httpPort } = await startDaemon(createProject(site()));
    const operations = operationsIn(await describedBy(httpPort)).map(({ method, path }) => `${method} ${path}`);
    const rows = readFileSync(join(root, 'docs/api.md'), 'utf8').matchAll(/^\| `([A-Z]+ \/\S+)` \|/gm);
    const named = [...rows].map(([, row]) => row);
    // OpenAPI has no words for a WebSocket.
    expect([...named].sort()).toEqual([...operations, 'GET /ws'].sort());
  });

  test('makes a client whose types the compiler believes, and that works', async () => {
    const { httpPort } = await startDaemon(createProject(site()));
    const folder = mkdtempSync(join(tmpdir(), 'offhook-client-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const types = await openapiTypescript(JSON.parse(JSON.stringify(await describedBy(httpPort))));
    writeFileSync(join(folder, 'api.ts'), String(types));
    writeFileSync(join(folder, 'program.ts'), program(httpPort));
    const options = {
      extends: join(root, 'tsconfig.json'),
      include: [],
      files: ['program.ts'],
      compilerOptions: { types: ['node'], lib: ['esnext', 'dom'] },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const compiled = await run(process.execPath, [compiler, '-p', folder]).catch(({ stdout }) => ({ stdout }));
    expect(compiled.stdout).toBe('');
    const { stdout } = await run(process.execPath, [join(folder, 'program.ts')]);
    expect(JSON.parse(stdout)).toEqual({ model: 'a1', matched: false, code: 'unknown-device' });
  });

  test('has a reader for people, which asks nobody else', async () => {
    const { httpPort } = await startDaemon(createProject(site()));
    const page = await ask(httpPort, '/api/docs/');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': expect.stringContaining('text/html') } });
    const parts = [...page.text.matchAll(/(?:href|src)="\.\/([^"]+)"/g)].map(([, path]) => path);
    expect(parts.length).toBeGreaterThan(3);
    for (const path of parts) expect(await ask(httpPort, `/api/docs/${path}`), path).toMatchObject({ status: 200 });
    expect(String(page.headers['content-security-policy'])).not.toMatch(/upgrade-insecure|swagger\.io/);
    expect((await ask(httpPort, '/api/docs/static/..%2f..%2f..%2fpackage.json')).status).toBeGreaterThanOrEqual(400);
  });

  test('is for those alone who may read, unless devices.yml says otherwise', async () => {
    const project = createProject(site('auth: { tokens: on }'));
    const { httpPort, after: then } = await startDaemon(project);
    expect((await ask(httpPort, '/api/openapi.json')).status).toBe(401);
    expect((await ask(httpPort, '/api/docs/')).status).toBe(401);
    await then(() => project.edit('devices.yml', 'tokens: on }', 'tokens: on }, docs: open'), /build accepted/);
    expect((await ask(httpPort, '/api/openapi.json')).status).toBe(200);
    expect((await ask(httpPort, '/api/docs/')).status).toBe(200);
    expect((await ask(httpPort, '/api/v1/devices')).status).toBe(401);
  });
});
