import { expect, onTestFinished, test } from 'vitest';
import { createActing } from '../../src/acting.ts';
import { createPins } from '../../src/state/pins.ts';
import { createToken } from '../../src/state/tokens.ts';
import { isWishWaiting, openTrials } from '../../src/state/trials.ts';
import { linesLog, stateFolder } from '../state/folder.ts';
import { startDaemon } from '../support/daemon.ts';
import { counts, startPhones } from '../support/phones.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { ask } from './support/api.ts';

const file = `${macOf(1)}.cfg`;
const mac = '02:00:00:00:00:01';
const sections = (api = 'limits: off') => `notify: { mode: off }\napi: { ${api} }`;
const nameIn = (project: Project) => /name = (.*)/.exec(project.outText(file))?.[1];

/** Built as Person 1 and then as Ada. */
async function started(api?: string) {
  const project = createProject(siteOf([{ port: 5060 }, { port: 5061 }, { port: 5062 }], sections(api)));
  const daemon = await startDaemon(project);
  await daemon.after(() => project.edit('devices.yml', 'Person 1', 'Ada'), /build accepted .* changed=[1-9]/);
  const asked = (path: string, options = {}) => ask(daemon.httpPort, `/api/v1${path}`, options);
  const post = (path: string, body?: object) => asked(path, { method: 'POST', body });
  const built = (name: string) => until(`a file with ${name}`, () => nameIn(project) === name);
  return { project, daemon, asked, post, built };
}

test('a device goes back, is listed as pinned, and is let go again; each is a row of the audit', async () => {
  const { project, asked, post, built } = await started();
  const planned = await post(`/devices/${macOf(1)}/rollback`, { to: 'previous', dry_run: true });
  expect(planned).toMatchObject({ status: 200, json: { mac, done: 'planned' } });
  expect(planned.json.changes?.[0]).toMatchObject({
    ...{ file, added: 2, removed: 2, diff: expect.stringMatching(/^-line.1.name = Ada\n\+line.1.name = Person 1$/m) },
  });
  expect(planned.text).not.toContain('secret-of-');
  expect((await asked('/pins')).json.items).toEqual([]);
  const done = await post(`/devices/${mac}/rollback`, { to: 'previous', reason: 'rings twice' });
  expect(done.json).toMatchObject({ done: 'pinned', from: planned.json.from, to: planned.json.to });
  await built('Person 1');
  const pin = { device: mac, cause: 'person', revision: done.json.to, from: done.json.from, reason: 'rings twice' };
  expect((await asked('/pins')).json).toMatchObject({ items: [pin], next: null });
  expect((await asked(`/pins?device=${macOf(1)}&cause=person`)).json.items).toMatchObject([pin]);
  expect((await asked('/pins?cause=canary')).json.items).toEqual([]);
  expect((await post(`/devices/${mac}/rollback`, { to: String(done.json.to) })).json.done).toBe('nothing');
  const released = await asked(`/devices/${mac}/pin`, { method: 'DELETE' });
  expect(released.json).toMatchObject({ mac, done: 'released', to: null, changes: [{ file }] });
  await built('Ada');
  expect((await asked('/pins')).json.items).toEqual([]);
  const rows = await until('both in the audit', async () => {
    const { json } = await asked('/audits');
    const items: { path: string; before?: unknown; after?: unknown }[] = Object(json.items);
    return items.filter(({ before }) => before !== undefined).length === 2 && items;
  });
  expect(rows).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        path: `/api/v1/devices/${mac}/pin`,
        before: { pinned: pin.revision, cause: 'person' },
      }),
      expect.objectContaining({
        ...{ path: `/api/v1/devices/${mac}/rollback`, target: macOf(1), before: { revision: pin.from } },
        after: { pinned: pin.revision, reason: 'rings twice' },
      }),
    ]),
  );
  expect(project.outText(file)).toContain('secret-of-1001');
});

test('who cannot go back is told why, and nothing is pinned', async () => {
  const { project, daemon, asked, post } = await started();
  const back = (body: object, one = mac) => post(`/devices/${one}/rollback`, body);
  expect(await back({ to: 'zzz' })).toMatchObject({
    ...{ status: 409, json: { code: 'conflict', detail: expect.stringMatching(/has no revision "zzz"/) } },
  });
  expect(await back({ to: 'previous' }, macOf(2))).toMatchObject({ status: 409 });
  expect(await back({ to: 'previous' }, macOf(99))).toMatchObject({ status: 404, json: { code: 'unknown-device' } });
  expect(await back({ to: 'previous' }, 'x'.repeat(12))).toMatchObject({ status: 400, json: { code: 'mac' } });
  for (const body of [{}, { to: '' }, { to: 1, more: 2 }, { to: 'previous', dry_run: 'perhaps' }])
    expect((await back(body)).status, JSON.stringify(body)).toBe(400);
  const none = await asked(`/devices/${mac}/pin`, { method: 'DELETE' });
  expect(none).toMatchObject({ status: 404, json: { code: 'not-pinned' } });
  await daemon.after(() => project.edit('devices.yml', 'vendor: acme', 'vendor: acne'), /build rejected/);
  expect(await back({ to: 'previous' })).toMatchObject({
    ...{ status: 409, json: { code: 'faults', faults: [{ file: 'devices.yml', message: expect.any(String) }] } },
  });
  expect((await asked('/pins')).json.items).toEqual([]);
});

