import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tagOf } from '../../src/editing/keep.ts';
import { readJournal } from '../../src/state/journal.ts';
import { answeringPhone } from '../support/answering-phone.ts';
import { startDaemon } from '../support/daemon.ts';
import { addHook, addRemote, commitAll } from '../support/git-project.ts';
import { createProject, macOf, type Phone, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { ask } from './support/api.ts';

const path = '/api/provisioning/devices';
const site = (phones: readonly Phone[] = [{ port: 5060 }, { port: 5060 }], api = 'edits: file') =>
  siteOf(phones, `api: { ${api}, limits: off }`);
const register = (number: number, more: object = {}) => ({
  method: 'POST',
  body: { mac_address: macOf(number), extension_number: '1001', vendor: 'acme', model: 'a1', ...more },
});
const tagIn = (project: Project) => `"${tagOf(readFileSync(project.path('devices.yml')))}"`;

describe('a device that a script of the predecessor registers', () => {
  test('is a line of devices.yml, has its files, and is there once more when it is registered again', async () => {
    const project = createProject(site());
    const daemon = await startDaemon(project);
    const first = await ask(daemon.httpPort, path, register(3, { mac_address: '02-00-00-00-00-03' }));
    expect(first).toMatchObject({
      status: 200,
      json: {
        success: true,
        device: { mac_address: macOf(3), extension_number: '1001', vendor: 'acme', model: 'a1' },
        reboot_triggered: false,
        message: 'Device registered; nobody knows where it is yet; it fetches when it starts',
      },
    });
    expect(project.read('devices.yml').split('\n')[10]).toBe(
      `  - { mac: "${macOf(3)}", vendor: acme, model: a1, extension: "1001" }`,
    );
    const url = new URL(String(first.json.device?.config_url));
    expect(await daemon.get(url.pathname)).toMatchObject({ status: 200, text: expect.stringContaining('Person 1') });
    const again = await ask(daemon.httpPort, path, register(3, { extension_number: '1002', vendor: 'ACME' }));
    expect(again).toMatchObject({
      status: 200,
      json: { success: true, device: { extension_number: '1002', vendor: 'acme' } },
    });
    expect(project.read('devices.yml').split('\n')[10]).toBe(
      `  - { mac: "${macOf(3)}", vendor: acme, model: a1, extension: "1002" }`,
    );
    expect((await daemon.get(url.pathname)).text).toContain('Person 2');
    const list = await ask(daemon.httpPort, path);
    expect(list.json).toMatchObject([{}, {}, { mac_address: macOf(3), extension_number: '1002' }]);
  });

  test('is told, and the answer says so when the phone has answered', async () => {
    const phone = await answeringPhone();
    const project = createProject(site([{ address: '127.0.0.1', port: phone.port }, { port: 5060 }]));
    const daemon = await startDaemon(project);
    await until('the NOTIFY of the first build', () => phone.heard.length === 1);
    const answer = await ask(daemon.httpPort, path, register(1, { extension_number: '1002' }));
    expect(answer).toMatchObject({
      status: 200,
      json: { reboot_triggered: true, message: 'Device registered and phone reboot triggered automatically' },
    });
    expect(phone.heard).toHaveLength(2);
  });

  test.each<[how: string, status: number | 'nothing', message: RegExp, isPending: boolean]>([
    ['refuses', 489, /^Device registered; the phone refused the NOTIFY: 489/, false],
    ['does not answer', 'nothing', /^Device registered; the phone is being told; it has not answered yet$/, true],
  ])('is not said to be told when its phone %s', async (_, status, message, isPending) => {
    const phone = await answeringPhone(status);
    const project = createProject(site([{ address: '127.0.0.1', port: phone.port }, { port: 5060 }]));
    const daemon = await startDaemon(project);
    const { json } = await ask(daemon.httpPort, path, register(1, { extension_number: '1002' }));
    expect(json).toMatchObject({
      success: true,
      reboot_triggered: false,
      reboot_pending: isPending,
      message: expect.stringMatching(message),
    });
  });

  test.each<[why: string, more: object, status: number, message: RegExp]>([
    ['its MAC is none', { mac_address: '00:15' }, 400, /^"00:15" is no MAC address; wanted one such as/],
    ['a word is missing', { model: undefined }, 400, /model.* is missing/],
    [
      'nobody has its extension',
      { extension_number: '9999' },
      409,
      /^the change is refused: devices\.yml:11:\d+ .*9999/,
    ],
    ['there is no such model', { model: 'a9' }, 409, /^the change is refused: devices\.yml:11:\d+ .*a9/],
  ])('is refused in the words of the predecessor when %s', async (_, more, status, message) => {
    const project = createProject(site());
    const before = project.read('devices.yml');
    const daemon = await startDaemon(project);
    const answer = await ask(daemon.httpPort, path, register(3, more));
    expect(answer).toMatchObject({
      status,
      json: { success: false, error: expect.any(String), message: expect.stringMatching(message) },
    });
    expect(project.read('devices.yml')).toBe(before);
  });

  test('is unregistered by its MAC in any spelling, and then unknown', async () => {
    const project = createProject(site());
    const daemon = await startDaemon(project);
    const gone = await ask(daemon.httpPort, `${path}/02:00:00:00:00:02`, { method: 'DELETE' });
    expect(gone).toMatchObject({
      status: 200,
      json: { success: true, reboot_triggered: false, message: 'Device unregistered' },
    });
    expect(project.read('devices.yml')).not.toContain(macOf(2));
    expect(await daemon.get(`/${macOf(2)}.cfg`)).toMatchObject({ status: 404 });
    const again = await ask(daemon.httpPort, `${path}/0200.0000.0002`, { method: 'DELETE' });
    expect(again).toMatchObject({
      status: 404,
      json: { success: false, error: 'Not found', message: 'there is no device 02:00:00:00:00:02' },
    });
  });

  test('is refused where devices.yml is not edited', async () => {
    const project = createProject(siteOf([{ port: 5060 }]));
    const daemon = await startDaemon(project);
    expect(await ask(daemon.httpPort, path, register(3))).toMatchObject({ status: 403, json: { success: false } });
    expect(project.read('devices.yml')).not.toContain(macOf(3));
  });
});

describe('a device under /api/v1', () => {
  const v1 = '/api/v1/devices';
  const added = {
    method: 'POST',
    body: { mac: '02:00:00:00:00:03', vendor: 'acme', model: 'a1', extension: '1002', lldp: false },
  };

  test('is added once, changed and removed, each with the ETag of the file', async () => {
    const project = createProject(site());
    const daemon = await startDaemon(project);
    const made = await ask(daemon.httpPort, v1, added);
    expect(made).toMatchObject({
      status: 201,
      headers: { location: `${v1}/${macOf(3)}`, etag: tagIn(project) },
      json: { mac: '02:00:00:00:00:03', done: 'file', file: 'devices.yml', phone: 'untold', warnings: [] },
    });
    expect(project.read('devices.yml').split('\n')[10]).toBe(
      `  - { mac: "${macOf(3)}", vendor: acme, model: a1, extension: "1002", lldp: false }`,
    );
    expect(await ask(daemon.httpPort, v1, added)).toMatchObject({ status: 409, json: { code: 'exists' } });
    const desired = await ask(daemon.httpPort, `${v1}/${macOf(3)}/desired`);
    const file = tagIn(project).slice(0, -1);
    expect(String(desired.headers.etag).startsWith(`${file}.`)).toBe(true);
    const known = { headers: { 'if-none-match': String(desired.headers.etag) } };
    expect(await ask(daemon.httpPort, `${v1}/${macOf(3)}/desired`, known)).toMatchObject({ status: 304, text: '' });
    const glance = await ask(daemon.httpPort, `${v1}/${macOf(3)}`);
    expect(String(glance.headers.etag).startsWith(`${file}.`)).toBe(true);
    const patch = { method: 'PATCH', body: { lldp: null, vlan: { id: 7 } } };
    const matched = {
      ...patch,
      headers: { 'if-match': String(glance.headers.etag), 'content-type': 'application/merge-patch+json' },
    };
    expect(await ask(daemon.httpPort, `${v1}/${macOf(3)}`, matched)).toMatchObject({
      status: 200,
      headers: { etag: tagIn(project) },
      json: { done: 'file' },
    });
    expect(project.read('devices.yml').split('\n')[10]).toBe(
      `  - { mac: "${macOf(3)}", vendor: acme, model: a1, extension: "1002", vlan: { id: 7 } }`,
    );
    expect(await ask(daemon.httpPort, `${v1}/${macOf(3)}`, matched)).toMatchObject({
      status: 412,
      json: { code: 'precondition-failed' },
    });
    expect(
      await ask(daemon.httpPort, `${v1}/${macOf(3)}`, { method: 'DELETE', headers: { 'if-match': '*' } }),
    ).toMatchObject({ status: 200 });
    expect(project.read('devices.yml')).toBe(site());
  });

  test.each<[what: string, method: string, at: string, body: object | undefined, status: number, code: string]>([
    ['a patch of what is not there', 'PATCH', macOf(9), { note: 'x' }, 404, 'not-found'],
    ['a patch of the MAC', 'PATCH', macOf(1), { mac: macOf(9) }, 400, 'mac'],
    ['a patch without a word', 'PATCH', macOf(1), {}, 400, 'validation'],
    ['a patch that the schema refuses', 'PATCH', macOf(1), { colour: 'red' }, 409, 'faults'],
    ['a MAC that is none', 'DELETE', 'x', undefined, 400, 'mac'],
    [
      'what is nested without end',
      'PATCH',
      macOf(1),
      JSON.parse(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`),
      400,
      'validation',
    ],
  ])('refuses %s', async (_, method, at, body, status, code) => {
    const project = createProject(site());
    const daemon = await startDaemon(project);
    expect(await ask(daemon.httpPort, `${v1}/${at}`, { method, body })).toMatchObject({
      status,
      json: { status, code },
    });
    expect(project.read('devices.yml')).toBe(site());
  });

  test('names every fault with its place', async () => {
    const project = createProject(site());
    const daemon = await startDaemon(project);
    const body = { colour: 'red', vlan: { id: 0 } };
    const { json } = await ask(daemon.httpPort, `${v1}/${macOf(1)}`, { method: 'PATCH', body });
    expect(json.faults).toMatchObject([
      {
        file: 'devices.yml',
        line: 9,
        column: expect.any(Number),
        code: 'schema',
        message: expect.stringContaining('colour'),
      },
      {
        file: 'devices.yml',
        line: 9,
        column: expect.any(Number),
        code: 'schema',
        message: expect.stringContaining('vlan'),
      },
    ]);
  });

  test('asks for an ETag where one is required', async () => {
    const project = createProject(site(undefined, 'edits: { mode: file, if_match: required }'));
    const daemon = await startDaemon(project);
    const patch = { method: 'PATCH', body: { note: 'x' } };
    expect(await ask(daemon.httpPort, `${v1}/${macOf(1)}`, patch)).toMatchObject({
      status: 428,
      json: { code: 'precondition-required' },
    });
    const matched = { ...patch, headers: { 'if-match': tagIn(project) } };
    expect(await ask(daemon.httpPort, `${v1}/${macOf(1)}`, matched)).toMatchObject({ status: 200 });
  });

  test('stands in the audit with what was there before, and no password in it', async () => {
    const project = createProject(site());
    const daemon = await startDaemon(project);
    const body = { admin_password: 'a-long-password', note: 'hall' };
    const { json } = await ask(daemon.httpPort, `${v1}/${macOf(1)}`, { method: 'PATCH', body });
    expect(json.warnings).toEqual(['admin_password: written as plain text, as other passwords of the project are']);
    await daemon.stop();
    const journal = readJournal({ folder: project.state })!;
    const [row] = journal.audits({ limit: 1 });
    journal.close();
    expect(row).toMatchObject({ status: 200, caller: 'local', method: 'PATCH', target: macOf(1) });
    expect(row?.before).toContain('"extension":"1001"');
    expect(row?.after).toContain('"note":"hall"');
    expect(JSON.stringify(row) + daemon.log.join('')).not.toContain('a-long-password');
  });

  test('is not built while a hook of git may still refuse it', async () => {
    const project = createProject(site(undefined, 'edits: commit'), { '.gitignore': '/out/\n/.offhook/\n' });
    const folder = commitAll(project.dir);
    addHook(folder, 'pre-commit', 'sleep 1; echo "not today" >&2; exit 1');
    const daemon = await startDaemon(project);
    const refused = await ask(daemon.httpPort, v1, added);
    expect(refused).toMatchObject({
      status: 409,
      json: { code: 'conflict', detail: 'git did not commit it: not today' },
    });
    expect(project.read('devices.yml')).toBe(site(undefined, 'edits: commit'));
    await daemon.after(() => project.edit('devices.yml', 'Person 1', 'Ada'), /build accepted devices=2 changed=[1-9]/);
    expect(daemon.log.join('')).not.toContain('build accepted devices=3');
  });

  test('is committed, or becomes a branch, and the answer names it', async () => {
    const project = createProject(site(undefined, 'edits: commit'), { '.gitignore': '/out/\n/.offhook/\n' });
    const folder = commitAll(project.dir);
    const remote = addRemote(folder);
    const daemon = await startDaemon(project);
    const made = await ask(daemon.httpPort, v1, added);
    expect(made).toMatchObject({ status: 201, json: { done: 'commit', commit: folder.git('rev-parse', 'HEAD') } });
    expect(folder.git('log', '-1', '--format=%an')).toBe('local');
    await daemon.after(
      () => project.edit('devices.yml', 'edits: commit', 'edits: pull-request-branch'),
      /build accepted/,
    );
    folder.git('commit', '--quiet', '-am', 'by branch');
    const before = project.read('devices.yml');
    const pushed = await ask(daemon.httpPort, `${v1}/${macOf(3)}`, { method: 'DELETE' });
    expect(pushed).toMatchObject({ status: 202, json: { done: 'branch', phone: 'untold' } });
    expect(remote.git('show', `${pushed.json.branch}:devices.yml`)).not.toContain(macOf(3));
    expect(project.read('devices.yml')).toBe(before);
  });
});

describe('a plan that is asked for', () => {
  const plan = '/api/v1/plan';
  const body = {
    devices: {
      [macOf(1)]: { extension: '1002' },
      '02:00:00:00:00:03': { vendor: 'acme', model: 'a1', extension: '1001' },
      [macOf(2)]: null,
    },
  };

  test('shows what a build would change, passwords as dots, and writes nothing', async () => {
    const project = createProject(site());
    const daemon = await startDaemon(project);
    const json = await ask(daemon.httpPort, plan, { method: 'POST', body });
    expect(json).toMatchObject({ status: 200, json: { summary: { devices: 2, change: 2, reboot: 0 } } });
    const text = await ask(daemon.httpPort, `${plan}?format=text`, { method: 'POST', body });
    expect(text.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(text.text).toMatch(/^-line\.1\.name = Person 1\n/m);
    expect(text.text).toMatch(/^\+line\.1\.name = Person 2\n/m);
    expect(text.text).toMatch(/the files of 1 that is no longer there go\n$/);
    expect(text.text + json.text).not.toContain('secret-of-');
    expect(project.read('devices.yml')).toBe(site());
  });

  test('may be of a whole file', async () => {
    const project = createProject(site());
    const daemon = await startDaemon(project);
    const send = async (text: string, file = 'devices.yml') => {
      const headers = { 'content-type': 'application/yaml', accept: 'text/plain' };
      const url = `http://127.0.0.1:${daemon.httpPort}${plan}?file=${encodeURIComponent(file)}`;
      const answer = await fetch(url, { method: 'POST', headers, body: text });
      return { status: answer.status, text: await answer.text() };
    };
    expect(await send(site())).toMatchObject({ status: 200, text: expect.stringMatching(/^0 of 2 devices change/) });
    expect((await send(site().replace('Person 1', 'Ada'))).text).toMatch(
      /extensions\.1001|lines\.1\.name: Person 1 -> Ada/,
    );
    expect(await send('devices: [')).toMatchObject({ status: 409, text: expect.stringContaining('devices.yml') });
    expect(await send('x', '../../etc/passwd')).toMatchObject({ status: 404 });
  });
});
