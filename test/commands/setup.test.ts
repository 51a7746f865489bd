import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Ended, offhook, portsOf, startOffhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { createSlapd, nameOf, peopleBase, peopleLdif, reader, type Slapd } from '../support/slapd.ts';

const slapdPeer = peer('slapd', 'slapd');

function emptyFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-setup-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const always = ['--yes', '--server', '192.0.2.10', '--timezone', 'Europe/Berlin'];
const setup = (cwd: string, ...flags: readonly string[]): Promise<Ended> =>
  offhook(['setup', ...always, ...flags], { cwd });
const pbx = ['--pbx', 'pbx.example.com'];

test('with flags alone a site is there that passes check, with everything that was said', async () => {
  const dir = emptyFolder();
  writeFileSync(
    join(dir, 'phones.csv'),
    'MAC;Extension;Name;Password\n00:15:65:12:34:56;1001;Ada Lovelace;of-ada-7Yk2pQ\n0004f2abcdef;;"Hopper; Grace";\n',
  );
  writeFileSync(join(dir, 'ami'), 'ami-geheim\n');
  const kind = ['--pbx-kind', 'asterisk', '--pbx-host', 'ami.example.com', '--pbx-password-file', 'ami'];
  const more = [
    '--port',
    '80',
    '--transport',
    'tcp',
    '--language',
    'de',
    '--ci',
    'gitlab',
    '--first-extension',
    '0420',
  ];
  const { code, out, err } = await setup(
    dir,
    '--pbx',
    'pbx.example.com:5070',
    ...kind,
    ...more,
    '--devices',
    'phones.csv',
  );
  expect([code, err]).toEqual([0, '']);
  expect(out).not.toMatch(/geheim|of-ada/);
  expect(out).toContain((await offhook(['dhcp'], { cwd: dir })).out);
  expect(out).toContain('http://192.0.2.10:80');
  const text = readFileSync(join(dir, 'devices.yml'), 'utf8');
  expect(text).toContain('server: { address: "192.0.2.10", http: { port: 80 } }');
  expect(text).toContain('sip: { server: "pbx.example.com", port: 5070, transport: tcp }');
  expect(text).toContain('{ host: "ami.example.com", user: "offhook", password: { file: "secrets/pbx" } }');
  expect(text).toContain('"0420": { name: "Hopper; Grace", password: { file: "secrets/sip-0420" } }');
  expect(readFileSync(join(dir, 'secrets/sip-1001'), 'utf8')).toBe('of-ada-7Yk2pQ\n');
  expect(readFileSync(join(dir, 'secrets/sip-0420'), 'utf8')).toMatch(/^[A-Za-z2-9]{24}\n$/);
  expect(statSync(join(dir, 'secrets')).mode & 0o777).toBe(0o700);
  expect(readdirSync(dir)).toEqual(expect.arrayContaining(['.gitignore', '.gitlab-ci.yml', 'out', 'secrets']));
  expect(await offhook(['check'], { cwd: dir })).toMatchObject({ code: 0, err: '2 devices: no faults\n' });
  expect(await offhook(['plan'], { cwd: dir })).toMatchObject({ code: 0 });
});

test('a list on standard input is read, and a fault of it shows none of its passwords', async () => {
  const list = 'MAC;Extension;Password\n00:15:65:12:34:5g;1001;of-ada-7Yk2pQ\n001565123456;1002;of-grace-8Zl3qR\n';
  const piped = (text: string) =>
    offhook(['setup', ...always, ...pbx, '--devices', '-', '--no-build'], {
      cwd: emptyFolder(),
      through: ['sh', '-c', `printf '${text}' | "$@"`, 'sh'],
    });
  const [faulty, untitled, good] = await Promise.all([
    piped(list),
    piped('00:15:65:12:34:5g 1001 of-ada-7Yk2pQ'),
    piped(list.replace('5g', '57')),
  ]);
  const noMac = 'offhook: --devices: line N: "00:15:65:12:34:5g" has no MAC; wanted one such as 00:15:65:12:34:56\n';
  expect(faulty).toEqual({ code: 1, out: '', err: noMac.replace('N', '2') });
  expect(untitled).toEqual({ code: 1, out: '', err: noMac.replace('N', '1') });
  expect(good.err).toBe('');
  expect(good.code).toBe(0);
});

