import { expect, test } from 'vitest';
import { offhook } from '../support/offhook.ts';
import { createProject, siteOf } from '../support/project.ts';

const site = [
  siteOf(
    [{ port: 5060 }, { port: 5061 }],
    'include: [people.yml]\ndefaults: { timezone: Europe/Berlin, language: de }',
  ),
  'models: { acme/a1: { language: en } }',
  'groups: { desk: { keys: [{ type: speed_dial, value: "0", label: Taxi }, { type: blf, value: "2001" }], timezone: Asia/Tokyo } }',
  '',
]
  .join('\n')
  .replace(/, keys: \[[^\]]*\]/, ', group: desk');

test('offhook explain says which layer, file and line a value is from, and what it overrode', async () => {
  const project = createProject(site, { 'people.yml': 'extensions:\n  "2001": { name: Ada Lovelace }\n' });
  const explain = async (...args: string[]) => offhook(['explain', '--project', project.dir, ...args]);
  const text = project.read('devices.yml');
  const line = (part: string) => text.split('\n').findIndex((each) => each.includes(part)) + 1;

  const [zone, keys, all] = await Promise.all([
    explain('1001', 'timezone'),
    explain('desk', 'keys'),
    explain('02:00:00:00:00:02'),
  ]);
  expect(zone).toEqual({
    ...{ code: 0, err: '' },
    out: [
      '02:00:00:00:00:01 acme/a1',
      `  timezone = Asia/Tokyo  devices.yml:${line('groups:')}:114 (group desk)`,
      `    over Europe/Berlin  devices.yml:${line('defaults:')}:23 (defaults)`,
      '    over UTC  built in',
      '',
    ].join('\n'),
  });
  expect(keys.out).toMatch(/keys\.1\.label = Person 1 {2}devices\.yml:\d+:\d+ \(extension 1001\)\n/);
  expect(keys.out).toMatch(
    new RegExp(`keys\\.2\\.label = Taxi  devices\\.yml:${line('groups:')}:\\d+ \\(group desk\\)\n`),
  );
  expect(keys.out).toContain('keys.3.label = Ada Lovelace  people.yml:2:19 (extension 2001)\n');
  expect(all.code).toBe(0);
  expect(all.out).toContain(`  language = de  devices.yml:${line('defaults:')}:48 (defaults)\n    over en  built in\n`);
  expect(all.out).toMatch(/ {2}lines\.1\.password = •+ {2}devices\.yml:\d+:\d+ \(extension 1002\)\n/);
  expect(all.out).toMatch(/ {2}lines\.1\.sip\.server = pbx\.example\.com {2}devices\.yml:3:16 \(sip\)\n/);
  expect(all.out).toContain('  server.http.port = 8080  by default\n');

  const [setting, device] = await Promise.all([explain('1001', 'timezon'), explain('1003')]);
  expect(setting).toEqual({
    code: 1,
    out: '',
    err: 'offhook: the device has no setting "timezon"; did you mean "timezone"?\n',
  });
  expect(device.err).toMatch(/^offhook: "1003" is no device: .*\(did you mean "1001"\?\)\n$/);
});

test('offhook explain says of the directory on the phone what its words are made of, and no password', async () => {
  const directory =
    '{ phonebook: on, ldap: { url: "ldaps://ldap.example.com", base: "dc=example", user: "cn=phones", password: geheim } }';
  const project = createProject(`${site}\n`.replace('language: de }', `language: de, directory: ${directory} }`));
  project.write('people.yml', 'extensions:\n  "2001": { name: Ada Lovelace }\n');
  project.edit(
    'templates/acme/vendor.yml',
    'reboot_when',
    'phonebook: { name: acme.xml, template: model.cfg.njk }\nreboot_when',
  );
  const { out, code } = await offhook(['explain', '--project', project.dir, '1002', 'directory']);
  expect(code).toBe(0);
  expect(out).toMatch(/ {2}directory\.phonebook\.title = Company {2}devices\.yml:\d+:\d+ \(defaults\)\n/);
  expect(out).toMatch(/ {2}directory\.ldap\.host = ldap\.example\.com {2}devices\.yml:\d+:\d+ \(defaults\)\n/);
  expect(out).toMatch(/ {2}directory\.ldap\.password = •+ {2}devices\.yml/);
  expect(out).not.toContain('geheim');
});

test('offhook explain says which source of people a name is of, for who has a device and who has none', async () => {
  const people =
    'people: [{ csv: people.csv }, { ldap: { url: ldaps://dc.example.com, base: dc=example } }, { file: fixes.yml, fields: [name] }]';
  const project = createProject(siteOf([{ port: 5060 }], people), {
    'people.csv': 'extension,name,email\n1001,A. Lovelace,ada@example.com\n2001,G. Hopper,\n',
    'extensions.ldap.yml': 'extensions:\n  "1001": { name: Lovelace Ada }\n  "2001": { department: Compilers }\n',
    'fixes.yml': 'extensions: { "1001": { name: Ada Lovelace, email: does not count } }\n',
  });
  const explain = async (...args: string[]) => offhook(['explain', '--project', project.dir, ...args]);
  const [name, label, nobodys] = await Promise.all([
    explain('1001', 'name'),
    explain('1001', 'lines.1.label'),
    explain('2001'),
  ]);
  const origins = [
    '    over Lovelace Ada  extensions.ldap.yml:2:19 (extension 1001)',
    '    over A. Lovelace  people.csv:2:6 (extension 1001)',
  ];
  const own = expect.stringMatching(/^ {4}over Person 1 {2}devices\.yml:\d+:\d+ \(extension 1001\)$/);
  expect(name.out.split('\n')).toEqual([
    'extension 1001',
    '  name = Ada Lovelace  fixes.yml:1:31 (extension 1001)',
    ...[...origins, own, ''],
  ]);
  expect(label.out.split('\n')).toEqual([
    '02:00:00:00:00:01 acme/a1',
    '  lines.1.label = Ada Lovelace  fixes.yml:1:31 (extension 1001)',
    ...[...origins, own, ''],
  ]);
  expect(nobodys.out.split('\n')).toEqual([
    'extension 2001',
    '  name = G. Hopper  people.csv:3:6 (extension 2001)',
    '  department = Compilers  extensions.ldap.yml:3:25 (extension 2001)',
    '',
  ]);
});

test('offhook explain --format json has each value with its origins, the one that counts first', async () => {
  const project = createProject(site, { 'people.yml': 'extensions: { "2001": { name: Ada } }\n' });
  const { code, out, err } = await offhook([
    'explain',
    '1001',
    'timezone',
    '--project',
    project.dir,
    '--format',
    'json',
  ]);
  expect([code, err]).toEqual([0, '']);
  const { explained } = JSON.parse(out);
  expect(explained).toEqual([
    {
      device: '02:00:00:00:00:01',
      values: [{ name: 'timezone', value: 'Asia/Tokyo', origins: expect.any(Array) }],
    },
  ]);
  expect(explained[0].values[0].origins).toMatchObject([
    { layer: 'group desk', file: 'devices.yml', value: 'Asia/Tokyo' },
    { layer: 'defaults', file: 'devices.yml', value: 'Europe/Berlin' },
    { value: 'UTC' },
  ]);
});
