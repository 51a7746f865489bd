import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decryptSops as decryptElsewhere } from 'sops-age';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createLoader } from '../../../src/load.ts';
import { Secret } from '../../../src/model/secret.ts';
import { formatPlace } from '../../../src/problem.ts';
import { createEncrypt, makeIdentity, toArmor } from '../../../src/source/secrets/age.ts';
import { createProject, shippedFolders } from '../../support/loading.ts';
import { peer } from '../../support/peer.ts';
import { encryptSops } from '../../support/sops.ts';

const project = createProject();
const { dir } = project;
const keys = mkdtempSync(join(tmpdir(), 'identities-'));
const ours = { identity: '', recipient: '', file: join(keys, 'ours.txt') };
const other = { identity: '', recipient: '' };
beforeAll(async () => {
  Object.assign(ours, await makeIdentity());
  Object.assign(other, await makeIdentity());
  writeFileSync(ours.file, `# created by a test\n# public key: ${ours.recipient}\n${ours.identity}\n`);
});
beforeEach(() => project.clear());
afterAll(() => {
  project[Symbol.dispose]();
  rmSync(keys, { recursive: true });
});

const head = 'server: { address: 192.0.2.1 }\nsip: { server: pbx.example.com }\n';
const devices =
  'devices:\n  - { mac: "001565000001", vendor: yealink, model: t46s, extension: "1001" }\n  - { mac: "001565000002", vendor: yealink, model: t46s, extension: "1002" }\n';
const people =
  'extensions:\n  "1001": { name: Ada, password: geheim-1 }\n  "1002": { name: Grace, password: geheim-2 }\n';

interface Options {
  readonly ageIdentity?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly placeholders?: boolean;
}

async function load({ ageIdentity, env = {}, placeholders = false }: Options = { ageIdentity: ours.file }) {
  const loader = createLoader({ dir, shipped: shippedFolders, secrets: { env, placeholders }, ageIdentity });
  return said(await loader.load());
}

function said({ site, problems }: Awaited<ReturnType<ReturnType<typeof createLoader>['load']>>) {
  const passwords = site.devices.map(({ lines }) => Secret.reveal(lines[0]!.password));
  return { passwords, lines: problems.map((problem) => `${formatPlace(problem)} ${problem.message}`), problems };
}

const encrypt = (text: string, recipient = ours.recipient) => createEncrypt([recipient])(text);
const base64 = async (text: string) => Buffer.from(await encrypt(text)).toString('base64');
const indented = (text: string) => text.trimEnd().replace(/^/gm, '        ');