test('phones that asked a daemon without a devices.yml are taken from its journal, with the model that they said', async () => {
  const dir = emptyFolder();
  const daemon = startOffhook(['serve', '--http-port', '0', '--tftp-port', '0', '--host', '127.0.0.1'], { cwd: dir });
  const { http } = await portsOf(daemon);
  const agent = 'Grandstream Model HW GXP2170 SW 1.0.11.23 DevId 000b82123456';
  const answer = await fetch(`http://127.0.0.1:${http}/cfg000b82123456.xml`, { headers: { 'user-agent': agent } });
  expect(answer.status).toBe(404);
  await daemon.said(/fetch device=00:0B:82:12:34:56 .*status=404/);
  daemon.kill('SIGTERM');
  expect(await daemon.ended).toBe(0);
  expect(await setup(dir, ...pbx, '--phones', 'asked')).toMatchObject({ code: 0, err: '' });
  const text = readFileSync(join(dir, 'devices.yml'), 'utf8');
  expect(text).toMatch(/mac: "00:0B:82:12:34:56", vendor: \w+, model: "gxp2170", extension: "1001"/);
});

test('passwords that are encrypted stand in devices.yml, for an identity that is made with it', async () => {
  const dir = emptyFolder();
  const { code } = await setup(
    dir,
    ...pbx,
    '--secrets',
    'age',
    '--devices',
    '001565123456',
    '--devices',
    '001565123457',
  );
  expect(code).toBe(0);
  expect(readFileSync(join(dir, 'devices.yml'), 'utf8').match(/password: \{ age: [\w+/]+=* \}/g)).toHaveLength(2);
  expect(statSync(join(dir, '.age-identity')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(dir, '.age-recipients'), 'utf8')).toMatch(/^age1\w+\n$/);
  expect(await offhook(['check'], { cwd: dir })).toMatchObject({ code: 0, out: '' });
});

test('whatever is there is named and stays, until --force', async () => {
  const dir = emptyFolder();
  writeFileSync(join(dir, 'devices.yml'), '# mine\n');
  writeFileSync(join(dir, '.gitignore'), '/mine\n');
  const devices = ['--devices', '001565123456'];
  const refused = await setup(dir, ...pbx, ...devices);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/^offhook: \S+devices\.yml would be written over; wanted --force/);
  expect(readdirSync(dir).toSorted()).toEqual(['.gitignore', 'devices.yml']);
  expect(readFileSync(join(dir, 'devices.yml'), 'utf8')).toBe('# mine\n');
  const forced = await setup(dir, ...pbx, ...devices, '--force', '--no-build');
  expect(forced).toMatchObject({ code: 0, err: '' });
  expect(forced.out).toContain('Add /out/, /.offhook/, /.age-identity to .gitignore');
  expect(readFileSync(join(dir, '.gitignore'), 'utf8')).toBe('/mine\n');
  expect(readFileSync(join(dir, 'devices.yml'), 'utf8')).toContain('001565123456'.match(/../g)!.join(':'));
  expect(readdirSync(dir)).not.toContain('out');
});

