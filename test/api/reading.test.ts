import { describe, expect, test } from 'vitest';
import { answeringPhone } from '../support/answering-phone.ts';
import { startDaemon } from '../support/daemon.ts';
import { commitAll } from '../support/git-project.ts';
import { createProject, macOf, type Phone, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { type AskOptions, ask } from './support/api.ts';
import type { Json } from './support/json.ts';

const open = 'api: { limits: off }';
const quiet = `notify: { mode: off }\n${open}`;
const nobody = (count: number): Phone[] => Array.from({ length: count }, () => ({ port: 5060 }));

async function started(project: Project) {
  const daemon = await startDaemon(project);
  const asked = (path: string, options?: AskOptions) => ask(daemon.httpPort, path, options);
  return { daemon, asked };
}

const itemsOf = ({ json }: { readonly json: Json }): unknown[] => Object(json).items;

describe('devices', () => {
  test('are listed page by page, each once, whatever the pages’ size, and by what is wanted of them', async () => {
    const { asked } = await started(createProject(siteOf(nobody(7), quiet)));
    const macs: unknown[] = [];
    let next = '';
    for (let page = 0; page < 4; page++) {
      const { json } = await asked(`/api/v1/devices?limit=2${next}`);
      macs.push(...itemsOf({ json }).map((item) => Object(item).mac));
      next = `&cursor=${String(json.next)}`;
      if (page === 3) expect(json.next).toBeNull();
    }
    expect(macs).toEqual([1, 2, 3, 4, 5, 6, 7].map((number) => `02:00:00:00:00:0${number}`));
    expect(itemsOf(await asked('/api/v1/devices?model=a2'))).toHaveLength(3);
    expect(itemsOf(await asked('/api/v1/devices?extension=1003'))).toMatchObject([{ mac: '02:00:00:00:00:03' }]);
    expect(itemsOf(await asked('/api/v1/devices?state=current'))).toEqual([]);
    expect(itemsOf(await asked('/api/v1/devices?state=unseen&model=a1&limit=1'))).toHaveLength(1);
    for (const query of ['state=sleeping', 'cursor=nonsense', 'limit=0', 'colour=red'])
      expect(await asked(`/api/v1/devices?${query}`)).toMatchObject({ status: 400, json: { status: 400 } });
    expect((await asked('/api/v1/devices?state=sleeping')).json).toMatchObject({
      ...{ type: 'about:blank', title: 'Bad Request', code: 'validation' },
      errors: [{ pointer: '/state', detail: expect.stringContaining('unseen, pending') }],
    });
  });

  test('are not sent again to whoever has them, until something changes', async () => {
    const project = createProject(siteOf(nobody(2), quiet));
    const { asked, daemon } = await started(project);
    const first = await asked('/api/v1/devices');
    const tag = String(first.headers.etag);
    expect(tag).toMatch(/^"[\w-]{27}"$/);
    const again = { headers: { 'if-none-match': `"other", ${tag}` } };
    expect(await asked('/api/v1/devices', again)).toMatchObject({ status: 304, text: '', headers: { etag: tag } });
    await daemon.after(() => project.edit('devices.yml', 'Person 1', 'Ada'), /build accepted/);
    expect(await asked('/api/v1/devices', again)).toMatchObject({
      status: 200,
      json: { items: [{ name: 'Ada' }, {}] },
    });
  });

  test('say what they are meant to be, who says so, what they fetch, where they stand and how that came', async () => {
    const phone = await answeringPhone();
    const project = createProject(siteOf([{ address: '127.0.0.1', port: phone.port }, { port: 5060 }], open));
    const commit = commitAll(project.dir).git('rev-parse', 'HEAD');
    const { asked, daemon } = await started(project);
    await until('the NOTIFY', () => phone.heard.length === 1);
    await daemon.get(`/${macOf(1)}.cfg`, { headers: { 'user-agent': `Acme a1 1.2.3 ${macOf(1)}` } });
    const one = (part = '') => asked(`/api/v1/devices/${macOf(1)}${part}`);
    await until('it to be current', async () => Object((await one('/state')).json).state === 'current');
    const { json } = await one();
    expect(json).toMatchObject({
      ...{
        mac: '02:00:00:00:00:01',
        vendor: 'acme',
        model: 'a1',
        ip: '127.0.0.1',
        extensions: ['1001'],
        state: 'current',
      },
      lines: [{ index: 1, extension: '1001', name: 'Person 1', sip_server: 'pbx.example.com' }],
      standing: {
        state: 'current',
        reason: expect.stringContaining('fetched all of it'),
        notified: expect.any(String),
      },
      where: { address: '127.0.0.1', port: phone.port, source: 'devices.yml' },
      seen: { protocol: 'http', firmware: '1.2.3' },
    });
    expect((await one('/revision')).json).toEqual({ revision: json.revision });
    expect((await one('/desired')).json).toMatchObject({
      ...{ file: 'devices.yml', line: expect.any(Number) },
      entry: { mac: macOf(1), vendor: 'acme', model: 'a1', extension: '1001', sip_port: phone.port },
    });
    const { json: effective } = await one('/effective');
    expect(effective).toMatchObject({ device: { lines: [{ extension: '1001', password: '••••••••' }] } });
    const explained = new Map((Object(effective).explained as Json[]).map((each) => [String(each.setting), each]));
    expect(explained.get('lines.1.name')).toMatchObject({
      ...{ value: 'Person 1' },
      origins: [{ layer: 'extension 1001', file: 'devices.yml', line: expect.any(Number), value: 'Person 1' }],
    });
    expect(explained.get('lines.1.password')).toMatchObject({ value: '••••••••', origins: [{ value: '••••••••' }] });
    expect((await one('/files')).json).toMatchObject({
      items: [
        { name: `${macOf(1)}.cfg`, size: Buffer.byteLength(project.outText(`${macOf(1)}.cfg`)), shared: false },
        { name: 'acme-a1.cfg', shared: true },
        { name: 'acme.cfg', shared: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
    });
    await daemon.after(() => project.edit('devices.yml', 'Person 1', 'Ada'), /build accepted/);
    await until('two revisions', async () => itemsOf(await one('/history')).length === 2);
    expect((await one('/history')).json).toMatchObject({
      items: [
        { commit: null, fetched: null },
        { revision: json.revision, commit, notified: expect.any(String), fetched: expect.any(String) },
      ],
    });
  });

  test('that there are not are said to be none', async () => {
    const { asked } = await started(createProject(siteOf(nobody(1), quiet)));
    for (const part of ['', '/desired', '/effective', '/files', '/revision', '/state', '/history']) {
      expect(await asked(`/api/v1/devices/${macOf(9)}${part}`)).toMatchObject({
        status: 404,
        headers: { 'content-type': 'application/problem+json' },
        json: { code: 'unknown-device', detail: 'no device of devices.yml has the MAC 02:00:00:00:00:09' },
      });
      expect(await asked(`/api/v1/devices/zz0000000009${part}`)).toMatchObject({ status: 400, json: { code: 'mac' } });
    }
  });
});

describe('what happened', () => {
  test('is told page by page, newest first, each once', async () => {
    const { asked, daemon } = await started(createProject(siteOf(nobody(2), quiet)));
    for (let count = 0; count < 5; count++) await daemon.get(`/${macOf(1)}.cfg`);
    await daemon.get(`/${macOf(2)}.cfg`);
    await daemon.get('/nothing.cfg');
    await until('seven fetches', () => daemon.fetches().length === 7);
    const ids: number[] = [];
    let cursor = '';
    do {
      const { json } = await asked(`/api/v1/fetches?limit=3${cursor}`);
      ids.push(...itemsOf({ json }).map((item) => Number(Object(item).id)));
      cursor = json.next === null ? '' : `&cursor=${String(json.next)}`;
    } while (cursor !== '');
    expect(ids).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(itemsOf(await asked(`/api/v1/fetches?device=${macOf(2)}`))).toMatchObject([
      { device: '02:00:00:00:00:02', status: 200, protocol: 'http', complete: true, path: `/${macOf(2)}.cfg` },
    ]);
    expect(itemsOf(await asked('/api/v1/fetches?since=2100-01-01T00:00:00Z'))).toEqual([]);
    expect(itemsOf(await asked('/api/v1/builds'))).toMatchObject([{ accepted: true, devices: 2 }]);
    expect(itemsOf(await asked('/api/v1/notifies'))).toEqual([]);
    for (const query of ['limit=1e309', 'since=yesterday', 'device=nonsense-mac', 'cursor=e30'])
      expect(await asked(`/api/v1/fetches?${query}`)).toMatchObject({ status: 400 });
  });
});

describe('models and those who are asked', () => {
  test('are listed', async () => {
    const { asked } = await started(createProject(siteOf(nobody(3), quiet)));
    const models = itemsOf(await asked('/api/v1/models'));
    expect(models).toContainEqual({
      ...{ vendor: 'acme', model: 'a1', title: 'Acme A1', lines: 4, keys: 10, key_types: expect.any(Array) },
      ...{ firmware: null, files: ['{mac}.cfg', 'acme-{model}.cfg', 'acme.cfg'], devices: 2 },
    });
    expect((await asked('/api/v1/sync')).json).toEqual({ directories: [], registries: expect.any(Array) });
  });
});