describe('a password that age has encrypted', () => {
  test.each(['base64', 'armored in a block', 'armored on a line'])('is read: %s', async (form) => {
    const armored = toArmor(await encrypt('geheim-2\n'));
    const text = {
      base64: await base64('geheim-2'),
      'armored in a block': `|\n${indented(armored)}\n     `,
      'armored on a line': JSON.stringify(armored.replaceAll('\n', ' ')),
    }[form];
    project.write(
      'devices.yml',
      `${head}extensions:\n  "1001": { password: { age: ${await base64('geheim-1')} } }\n  "1002":\n    password:\n      age: ${text}\n${devices}`,
    );
    expect(await load()).toMatchObject({ lines: [], passwords: ['geheim-1', 'geheim-2'] });
  });

  test('is decrypted once, and again when the identity comes', async () => {
    project.write(
      'devices.yml',
      `${head}extensions: { "1001": { password: { age: ${await base64('geheim-1')} } }, "1002": { password: { age: ${await base64('geheim-2')} } } }\n${devices}`,
    );
    const late = join(dir, 'late.txt');
    const loader = createLoader({ dir, shipped: shippedFolders, secrets: { env: {} }, ageIdentity: late });
    expect(said(await loader.load()).lines).toEqual([
      `devices.yml 2 passwords are encrypted, and the identity file ${late} is not there (.age-identity beside devices.yml, --age-identity FILE, OFFHOOK_AGE_IDENTITY, SOPS_AGE_KEY_FILE or SOPS_AGE_KEY)`,
    ]);
    expect(loader.watched()).toContain(late);
    writeFileSync(late, ours.identity);
    const first = await loader.load();
    expect(said(first)).toMatchObject({ lines: [], passwords: ['geheim-1', 'geheim-2'] });
    const second = await loader.load();
    expect(second.site.devices.map((device, index) => device === first.site.devices[index])).toEqual([true, true]);
  });

  test('that cannot be read is a fault that says why, and no more', async () => {
    const whole = await base64('geheim-1');
    const changed = Buffer.from(whole, 'base64');
    changed[changed.length - 3]! ^= 1;
    const texts = [
      ['geheim', 'is not of the form that age writes (armored text, or base64 of its file)'],
      [whole.slice(0, 120), 'is cut short, or was changed: its header is not of the form that age writes'],
      [whole.slice(0, -8), 'was changed, or is cut short'],
      [changed.toString('base64'), 'was changed, or is cut short'],
      [
        Buffer.from(await encrypt('x', other.recipient)).toString('base64'),
        'is encrypted for somebody else: no identity here fits',
      ],
      [await base64('a\nb'), 'holds a line break or a control character'],
      [await base64(''), 'is empty'],
    ];
    for (const [text, reason] of texts) {
      project.write('devices.yml', `${head}extensions: { "1001": { password: { age: "${text}" } } }\n`);
      expect((await load()).lines).toEqual([`devices.yml:3:35 the age text ${reason}; wanted a password`]);
    }
  });

  test('is checked for its form alone where nothing may be decrypted', async () => {
    const site = (text: string) =>
      `${head}extensions: { "1001": { password: { age: ${text} } }, "1002": { password: x } }\n${devices}`;
    project.write('devices.yml', site(await base64('geheim-1')));
    const checked = await load({ placeholders: true });
    expect(checked.lines).toEqual([]);
    expect(checked.passwords[0]).toMatch(/^placeholder for age text [0-9a-f]{12}$/);
    project.write('devices.yml', site('geheim'));
    expect((await load({ placeholders: true })).lines).toEqual([
      expect.stringContaining('the age text is not of the form'),
    ]);
  });

  test('may be for an identity of SOPS’s own variables', async () => {
    project.write(
      'devices.yml',
      `${head}extensions: { "1001": { password: { age: ${await base64('geheim-1')} } }, "1002": { password: x } }\n${devices}`,
    );
    for (const env of [
      { SOPS_AGE_KEY: `${other.identity}\n${ours.identity}` },
      { SOPS_AGE_KEY_FILE: ours.file },
    ] as Record<string, string>[])
      expect(await load({ env })).toMatchObject({ lines: [], passwords: ['geheim-1', 'x'] });
    const wrong = [
      [
        '-----BEGIN OPENSSH PRIVATE KEY-----',
        'SOPS_AGE_KEY is a key of SSH; wanted an identity of age (offhook secret keygen)',
      ],
      ['geheim', 'SOPS_AGE_KEY, line 1, is no identity of age'],
      ['# none', 'SOPS_AGE_KEY has no identity in it'],
      [
        toArmor(await encrypt('x')),
        'SOPS_AGE_KEY is an identity behind a passphrase; wanted one without (age -d SOPS_AGE_KEY)',
      ],
    ];
    for (const [text = '', reason] of wrong)
      expect((await load({ env: { SOPS_AGE_KEY: text } })).lines).toEqual([
        expect.stringContaining(`a password is encrypted, and ${reason} (`),
      ]);
  });
});