describe('what is said and does not do is a sentence, and nothing is written', () => {
  const device = ['--devices', '001565123456'];
  const lines: readonly (readonly [readonly string[], RegExp])[] = [
    [device, /^offhook: nobody is asked, and there is no --pbx \(Host of the PBX/],
    [pbx, /^offhook: nobody is asked, and there is no --devices/],
    [
      ['--pbx', 'pbx.example.com:99999', ...device],
      /^offhook: --pbx is "pbx\.example\.com:99999": wanted a port, 1 to 65535/,
    ],
    [['--pbx', '192.168.1', ...device], /^offhook: --pbx is "192\.168\.1": wanted a host name or an IP address/],
    [[...pbx, '--pbx-kind', 'asterisk', ...device], /^offhook: nobody is asked, and there is no --pbx-password-file/],
    [[...pbx, '--devices', 'no.csv'], /^offhook: --devices: no\.csv is not there/],
    [
      [...pbx, '--devices', '020000000001'],
      /^offhook: nobody is asked, and there is no --model \(The model of 02:00:00:00:00:01\)/,
    ],
    [
      [...pbx, ...device, '--devices', '00:15:65:12:34:56'],
      /^offhook: --devices: line 2: 00:15:65:12:34:56 is there twice/,
    ],
    [[...pbx, ...device, '--first-extension', 'ä'], /^offhook: --first-extension is "ä": wanted a number such as 1001/],
    [[...pbx, '--phones', 'asked'], /^offhook: no phone has asked yet; wanted --devices FILE/],
    [[...pbx, ...device, '--ldap', 'http://x'], /^offhook: --ldap is "http:\/\/x": wanted an address such as ldaps:/],
    [
      [...pbx, ...device, '--ldap', 'ldap://127.0.0.1:9', '--ldap-base', 'dc=x'],
      /^offhook: the directory: .*nobody listens there/,
    ],
  ];

  test.each(lines)('%j', async (flags, sentence) => {
    const dir = emptyFolder();
    const { code, out, err } = await setup(dir, ...flags);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(sentence);
    expect(readdirSync(dir)).toEqual([]);
  });

  test('without a terminal and without --yes nobody waits for an answer', async () => {
    const { code, err } = await offhook(['setup'], { cwd: emptyFolder() });
    expect([code, err]).toEqual([
      1,
      'offhook: setup asks questions, and there is no terminal; wanted --yes, and flags for what has no default\n',
    ]);
  });

  test('a folder that cannot be written is said, and nothing is left in it', async () => {
    const dir = emptyFolder();
    writeFileSync(join(dir, 'secrets'), 'a file where a folder is wanted');
    const { code, err } = await setup(dir, ...pbx, ...device);
    expect(code).toBe(1);
    expect(err).toMatch(/^offhook: the site cannot be written: .*secrets/);
    expect(readdirSync(dir)).toEqual(['secrets']);
  });
});

describe.skipIf(slapdPeer.missing)(`people of a directory (${slapdPeer.sentence})`, () => {
  let slapd: Slapd;
  const folder = mkdtempSync(join(tmpdir(), 'offhook-setup-slapd-'));
  beforeAll(async () => {
    slapd = await createSlapd({ folder, people: peopleLdif(40) });
  });
  afterAll(async () => {
    await slapd.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const ldap = (file: string) => [
    ...['--ldap', slapd.url, '--ldap-base', peopleBase, '--ldap-bind-dn', reader.dn, '--ldap-password-file', file],
  ];

  test('the first sync is done: names of the directory stand in the phones’ files', async () => {
    const dir = emptyFolder();
    mkdirSync(join(dir, 'in'));
    writeFileSync(join(dir, 'in/password'), `${reader.password}\n`);
    const { code, out } = await setup(dir, ...pbx, ...ldap('in/password'), '--devices', '001565123456,10003');
    expect(code).toBe(0);
    expect(out).toContain('the directory answers: 38 people have a number\n');
    expect(readFileSync(join(dir, 'out/001565123456.cfg'), 'utf8')).toContain(nameOf(3));
    expect(await offhook(['sync', '--dry-run'], { cwd: dir })).toMatchObject({ code: 0 });
    const again = await setup(dir, ...pbx, ...ldap('in/password'), '--devices', '001565123456,10004', '--force');
    expect(again.out).toContain('38 people have a number');
    expect(readFileSync(join(dir, 'out/001565123456.cfg'), 'utf8')).toContain(nameOf(4));
  });

  test('a password that is wrong is explained, and never shown', async () => {
    const dir = emptyFolder();
    const file = join(folder, 'wrong');
    writeFileSync(file, 'falsch-geraten');
    const { code, out, err } = await setup(dir, ...pbx, ...ldap(file), '--devices', '001565123456,10003');
    expect(code).toBe(1);
    expect(err).toMatch(/^offhook: the directory: .*invalid credentials/);
    expect(out + err).not.toContain('falsch-geraten');
    expect(readdirSync(dir)).toEqual([]);
  });
});
