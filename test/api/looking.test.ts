import { expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { ask } from './support/api.ts';

const two = [{ port: 5060 }, { port: 5061 }];
const sections = 'notify: { mode: off }\napi: { limits: off }';
const started = async (site = siteOf(two, sections)) => {
  const project = createProject(site);
  const daemon = await startDaemon(project);
  const asked = (path: string, options = {}) => ask(daemon.httpPort, `/api/v1${path}`, options);
  return { project, daemon, asked };
};

test('phones that nobody knows are listed with the entry to paste, page by page, and what is none when it is wanted', async () => {
  const { daemon, asked } = await started();
  for (const number of [7, 8])
    await daemon.get(`/${macOf(number)}.cfg`, { headers: { 'user-agent': `Acme A1 3.4.5 ${macOf(number)}` } });
  await daemon.get(`/${macOf(9)}.cfg`, { headers: { 'user-agent': 'curl/8.0' } });
  await until('three fetches', () => daemon.fetches().length === 3);
  const all = await asked('/unknown');
  expect(all).toMatchObject({ status: 200, json: { next: null } });
  expect(Object(all.json.items).map((one: { mac: string; kind: string }) => [one.mac, one.kind])).toEqual([
    ['02:00:00:00:00:08', 'phone'],
    ['02:00:00:00:00:07', 'phone'],
    ['02:00:00:00:00:09', 'other'],
  ]);
  expect(all.json.items?.[0]).toMatchObject({
    ...{ vendor: 'acme', says: 'A1', firmware: '3.4.5', address: '127.0.0.1', count: 1, paths: ['/020000000008.cfg'] },
    entry: expect.stringMatching(
      /^- \{ mac: "02:00:00:00:00:08", vendor: "acme", model: .*, extension: "EXTENSION" \}/,
    ),
  });
  const first = await asked('/unknown?limit=1&kind=phone');
  expect(first.json.items).toMatchObject([{ mac: '02:00:00:00:00:08' }]);
  const second = await asked(`/unknown?limit=1&kind=phone&cursor=${first.json.next}`);
  expect(second.json).toMatchObject({ items: [{ mac: '02:00:00:00:00:07' }], next: null });
  expect((await asked('/unknown?since=2999-01-01T00:00:00Z')).json.items).toEqual([]);
  const again = await asked('/unknown', { headers: { 'if-none-match': String(all.headers.etag) } });
  expect(again.status).toBe(304);
  for (const query of ['since=yesterday', 'kind=x', 'limit=0', 'cursor=x', 'x=1'])
    expect(await asked(`/unknown?${query}`), query).toMatchObject({ status: 400, json: { status: 400 } });
});

test('what the fetch log shows to be wrong is found, by device, severity and kind', async () => {
  const { daemon, asked } = await started();
  await daemon.get('/020000ffffff.cfg', { headers: { 'user-agent': 'Acme A1 3.4.5 020000ffffff' } });
  await daemon.get(`/${macOf(1)}.cfg`, { headers: { 'user-agent': `Acme A2 3.4.5 ${macOf(1)}` } });
  await until('two fetches', () => daemon.fetches().length === 2);
  const all = await asked('/findings');
  expect(all.status).toBe(200);
  const ids: string[] = Object(all.json.items).map(({ id }: { id: string }) => id);
  expect(ids).toEqual(expect.arrayContaining(['other-model', 'unknown-device', 'never-asked']));
  const [wrong] = Object((await asked('/findings?id=other-model')).json.items);
  expect(wrong).toMatchObject({ device: '02:00:00:00:00:01', count: 1, fix: expect.stringMatching(/\S/) });
  const of = await asked(`/findings?device=${macOf(2)}`);
  expect(of.json.items).toMatchObject([{ id: 'never-asked', device: '02:00:00:00:00:02' }]);
  const severe = await asked(`/findings?severity=${wrong.severity}`);
  for (const { severity } of Object(severe.json.items)) expect(severity).toBe(wrong.severity);
  const pages: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = await asked(`/findings?limit=1${cursor && `&cursor=${cursor}`}`);
    pages.push(...Object(page.json.items).map(({ id }: { id: string }) => id));
    cursor = page.json.next ? String(page.json.next) : undefined;
  }
  expect(pages).toEqual(ids);
  for (const query of ['device=020000000zzz', 'severity=bad', 'id=bad', 'cursor=e30'])
    expect((await asked(`/findings?${query}`)).status, query).toBe(400);
});