describe('a file that age has encrypted', () => {
  beforeEach(() => project.write('devices.yml', `include: [extensions.yml.age]\n${head}${devices}`));

  test.each(['binary', 'armored'])('is a file of the project as any other: %s', async (form) => {
    const bytes = await encrypt(people);
    project.write('extensions.yml.age', form === 'binary' ? bytes : toArmor(bytes));
    expect(await load()).toMatchObject({ lines: [], passwords: ['geheim-1', 'geheim-2'] });
  });

  test('without an identity is one fault, and what hangs on it is none', async () => {
    project.write('extensions.yml.age', await encrypt(people));
    expect((await load({})).lines).toEqual([
      'extensions.yml.age the file is encrypted, and there is no identity to decrypt with (.age-identity beside devices.yml, --age-identity FILE, OFFHOOK_AGE_IDENTITY, SOPS_AGE_KEY_FILE or SOPS_AGE_KEY)',
    ]);
    project.write('extensions.yml.age', await encrypt(people, other.recipient));
    expect((await load()).lines).toEqual([
      'extensions.yml.age the file is encrypted for somebody else: no identity here fits',
    ]);
    project.write('extensions.yml.age', people);
    expect((await load()).lines).toEqual([
      'extensions.yml.age the file is not of the form that age writes (armored text, or base64 of its file)',
    ]);
  });

  test('is left out where nothing may be decrypted, with a warning', async () => {
    project.write('extensions.yml.age', await encrypt(people));
    const { problems } = await load({ placeholders: true });
    expect(problems).toEqual([
      {
        file: 'extensions.yml.age',
        code: 'encrypted-file',
        severity: 'warning',
        message: expect.stringContaining('left out'),
      },
    ]);
  });

  test.each([
    'extensions:\n  "1001": { name: geheim, pasword: geheim, "geheim\\" x": 1 }\n',
    'extensions:\n  "geheim x": { name: Ada }\n',
    'extensions:\n  "1001": { name: geheim, name: geheim }\n',
    'extensions: { "1001": { voicemail: [geheim] } }\ngeheim: geheim\n',
    'groups: { g: { timezone: Geheim/Geheim, time_format: geheim, codecs: [geheim] } }\n',
    'extensions: { "geheim\n',
    'extensions: *geheim\n',
    'geheim\n',
    'devices: [{ mac: geheim, vendor: geheim, model: geheim, extension: geheim, group: geheim }]\n',
    'devices: [{ mac: "001565000003", vendor: geheim, model: geheim, extension: "1001", group: geheim }]\n',
  ])('is named in its faults with the line, but nothing that it says: %j', async (text) => {
    project.write('devices.yml', `include: [extensions.yml.age]\n${head}`);
    project.write('extensions.yml.age', await encrypt(text));
    const { lines } = await load();
    expect(lines.filter((line) => line.startsWith('extensions.yml.age:'))).not.toEqual([]);
    expect(lines.filter((line) => /geheim/i.test(line))).toEqual([]);
  });
});

test('sources of people may be encrypted: files of age and of SOPS, and tables', async () => {
  project.write(
    'devices.yml',
    `people: [{ file: names.yml }, { file: extensions.yml.age }, { csv: people.csv.age }]\n${head}${devices}`,
  );
  project.write(
    'names.yml',
    await encryptSops(
      { extensions: { '1001': { name: 'Ada' }, '1002': { name: 'Grace', password: 'x' } } },
      { recipients: [ours.recipient], encryptedRegex: '^password$' },
    ),
  );
  project.write('extensions.yml.age', await encrypt('extensions: { "1001": { password: geheim-1 } }\n'));
  project.write('people.csv.age', await encrypt('extension,password\n1002,geheim-2\n'));
  expect(await load()).toMatchObject({ lines: [], passwords: ['geheim-1', 'geheim-2'] });
  expect((await load({ placeholders: true })).problems.map(({ file, severity }) => `${file} ${severity}`)).toEqual([
    'extensions.yml.age warning',
    'people.csv.age warning',
  ]);
  project.write('people.csv.age', await encrypt('extension,geheim\n"1002,geheim-2\n'));
  const { lines } = await load();
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join()).not.toContain('geheim');
});