test('a file of a device is shown as it is, as it was, and with its passwords as dots', async () => {
  const { project, asked } = await started();
  const now = await asked(`/devices/${mac}/files/${file}`);
  expect(now).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  expect(now.text).toBe(project.outText(file).replace('secret-of-1001', '••••••••'));
  expect((await asked(`/devices/${mac}/files/${file.toUpperCase()}`)).text).toBe(now.text);
  const before = await asked(`/devices/${mac}/files/${file}?revision=previous`);
  expect(before.text).toBe(now.text.replaceAll('Ada', 'Person 1'));
  expect((await asked(`/devices/${mac}/files/acme-a1.cfg`)).text).toBe(project.outText('acme-a1.cfg'));
  const codeOf = async (path: string) => {
    const { status, json } = await asked(`/devices/${path}`);
    return `${status} ${String(json.code)}`;
  };
  expect(await codeOf(`${mac}/files/${macOf(2)}.cfg`)).toBe('404 unknown-file');
  expect(await codeOf(`${mac}/files/..%2f..%2fdevices.yml`)).toBe('404 unknown-file');
  expect(await codeOf(`${mac}/files/${file}?revision=zzz`)).toBe('404 unknown-revision');
  expect(await codeOf(`${macOf(99)}/files/${file}`)).toBe('404 unknown-device');
  expect(await codeOf(`${mac}/files/${file}?x=1`)).toBe('400 validation');
  project.write(`out/${file}`, 'password = secret-of-1001\n');
  expect(await codeOf(`${mac}/files/${file}`)).toBe('409 not-kept');
});

test('a rollout is shown, let go and stopped, by operators', async () => {
  const phones = await startPhones(3);
  const canary = 'canary: { devices: ["1002"], wait: 10m }';
  const notify = `notify: { pace: { per_second: 1000 }, ${canary} }\napi: { limits: off, auth: { tokens: on } }`;
  const project = createProject(siteOf(phones, notify));
  const daemon = await startDaemon(project, { timing: { rollout: 20 } });
  const tokenOf = (role: 'viewer' | 'operator') => createToken(project.state, { name: role, role, created: 0 });
  const tokens = { viewer: tokenOf('viewer'), operator: tokenOf('operator') };
  const asked = (path: string, options: object = {}, role: keyof typeof tokens = 'operator') =>
    ask(daemon.httpPort, `/api/v1/rollouts${path}`, {
      ...options,
      headers: { authorization: `Bearer ${tokens[role]}` },
    });
  const post = (word: string, role?: keyof typeof tokens) => asked(`/${word}`, { method: 'POST' }, role);
  await until('the first NOTIFYs', () => counts(phones).join() === '1,1,1');
  expect((await asked('', {}, 'viewer')).json).toMatchObject({ items: [] });
  expect(await post('go')).toMatchObject({ status: 409, json: { code: 'no-rollout' } });
  expect((await post('go', 'viewer')).status).toBe(403);
  const rename = (to: string) =>
    daemon.after(
      () => project.write('devices.yml', project.read('devices.yml').replaceAll(/name: \w+/g, `name: ${to}`)),
      /canaries get a change first/,
    );
  await rename('Ada');
  expect((await asked('', {}, 'viewer')).json.items).toMatchObject([
    {
      group: null,
      state: 'proving',
      devices_held: 2,
      canaries: [{ mac: '02:00:00:00:00:02', well: null }],
      reason: null,
    },
  ]);
  expect((await post('go')).json).toMatchObject({ done: 'go', devices: 2, items: [{ state: 'proving' }] });
  await until('all have it', () => project.outText(file).includes('Ada'));
  await until('nobody to wait', async () => Object((await asked('')).json.items).length === 0);
  await rename('Eve');
  expect((await post('stop')).json).toMatchObject({ done: 'stop', devices: 2 });
  expect((await asked('')).json.items).toMatchObject([{ state: 'stopped', reason: 'somebody stopped it' }]);
  await until('the canary to go back', () => project.outText(`${macOf(2)}.cfg`).includes('Ada'));
  expect(await post('stop')).toMatchObject({ status: 409 });
});

test('a decision that nobody takes up is taken back, and said to be none', async () => {
  const state = stateFolder();
  const trial = { cohort: '', began: 1, until: 2, require: 'fetched', canaries: [], held: 3 } as const;
  openTrials(state).write([trial]);
  const { log } = linesLog();
  const pins = createPins({ folder: state, log });
  onTestFinished(pins.close);
  const around = { current: { build: () => undefined }, pins, rebuild: () => {}, out: state, state, patience: 20 };
  const { offered } = createActing(around);
  const [go, stop] = await Promise.all([offered.decideRollouts('go'), offered.decideRollouts('stop')]);
  expect([go, stop]).toEqual([undefined, undefined]);
  expect(isWishWaiting(state)).toBe(false);
});
