import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Input, readHidden } from '../../src/commands/hidden-input.ts';
import { encrypt, keygen, rotate } from '../../src/commands/secret.ts';
import { createLoader } from '../../src/load.ts';
import { Secret } from '../../src/model/secret.ts';
import { createDecrypt, isAge, makeIdentity, openAge } from '../../src/source/secrets/age.ts';
import { recordedConsole } from '../support/console.ts';
import { shippedFolders as shipped } from '../support/loading.ts';
import { offhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { encryptSops } from '../support/sops.ts';

let dir = '';
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'));
  dir = folder;
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const at = (name: string) => join(dir, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const write = (name: string, text: string | Uint8Array) => writeFileSync(at(name), text);
const identityIn = (name: string) =>
  read(name)
    .split('\n')
    .find((line) => line.startsWith('AGE-SECRET-KEY-')) ?? '';

async function run<Args>(
  verb: (args: Args, console: ReturnType<typeof recordedConsole>) => Promise<number>,
  args: Args,
) {
  const console = recordedConsole();
  const code = await verb(args, console);
  return { code, out: console.stdout(), err: console.stderr() };
}
const value = async (text: string, more: { to?: string[]; armor?: boolean } = {}) =>
  (await run(encrypt, { dir, to: [], armor: false, ...more, input: async () => text })).out;
const turn = (to: string[] = [], files: string[] = []) => run(rotate, { dir, shipped, to, files, env: {} });

async function decrypted(text: string | Uint8Array, identity: string): Promise<string> {
  const opened = openAge(text);
  const plain = 'reason' in opened ? opened : await createDecrypt([identity])(opened);
  return 'reason' in plain ? `! ${plain.reason}` : Buffer.from(plain).toString();
}

async function passwords(): Promise<string[]> {
  const { site, problems } = await createLoader({ dir, shipped, secrets: { env: {} } }).load();
  expect(problems).toEqual([]);
  return site.devices.flatMap(({ lines }) => lines.map(({ password }) => Secret.reveal(password)));
}

const site = (one: string, two: string) => `# The site.
include: ["*.age"]
server: { address: 192.0.2.1 } # here
sip: { server: pbx.example.com }

extensions:
  "1001": { name: Ada, password: ${one} }   # Ada's
  "1002":
    name: 'Grace'
    password:
      ${two}
devices:
  - { mac: 001565000001, vendor: yealink, model: t46s, lines: [{ extension: "1001" }, { extension: "1002" }, { extension: "1003" }] }
`;

describe('offhook secret', () => {
  test('makes an identity that nobody else may read, and never over another', async () => {
    const { out } = await run(keygen, { dir });
    expect(statSync(at('.age-identity')).mode & 0o777).toBe(0o600);
    const [, recipient = ''] = /public key: (age1\w+)/.exec(read('.age-identity')) ?? [];
    expect(read('.age-recipients')).toBe(`${recipient}\n`);
    expect(out).toContain('add /.age-identity to .gitignore');
    expect(out).not.toContain(identityIn('.age-identity'));
    await expect(run(keygen, { dir })).rejects.toThrow('is there already');
    write('.gitignore', '.age-identity\nsecond.txt\n');
    expect((await run(keygen, { dir, file: at('second.txt') })).out).not.toContain('.gitignore');
    expect(read('.age-recipients').trim().split('\n')).toHaveLength(2);
  });

  test('encrypts a value for those of .age-recipients, or for who is named', async () => {
    await run(keygen, { dir });
    const other = await makeIdentity();
    const line = await value('geheim\n');
    expect(line).toMatch(/^\{ age: YWdl[\w+/]+=* \}\n$/);
    expect(await decrypted(line.slice(7, -3), identityIn('.age-identity'))).toBe('geheim');
    write('team.txt', `# the team\n${other.recipient}\n`);
    for (const to of [[other.recipient], [at('team.txt')]]) {
      const made = (await value('geheim', { to })).slice(7, -3);
      expect(await decrypted(made, other.identity)).toBe('geheim');
      expect(await decrypted(made, identityIn('.age-identity'))).toMatch(/^! is encrypted for somebody else/);
    }
    const armored = await value('geheim', { armor: true });
    expect(armored).toMatch(/^age: \|\n {2}-----BEGIN AGE ENCRYPTED FILE-----\n/);
  });

  test('says what is wrong in a sentence', async () => {
    await expect(value('x')).rejects.toThrow('there is nobody to encrypt for; wanted --to age1…, or .age-recipients');
    await expect(value('x', { to: ['age1x'] })).rejects.toThrow('"age1x" is no recipient; wanted age1…');
    await expect(value('x', { to: [at('none')] })).rejects.toThrow(
      'is not there; wanted a recipient (age1…), or a file of them',
    );
    await run(keygen, { dir });
    await expect(value('')).rejects.toThrow('there is nothing to encrypt');
    await expect(value('a\nb')).rejects.toThrow('the value has a line break');
    await expect(run(encrypt, { dir, file: at('x.age'), to: [], armor: false, input: async () => '' })).rejects.toThrow(
      'encrypted already',
    );
  });

  test('encrypts a file as a whole, and rotates it and every value, with comments and order kept', async () => {
    await run(keygen, { dir });
    write('people.yml', `extensions: { "1003": { password: geheim-3 } } # third\n`);
    await run(encrypt, { dir, file: at('people.yml'), to: [], armor: false, input: async () => '' });
    rmSync(at('people.yml'));
    const armored = (await value('geheim-2', { armor: true })).trimEnd().replaceAll('\n', '\n      ');
    write('devices.yml', site((await value('geheim-1')).trim(), armored));
    expect(await passwords()).toEqual(['geheim-1', 'geheim-2', 'geheim-3']);
    const before = read('devices.yml');

    const next = await makeIdentity();
    const { code, out } = await turn([next.recipient]);
    expect({ code, out }).toEqual({
      code: 0,
      out: 'written devices.yml: 2 values\nwritten people.yml.age: the file\nfor 1 recipient; git keeps the old ones: change the passwords too, if an identity was lost\n.age-recipients is as it was: `offhook secret encrypt` encrypts for those in it\n',
    });
    const bare = (text: string) => text.replace(/YWdl[\w+/=]+/g, '…').replace(/-----BEGIN[\s\S]*-----END/g, '…');
    expect(bare(read('devices.yml'))).toBe(bare(before));
    expect(read('devices.yml')).not.toBe(before);
    expect(isAge(readFileSync(at('people.yml.age')))).toBe(true);
    expect((await createLoader({ dir, shipped, secrets: { env: {} } }).load()).problems.length).toBeGreaterThan(0);
    write('.age-identity', next.identity);
    expect(await passwords()).toEqual(['geheim-1', 'geheim-2', 'geheim-3']);
  });

  test('rotates to whoever stands in .age-recipients by then, through a link, in quotes, with the lines of Windows, and with the mode', async () => {
    await run(keygen, { dir });
    const [one, two] = [await value('geheim-1'), await value('geheim-2')].map((text) => text.trim().slice(7, -2));
    write(
      'real.yml',
      site(`{ age: "${one}" }`, `age: '${two}'`)
        .replaceAll('\n', '\r\n')
        .replace('include: ["*.age"]', '')
        .replace(', { extension: "1003" }', ''),
    );
    execFileSync('chmod', ['600', at('real.yml')]);
    symlinkSync('real.yml', at('devices.yml'));
    const before = read('devices.yml');
    const next = await makeIdentity();
    write('.age-recipients', `${read('.age-recipients')}${next.recipient}\n`);
    expect((await turn()).out).toContain('written devices.yml: 2 values\nfor 2 recipients');
    const bare = (text: string) => text.replace(/YWdl[\w+/=]+/g, '…');
    expect(bare(read('real.yml'))).toBe(bare(before));
    expect(statSync(at('real.yml')).mode & 0o777).toBe(0o600);
    expect(await passwords()).toEqual(['geheim-1', 'geheim-2']);
    write('.age-identity', next.identity);
    expect(await passwords()).toEqual(['geheim-1', 'geheim-2']);
  });

  test('writes nothing when one of them cannot be read, and leaves to SOPS what is its own', async () => {
    await run(keygen, { dir });
    const other = await makeIdentity();
    const strange = (await value('geheim', { to: [other.recipient] })).trim();
    write('devices.yml', site((await value('geheim-1')).trim(), `age: ${strange.slice(7, -2)}`));
    write(
      'people.yml',
      await encryptSops({ extensions: {}, groups: { a: { language: 'de' } } }, { recipients: [other.recipient] }),
    );
    const before = read('devices.yml');
    const { code, out, err } = await turn([], [at('devices.yml'), at('people.yml')]);
    expect({ code, out, err }).toEqual({
      code: 1,
      out: 'left    people.yml: it is SOPS’s (sops updatekeys people.yml)\n',
      err: 'devices.yml:11 is encrypted for somebody else: no identity here fits\nnothing was written\n',
    });
    expect(read('devices.yml')).toBe(before);
  });

  test('takes a value from a pipe, and from a terminal without showing it', async () => {
    const terminal = (keys: string[]) => {
      const input = Object.assign(new PassThrough(), {
        isTTY: true,
        modes: [] as boolean[],
        setRawMode: (mode: boolean) => void input.modes.push(mode),
      });
      for (const key of keys) input.write(key);
      return input;
    };
    const shown: string[] = [];
    const ask = (input: unknown) => readHidden(input as Input, (text) => void shown.push(text));
    const input = terminal(['gehx', '\u007f', 'eim', '\r', 'more']);
    expect(await ask(input)).toBe('geheim');
    expect(input.modes).toEqual([true, false]);
    expect(shown).toEqual(['value (it is not shown): ', '\n']);
    await expect(ask(terminal(['geh', '\u0003']))).rejects.toThrow('broken off');
    const pipe = Object.assign(new PassThrough(), { isTTY: false });
    pipe.end('geheim\n');
    expect(await ask(pipe)).toBe('geheim\n');
  });

  test('is a verb of the command line', async () => {
    const made = await offhook(['secret', 'keygen', '--project', dir]);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(existsSync(at('.age-identity'))).toBe(true);
    write('devices.yml', 'devices: []\n');
    expect((await offhook(['secret', 'rotate', '--project', dir])).out).toBe(
      'there is nothing that age has encrypted\n',
    );
    expect((await offhook(['secret', '--project', dir])).err).toContain('wanted encrypt, rotate or keygen');
    const { recipient } = await makeIdentity();
    expect(
      (await offhook(['secret', 'encrypt', '--to', recipient, '--to', recipient, '--project', dir])).err,
    ).toContain('there is nothing to encrypt');
  });
});

const age = peer('age', 'age');
test.skipIf(age.missing)(
  `what offhook encrypts, age decrypts, and what age encrypts, offhook rotates (${age.sentence})`,
  async () => {
    await run(keygen, { dir });
    write('people.yml', 'extensions: {}\n');
    for (const armor of [false, true]) {
      await run(encrypt, { dir, file: at('people.yml'), to: [], armor, input: async () => '' });
      expect(execFileSync('age', ['-d', '-i', at('.age-identity'), at('people.yml.age')], { encoding: 'utf8' })).toBe(
        'extensions: {}\n',
      );
    }
    execFileSync('age', ['-R', at('.age-recipients'), '-o', at('theirs.yml.age'), at('people.yml')]);
    expect((await turn([], [at('theirs.yml.age')])).out).toContain('written theirs.yml.age: the file\n');
    expect(execFileSync('age', ['-d', '-i', at('.age-identity'), at('theirs.yml.age')], { encoding: 'utf8' })).toBe(
      'extensions: {}\n',
    );
  },
);
