import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { offhook, portsOf, startOffhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { createSlapd, nameOf, peopleBase, peopleLdif, reader, type Slapd } from '../support/slapd.ts';
import { startTerminal, type Terminal, tmux } from '../support/terminal.ts';

/** All but the last questions. */
const answered = [
  ...['--server', '192.0.2.10', '--pbx', 'pbx.example.com', '--pbx-kind', 'none', '--language', 'de', '--no-ldap'],
  ...['--devices', '001565123456,1001,Ada', '--sip-passwords', 'made'],
];

const main = resolve(import.meta.dirname, '../../src/main.ts');
const slapdPeer = peer('slapd', 'slapd');
const missing = tmux.missing || slapdPeer.missing;

let slapd: Slapd;
const folder = mkdtempSync(join(tmpdir(), 'offhook-setup-slapd-'));
beforeAll(async () => {
  if (!slapdPeer.missing) slapd = await createSlapd({ folder, people: peopleLdif(40) });
});
afterAll(async () => {
  await slapd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function emptyFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-setup-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const begin = (cwd: string, ...flags: readonly string[]) =>
  startTerminal([process.execPath, main, 'setup', '--timezone', 'Europe/Berlin', ...flags], {
    cwd,
    env: { NO_COLOR: '1', LANG: 'C.UTF-8' },
  });

/** What is waited for, and what is then typed before Enter. */
async function answer(terminal: Terminal, all: readonly (readonly [RegExp | string, string])[]): Promise<void> {
  for (const [question, text] of all) {
    await terminal.shows(question);
    if (text !== '') await terminal.type(text);
    await terminal.press('Enter');
  }
}

describe.skipIf(missing)(`in a terminal (${tmux.sentence}, ${slapdPeer.sentence})`, () => {
  test('somebody answers question by question, and the site is checked, built and ready to serve', {
    timeout: 180_000,
  }, async () => {
    const dir = emptyFolder();
    const terminal = await begin(dir);
    await answer(terminal, [
      ['Address that phones reach this machine at', ''],
      ['Host of the PBX', 'not a host'],
    ]);
    await terminal.shows('wanted a host name or an IP address');
    await terminal.press('C-u');
    await terminal.type('127.0.0.1:5080');
    await terminal.press('Enter');
    await terminal.shows('where phones are registered');
    await terminal.press('Down', 'Enter');
    await answer(terminal, [
      ['Host to ask', ''],
      ['User of the manager interface', ''],
      ['Password of offhook', 'ami-geheim'],
      ['Language of the displays', 'de'],
    ]);
    await terminal.shows('Do people come from a directory');
    await terminal.press('y');
    await answer(terminal, [
      ['Where it is', slapd.url],
      ['StartTLS', ''],
      ['Where people are in it', peopleBase],
      ['Who asks', reader.dn],
      ['Who counts', ''],
      [`Password of ${reader.dn}`, 'falsch'],
      [/invalid credentials[\s\S]*or not with this password[\s\S]*Another password/, ''],
      [`Password of ${reader.dn}`, reader.password],
    ]);
    // Every twentieth of the forty is disabled.
    await terminal.shows('38 people have a number');
    await answer(terminal, [
      ['The first phones', '0015-6512-3456,10003'],
      ['', '64:16:7f:00:00:01'],
      ['', ''],
      ['Extension of 64:16:7F:00:00:01', '2001'],
      ['SIP passwords of 2 extensions', ''],
      ['Who has 2001', 'Workshop "North"'],
      ['Where passwords are kept', ''],
      ['A workflow that checks each change', ''],
    ]);
    await terminal.shows(/Write \d+ files into/);
    expect(readdirSync(dir)).toEqual([]);
    await terminal.press('Enter');
    const screen = await terminal.shows('ended with 0');

    for (const password of ['ami-geheim', reader.password, 'falsch']) expect(screen).not.toContain(password);
    expect(readdirSync(dir).filter((name) => name.startsWith('.offhook-setup'))).toEqual([]);
    expect(readFileSync(join(dir, 'secrets/pbx'), 'utf8')).toBe('ami-geheim\n');
    for (const name of ['pbx', 'ldap', 'sip-10003', 'sip-2001'])
      expect(statSync(join(dir, 'secrets', name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, 'devices.yml'), 'utf8')).not.toMatch(/geheim/);
    expect(readFileSync(join(dir, 'extensions.ldap.yml'), 'utf8')).toContain(nameOf(3));
    expect(await offhook(['check'], { cwd: dir })).toMatchObject({ code: 0, out: '', err: '2 devices: no faults\n' });

    const daemon = startOffhook(['serve', '--http-port', '0', '--tftp-port', '0', '--host', '127.0.0.1'], { cwd: dir });
    const { http } = await portsOf(daemon);
    const fetched = await fetch(`http://127.0.0.1:${http}/001565123456.cfg`);
    const text = await fetched.text();
    expect(text).toContain(nameOf(3));
    expect(text).toContain(readFileSync(join(dir, 'secrets/sip-10003'), 'utf8').trim());
  });

  test.each([
    ['the first question', []],
    ['the last question', [...answered, '--secrets', 'age', '--ci', 'github']],
  ])('Ctrl-C at %s leaves nothing behind', { timeout: 90_000 }, async (_, flags) => {
    const dir = join(emptyFolder(), 'phones');
    const terminal = await begin(tmpdir(), '--project', dir, ...flags);
    await terminal.shows(flags.length === 0 ? 'Address that phones' : 'devices.yml among them?');
    await terminal.press('C-c');
    await terminal.shows('broken off: nothing was written');
    await terminal.shows('ended with 1');
    expect(existsSync(dir)).toBe(false);
  });

  test('somebody is asked before anything is written over', { timeout: 90_000 }, async () => {
    const dir = emptyFolder();
    const flags = [...answered, '--secrets', 'files', '--ci', 'none'];
    const first = await offhook(['setup', '--yes', '--timezone', 'Europe/Berlin', ...flags], { cwd: dir });
    expect(first).toMatchObject({ code: 0, err: '' });
    const before = readFileSync(join(dir, 'devices.yml'), 'utf8');
    const terminal = await begin(
      dir,
      ...flags.map((word) => (word === 'pbx.example.com' ? 'other.example.com' : word)),
    );
    await terminal.shows(/Write over what is there: .*devices\.yml/);
    await terminal.press('Enter');
    await terminal.shows('ended with 1');
    expect(readFileSync(join(dir, 'devices.yml'), 'utf8')).toBe(before);
  });

  test('phones that asked already are picked from a list', { timeout: 120_000 }, async () => {
    const dir = emptyFolder();
    const daemon = startOffhook(['serve', '--http-port', '0', '--tftp-port', '0', '--host', '127.0.0.1'], { cwd: dir });
    const { http } = await portsOf(daemon);
    for (const mac of ['001565000001', '001565000002'])
      await fetch(`http://127.0.0.1:${http}/${mac}.cfg`, {
        headers: { 'user-agent': `Yealink SIP-T46S 66.86.0.15 ${mac}` },
      });
    await daemon.said(/fetch device=00:15:65:00:00:02 /);
    daemon.kill('SIGTERM');
    await daemon.ended;
    const flags = ['--server', '192.0.2.10', '--pbx', 'pbx.example.com', '--pbx-kind', 'none', '--language', 'de'];
    const terminal = await begin(dir, ...flags, '--no-ldap', '--secrets', 'files', '--ci', 'none');
    await terminal.shows('Pick from those that asked already');
    await terminal.press('Down', 'Enter');
    await terminal.shows('Which of them');
    // The last that asked stands first.
    await terminal.press('Space', 'Enter');
    await answer(terminal, [
      ['Extension of 00:15:65:00:00:02', '1007'],
      ['SIP passwords of 1 extension', ''],
      ['Who has 1007', ''],
      ['devices.yml among them?', ''],
    ]);
    await terminal.shows('ended with 0');
    const text = readFileSync(join(dir, 'devices.yml'), 'utf8');
    expect(text).toMatch(/00:15:65:00:00:02", vendor: \w+, model: "t46s", extension: "1007"/);
    expect(text).not.toContain('00:15:65:00:00:01');
  });
});
