import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const [one, two] = [macOf(1), macOf(2)];
const phones = [{ port: 5060 }, { port: 5060 }];

function projectWith(section: string): Project {
  const project = createProject(siteOf(phones, section));
  project.write(
    'templates/acme/vendor.yml',
    `${project.read('templates/acme/vendor.yml')}
uploads:
  - { name: "{mac}-phone.cfg", kind: override }
  - { name: "{mac}-app.log", kind: log, append: true }
`,
  );
  return project;
}

async function start(section: string, workers = 0) {
  const project = projectWith(section);
  const daemon = await startDaemon(project, { notify: false, workers });
  const send = async (name: string, body: string) =>
    (await fetch(`http://127.0.0.1:${daemon.httpPort}/${name}`, { method: 'PUT', body })).status;
  return { project, daemon, send };
}

describe.each([0, 2])('a daemon with `uploads: on` and %i workers', (workers) => {
  test('keeps what phones send in the state folder, never in out/, and gives a phone its own back, over TFTP, too', async () => {
    const { project, daemon, send } = await start('uploads: on', workers);
    const before = readdirSync(project.out);
    expect(await send(`${one}-phone.cfg`, 'mine')).toBe(201);
    expect(await send(`${one}-app.log`, 'one')).toBe(201);
    expect(await send(`${one}-app.log`, 'two')).toBe(200);
    expect(project.read(`.offhook/uploads/${one}/${one}-app.log`)).toBe('onetwo');
    expect(readdirSync(project.out)).toEqual(before);
    expect((await daemon.get(`/${one}-phone.cfg`)).text).toBe('mine');
    expect(await daemon.rrq(`${one}-phone.cfg`)).toBe('mine');
    expect((await daemon.get(`/${one}-app.log`)).status).toBe(404);
    expect((await daemon.get(`/${two}-phone.cfg`)).status).toBe(404);
    const rows = await until('the rows', () => daemon.fetches().length >= 7 && daemon.fetches());
    const kept = { method: 'PUT', device: one, status: 201, bytes: 4, reason: 'kept: override' };
    expect(rows).toContainEqual(expect.objectContaining(kept));
  });

  test('takes nothing of a phone that is not in devices.yml', async () => {
    const { project, send } = await start('uploads: on', workers);
    expect(await send(`${macOf(99)}-phone.cfg`, 'x')).toBe(403);
    expect(existsSync(project.path('.offhook/uploads'))).toBe(false);
  });

  test('stops taking and giving as soon as devices.yml says so, and a device that is gone gets nothing', async () => {
    const { project, daemon, send } = await start('uploads: { give_back: true, file_mb: 1 }', workers);
    expect(await send(`${one}-phone.cfg`, 'x'.repeat(2_000_000))).toBe(413);
    expect(await send(`${one}-phone.cfg`, 'mine')).toBe(201);
    await daemon.after(() => project.edit('devices.yml', 'give_back: true', 'give_back: false'), /build accepted/);
    expect((await daemon.get(`/${one}-phone.cfg`)).status).toBe(404);
    await daemon.after(() => project.edit('devices.yml', /uploads: .*/, 'uploads: off'), /build accepted/);
    expect(await send(`${one}-phone.cfg`, 'other')).toBe(405);
    expect(project.read(`.offhook/uploads/${one}/${one}-phone.cfg`)).toBe('mine');
  });
});

test('without it nothing is taken', async () => {
  const { project, send } = await start('');
  expect(await send(`${one}-phone.cfg`, 'mine')).toBe(405);
  expect(existsSync(project.path('.offhook/uploads'))).toBe(false);
});
