import { execFileSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { check } from '../../src/commands/check.ts';
import { createEncrypt, makeIdentity } from '../../src/source/secrets/age.ts';
import { recordedConsole } from '../support/console.ts';
import { createProject, shippedFolders as shipped } from '../support/loading.ts';
import { peer } from '../support/peer.ts';

const mark = 'Qx7-Treasure-Qx7';

function projectOf(files: Readonly<Record<string, string | Uint8Array>>) {
  const project = createProject();
  onTestFinished(() => project[Symbol.dispose]());
  for (const [name, text] of Object.entries(files)) project.write(name, text);
  return project;
}

async function warnings(dir: string, withoutSecrets = false): Promise<string[]> {
  const console = recordedConsole();
  expect(await check({ dir, shipped, format: 'text', withoutSecrets }, console)).toBe(0);
  return console.stdout().split('\n').slice(0, -1);
}

const head = 'server: { address: 192.0.2.1 }\nsip: { server: pbx.example.com }\n';
const phones = (numbers: readonly string[]) =>
  `devices:\n${numbers.map((number, index) => `  - { mac: "0015650000${10 + index}", vendor: yealink, model: t46s, extension: "${number}" }\n`).join('')}`;
const site = (passwords: Readonly<Record<string, string>>) =>
  `${head}extensions:\n${Object.entries(passwords)
    .map(([number, password]) => `  "${number}": { password: ${JSON.stringify(password)} }\n`)
    .join('')}${phones(Object.keys(passwords))}`;

const weak = {
  '1001': 'x7Q-kd9',
  '1002': '1002-1002-abc',
  '1003': '3001-abc!3001',
  '1004': '839201746352',
  '1005': 'aaaaaaaaaaaa',
  '1006': 'Password2024!',
};

test('warns once of SIP passwords that are easily guessed, and of one password for several, and shows none', async () => {
  const { dir } = projectOf({
    'devices.yml': site({ ...weak, '2001': mark, '2002': mark, '2003': 'kW3-2003-fjx9Lq' }),
  });
  const found = await warnings(dir);
  expect(found).toEqual([
    expect.stringMatching(
      /^devices\.yml:4:24 warning: extensions 1001, 1002, 1003, 1004, 1005 and 1 more have SIP passwords that are easily guessed \(/,
    ),
    'devices.yml:10:24 warning: extensions 2001, 2002 have the same SIP password; wanted one for each',
  ]);
  for (const password of [...Object.values(weak), mark]) expect(found.join()).not.toContain(password);
});

test('says nothing of what it does not know: placeholders, and who has no phone', async () => {
  const { dir } = projectOf({
    'devices.yml': `${head}extensions: { "1001": { password: { env: A } }, "1002": { password: { env: A } }, "1003": { password: x } }\n${phones(['1001', '1002'])}`,
  });
  expect(await warnings(dir, true)).toEqual([]);
});

test.each([
  ['grandstream', 'gxp2170', '000b82000001', 'P34'],
  ['cisco', 'spa504g', '0015c6000001', 'Password_1_'],
  ['polycom', 'vvx450', '0004f2000001', 'reg.1.auth.password'],
  ['yealink', 't46s', '001565000001', 'account.1.password'],
])(
  'warns of a parameter of %s that is a password in the phone’s file, by whatever name',
  async (vendor, model, mac, name) => {
    const { dir } = projectOf({
      'devices.yml': `${head}extensions: { "1001": { password: kW3-fjx9Lq-pz } }\ndevices:\n  - { mac: ${mac}, vendor: ${vendor}, model: ${model}, extension: "1001", parameters: { ${name}: ${mark} } }\n`,
    });
    const found = (await warnings(dir)).filter((line) => line.includes('plain text'));
    // By their name alone these are secrets already: nothing shows them.
    const isKnown = /password/i.test(name);
    expect(found).toEqual(
      isKnown ? [] : [expect.stringContaining(`warning: ${name} is a password in the phone’s file`)],
    );
  },
);

const git = peer('git', 'git');
test.skipIf(git.missing)(`warns once a file of plain passwords that git keeps (${git.sentence})`, async () => {
  const { recipient } = await makeIdentity();
  const { dir } = projectOf({
    'devices.yml': `include: [people.yml, ignored.yml, sealed.yml.age]\n${head}defaults: { admin_password: ${mark}, user_password: { env: A }, parameters: { account.1.password: ${mark}, phone.title: x } }\naccess: { token: off }\n${phones(['1001'])}`,
    'people.yml': `extensions:\n${Array.from({ length: 7 }, (_, index) => `  "${1001 + index}": { password: ${mark}-${index} }\n`).join('')}`,
    'ignored.yml': `groups: { a: { admin_password: ${mark} } }\n`,
    'sealed.yml.age': await createEncrypt([recipient])(`groups: { b: { admin_password: ${mark} } }\n`),
    '.gitignore': 'ignored.yml\n',
  });
  expect(await warnings(dir, true)).toEqual([
    expect.stringContaining('sealed.yml.age warning: the file is encrypted and left out'),
  ]);
  execFileSync('git', ['init', '-q'], { cwd: dir });
  execFileSync('git', ['add', '.'], { cwd: dir });
  const found = (await warnings(dir, true)).filter((line) => !line.startsWith('sealed'));
  const wanted =
    'and git keeps the file; wanted { env: NAME }, { file: PATH } or { age: TEXT }, or the whole file encrypted (offhook secret encrypt)';
  expect(found).toEqual([
    `devices.yml:4:29 warning: 2 passwords stand here as plain text (line 4), ${wanted}`,
    `people.yml:2:23 warning: 7 passwords stand here as plain text (lines 2, 3, 4, 5, 6, …), ${wanted}`,
  ]);
});
