import { expect, onTestFinished, test } from 'vitest';
import { createEncrypt, makeIdentity } from '../../src/source/secrets/age.ts';
import { createToken } from '../../src/state/tokens.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';
import { ask } from './support/api.ts';
import { describedBy, type Operation, operationsIn } from './support/described.ts';

/** One for each way in which a secret may come in. */
const kinds = [
  ...['plain', 'env', 'file', 'age', 'admin', 'group', 'parameter', 'credentials', 'token', 'bootstrap', 'former'],
  ...['jwt', 'registry', 'replaced'],
] as const;
type Kind = (typeof kinds)[number];
const marked = (kind: Kind): string => `Zq9x${kind}x9qZ-0123456789-0123456789`;

/** In whatever writing: as it is, in base64, in hexadecimal. */
const writings = kinds.flatMap((kind) => {
  const core = `Zq9x${kind}x9qZ`;
  return [core, Buffer.from(core).toString('base64').slice(0, -3), Buffer.from(core).toString('hex')];
});
const leaksIn = (text: string): string[] => writings.filter((one) => text.toLowerCase().includes(one.toLowerCase()));

const sections = (aged: string) => `
defaults: { admin_password: ${marked('admin')} }
groups: { branch: { user_password: ${marked('group')}, parameters: { wifi.password: ${marked('parameter')} } } }
registry: [{ asterisk: { host: 127.0.0.1, port: 1, user: offhook, password: ${marked('registry')} } }]
access:
  guessing: off
  credentials: { user: phones, password: ${marked('credentials')} }
  token: ${marked('token')}
  bootstrap_token: ${marked('bootstrap')}
  former: { token: ${marked('former')} }
notify: { mode: off }
api:
  limits: off
  edits: file
  auth: { loopback: none, jwt: { secret: ${marked('jwt')}, audience: a, issuer: b } }
extensions:
  "1004": { name: Person 4, password: { age: ${aged} } }`;

/** With what there is in place of its parameters. */
const calls = ({ path }: Operation): string[] =>
  ['0', '1', '2'].map((_, index) =>
    path
      .replace('{mac}', macOf(index + 1))
      .replace(/\{(?:number|extension)\}/, String(1001 + index))
      .replace('{name}', `${macOf(index + 1)}.cfg`)
      .replace('{identifier}', index === 0 ? '127.0.0.1' : macOf(index))
      .replace(/\{(\w+)\}/g, '1'),
  );

test('secrets of every kind are in no answer, whatever is asked for, and in no row of the audit', async () => {
  const { identity, recipient } = await makeIdentity();
  process.env.OFFHOOK_TEST_API_SECRET = marked('env');
  onTestFinished(() => void delete process.env.OFFHOOK_TEST_API_SECRET);
  const aged = Buffer.from(await createEncrypt([recipient])(marked('age'))).toString('base64');
  const site = siteOf([{ port: 5060 }, { port: 5060 }, { port: 5060 }], '')
    .replace('\nextensions:', sections(aged))
    .replace('secret-of-1001', marked('plain'))
    .replace('secret-of-1002', '{ env: OFFHOOK_TEST_API_SECRET }')
    .replace('secret-of-1003', '{ file: secrets/1003 }')
    .replace(`{ mac: "${macOf(1)}",`, `{ mac: "${macOf(1)}", group: branch, admin_password: ${marked('replaced')},`);
  const project = createProject(site, { 'secrets/1003': marked('file'), '.age-identity': identity });
  project.edit(
    'templates/acme/vendor.yml',
    /^files:/m,
    'bootstrap: [{ name: "{mac}.cfg", template: first.njk }]\nfiles:',
  );
  project.write('templates/acme/first.njk', 'url = {{ server.url }}/\n');
  const daemon = await startDaemon(project);
  await daemon.said(/build accepted devices=3/);
  // They are in the files of phones: else nothing would be shown by their absence.
  for (const kind of ['plain', 'replaced'] as const) expect(project.outText(`${macOf(1)}.cfg`)).toContain(marked(kind));
  const authorization = `Basic ${Buffer.from(`phones:${marked('credentials')}`).toString('base64')}`;
  await daemon.get(`/t/${marked('token')}/${macOf(1)}.cfg`, { headers: { authorization } });
  await daemon.get(`/t/${marked('bootstrap')}/${macOf(2)}.cfg`);
  await until('two fetches', () => daemon.fetches().length === 2);
  const token = createToken(project.state, { name: 'portal', role: 'admin', created: 0 });
  const asked = (path: string, options = {}) =>
    ask(daemon.httpPort, path, { headers: { authorization: `Bearer ${token}` }, ...options });

  const operations = operationsIn(await describedBy(daemon.httpPort));
  const read = operations.filter(({ method, path }) => method === 'GET' && path !== '/api/v1/events' && path !== '/ws');
  expect(read.length).toBeGreaterThan(20);
  let answered = 0;
  for (const path of read.flatMap(calls)) {
    const { status, text, headers } = await asked(path);
    if (status === 200) answered++;
    expect({ path, leaks: leaksIn(text + JSON.stringify(headers)) }).toEqual({ path, leaks: [] });
  }
  expect(answered).toBeGreaterThan(read.length);

  const changes = [
    ...[project.read('devices.yml').replace('Person 1', 'Ada'), project.read('devices.yml').replace('Person', '{')].map(
      (text) => ['/api/v1/plan', { method: 'POST', body: { devices: text } }] as const,
    ),
    ['/api/phones/reboot', { method: 'POST' }] as const,
    ['/api/v1/preview', { method: 'POST', body: { device: macOf(1) } }] as const,
    [
      '/api/v1/preview',
      {
        method: 'POST',
        body: { device: macOf(1), text: '{{ lines[0].password }} {{ server.url }} {{ settings.admin_password }}' },
      },
    ] as const,
    [`/api/v1/devices/${macOf(1)}/rollback`, { method: 'POST', body: { to: 'previous', dry_run: true } }] as const,
    [
      '/api/provisioning/devices',
      { method: 'POST', body: { mac_address: macOf(1), extension_number: '1002', vendor: 'acme', model: 'a1' } },
    ] as const,
    [`/api/provisioning/devices/${macOf(2)}`, { method: 'DELETE' }] as const,
  ];
  for (const [path, options] of changes) {
    const { text } = await asked(path, options);
    expect({ path, text, leaks: leaksIn(text) }).toMatchObject({ path, leaks: [] });
  }
  const rows = await until('the audit', async () => {
    const { text, json } = await asked('/api/v1/audits');
    return Number(json.items?.length) >= 4 && text;
  });
  expect(leaksIn(String(rows))).toEqual([]);
  expect(leaksIn(daemon.log.join(''))).toEqual([]);
  expect(daemon.log.join('')).not.toContain(token.slice(8));
});