describe('a file of SOPS', () => {
  const tree = {
    extensions: {
      '1001': { name: 'Ada', password: 'geheim-1', voicemail: '' },
      '1002': { name: 'Grace "G"', password: 'geheim-2' },
    },
    defaults: {
      time_format: 24,
      lldp: true,
      codecs: ['g722', 'pcma'],
      keys: [{ type: 'speed_dial', value: '+49', label: 'Out' }],
    },
  };
  const recipients = () => [other.recipient, ours.recipient];
  beforeEach(() => project.write('devices.yml', `include: [people.yml]\n${head}${devices}`));

  test.each([
    ['all of it', {}],
    ['passwords alone', { encryptedRegex: '^password$' }],
    ['with a MAC over what is encrypted', { encryptedRegex: '^password$', macOnlyEncrypted: true }],
  ])('is decrypted: %s', async (_, options) => {
    project.write('people.yml', await encryptSops(tree, { recipients: recipients(), ...options }));
    const loaded = await load();
    expect(loaded).toMatchObject({ lines: [], passwords: ['geheim-1', 'geheim-2'] });
  });

  test('is what another program decrypts, too', async () => {
    const plain = { defaults: tree.defaults, extensions: { ada: { password: 'geheim-1' } } };
    const text = await encryptSops(plain, { recipients: recipients() });
    expect(await decryptElsewhere(text, { secretKey: ours.identity, fileType: 'yaml' })).toEqual(plain);
  });

  test.each<[what: string, change: (text: string) => string, line: RegExp]>([
    [
      'a value in the clear was changed',
      (text) => text.replace('"Ada"', '"Eve"'),
      /^people.yml the file was changed after SOPS/,
    ],
    [
      'a value in the clear was added',
      (text) => text.replace('name: "Ada"', 'name: "Ada"\n        auth_user: eve'),
      /^people.yml the file was changed/,
    ],
    ['two values were swapped', swapped, /^people.yml:\d+:19 the file has a value that was changed, or moved/],
    [
      'a value was replaced by one in the clear',
      (text) => text.replace(/password: ENC\[[^\]]+\]/, 'password: eve'),
      /^people.yml:4:19 the file has a value in the clear/,
    ],
    ['the MAC is gone', (text) => text.replace(/mac: .*/, 'mac: ""'), /^people.yml the file was changed after SOPS/],
    [
      'the time was changed',
      (text) => text.replace('03:04:05', '03:04:06'),
      /^people.yml the file was changed after SOPS/,
    ],
    [
      'the rule was changed',
      (text) => text.replace('^password$', '^name$'),
      /^people.yml:\d+:\d+ the file has a value in the clear/,
    ],
    [
      'an alias was put in',
      (text) => text.replace('"1002":', '"1003": *a\n    "1002":'),
      /^people.yml the file has an alias/,
    ],
    [
      'it has no recipient of age',
      (text) => text.replace(/ {4}age:[\s\S]*?lastmodified/, '    lastmodified'),
      /^people.yml the file is encrypted by SOPS without a recipient of age/,
    ],
  ])('is refused when %s', async (_, change, line) => {
    const text = await encryptSops(tree, { recipients: recipients(), encryptedRegex: '^password$' });
    project.write('people.yml', change(text));
    expect(change(text)).not.toBe(text);
    expect((await load()).lines).toEqual([expect.stringMatching(line)]);
  });

  test('has its faults on the lines of the encrypted file', async () => {
    const text = await encryptSops({ ...tree, groups: { g: { time_format: 25 } } }, { recipients: recipients() });
    project.write('people.yml', text);
    const line =
      text.split('\n').findIndex((one) => one.includes('type:int') && one.includes('        time_format')) + 1;
    expect(line).toBeGreaterThan(10);
    expect((await load()).lines).toEqual([
      expect.stringContaining(`people.yml:${line}:22 groups.….time_format is not of its form; wanted one of 12, 24`),
    ]);
  });

  test('without an identity is one fault; and none where nothing may be decrypted, if passwords alone are encrypted', async () => {
    project.write('people.yml', await encryptSops(tree, { recipients: recipients(), encryptedRegex: '^password$' }));
    expect((await load({})).lines).toEqual([
      expect.stringMatching(/^people.yml the file is encrypted, and there is no identity/),
    ]);
    const checked = await load({ placeholders: true });
    expect(checked.lines).toEqual([]);
    expect(checked.passwords[0]).toMatch(/^placeholder for a value of SOPS \([0-9a-f]{8}\)$/);
    project.write('people.yml', await encryptSops(tree, { recipients: recipients() }));
    expect((await load({ placeholders: true })).problems).toEqual([
      expect.objectContaining({ code: 'encrypted-file', severity: 'warning' }),
    ]);
  });
});

function swapped(text: string): string {
  const [one = '', two = ''] = text.match(/ENC\[[^\]]+\]/g) ?? [];
  return text.replace(one, '@').replace(two, one).replace('@', two);
}

const age = peer('age', 'age');
const keygen = peer('age-keygen', 'age');
describe.skipIf(age.missing || keygen.missing)(`the program age (${age.sentence})`, () => {
  test('encrypts what offhook reads, to an identity of age-keygen, and decrypts what offhook writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'age-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const identity = join(folder, 'key.txt');
    execFileSync('age-keygen', ['-o', identity], { stdio: 'pipe' });
    const recipient = execFileSync('age-keygen', ['-y', identity], { encoding: 'utf8' }).trim();
    const run = (args: readonly string[], input: string | Uint8Array) =>
      execFileSync('age', args, { input, stdio: 'pipe' });
    project.write(
      'devices.yml',
      `include: [extensions.yml.age]\n${head}defaults: { admin_password: { age: ${run(['-r', recipient], 'admin').toString('base64')} } }\n${devices}`,
    );
    project.write('extensions.yml.age', run(['-a', '-r', recipient], people));
    expect(await load({ ageIdentity: identity })).toMatchObject({ lines: [], passwords: ['geheim-1', 'geheim-2'] });
    const made = await encrypt(people, recipient);
    expect(run(['-d', '-i', identity], made).toString()).toBe(people);
    expect(run(['-d', '-i', identity], toArmor(made)).toString()).toBe(people);
    expect(readFileSync(identity, 'utf8')).toContain(recipient);
  });
});