test('who is registered is listed by extension, and by whatever else is known', async () => {
  const { daemon, asked } = await started(siteOf(two, sections));
  const register = (extension: string, ip: string) =>
    ask(daemon.httpPort, '/api/phones/webhook', {
      method: 'POST',
      body: { event: 'registration', data: { extension, ip, contact: `sip:${extension}@${ip}:5060` } },
    });
  expect((await asked('/registrations')).json).toEqual({ items: [], next: null });
  await register('1002', '192.0.2.2');
  await register('1001', '192.0.2.1');
  await register('1009', '192.0.2.1');
  const extensions = async (query: string) => {
    const { json } = await asked(`/registrations?${query}`);
    return Object(json.items).map(({ extension }: { extension: string }) => extension);
  };
  expect(await extensions('')).toEqual(['1001', '1002', '1009']);
  expect((await asked('/registrations?extension=1001')).json.items).toMatchObject([
    { device: '02:00:00:00:00:01', address: '192.0.2.1', port: 5060, contact: 'sip:1001@192.0.2.1:5060' },
  ]);
  expect(await extensions('address=192.0.2.1')).toEqual(['1001', '1009']);
  expect(await extensions('address=192.0.2.1&extension=1002')).toEqual([]);
  expect(await extensions(`device=${macOf(2)}`)).toEqual(['1002']);
  expect(await extensions('source=nobody')).toEqual([]);
  const { next } = (await asked('/registrations?limit=2')).json;
  expect(await extensions(`limit=2&cursor=${next}`)).toEqual(['1009']);
  for (const query of ['device=x', 'limit=1001', 'cursor=x', 'x=1'])
    expect((await asked(`/registrations?${query}`)).status, query).toBe(400);
});

test('what a DHCP server is to say is text to paste, without tokens, or JSON with notes', async () => {
  const secret = 'a-bootstrap-token-0123456789';
  const access = `access: { bootstrap_token: ${secret}, token: a-token-0123456789abcdef }`;
  const project = createProject(siteOf(two, `${sections}\n${access}`), {
    'templates/acme/first.njk': 'url = {{ server.url }}/\n',
  });
  const bootstrap = 'bootstrap: [{ name: "{mac}.cfg", template: first.njk }]\nfiles:';
  project.edit('templates/acme/vendor.yml', /^files:/m, bootstrap);
  const { httpPort } = await startDaemon(project);
  const asked = (path: string) => ask(httpPort, `/api/v1${path}`);
  const isc = await asked('/dhcp?server=isc');
  expect(isc).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  expect(isc.text).toMatch(/option tftp-server-name .*\/t\/TOKEN/);
  const table = await asked('/dhcp?format=json&vendor=acme');
  expect(table.json).toMatchObject({
    text: expect.stringMatching(/^option {2}to whom/),
    notes: [expect.stringContaining('TOKEN')],
  });
  for (const { text } of [isc, table]) expect(text).not.toContain(secret);
  expect((await asked('/dhcp?server=dhcpd')).status).toBe(400);
  const bare = createProject(siteOf([], sections));
  const other = await startDaemon(bare);
  expect(await ask(other.httpPort, '/api/v1/dhcp')).toMatchObject({ status: 409, json: { code: 'no-devices' } });
  expect(await asked('/dhcp?vendor=nobody')).toMatchObject({ status: 404, json: { code: 'unknown-vendor' } });
});
