import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { offhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { createProject, type Project, siteOf } from '../support/project.ts';
import { startTerminal, type Terminal, tmux } from '../support/terminal.ts';

const main = resolve(import.meta.dirname, '../../src/main.ts');

/** A folder with the command, to be put on the PATH. */
function commandFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-bin-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'offhook'), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`);
  chmodSync(join(dir, 'offhook'), 0o755);
  return dir;
}

const site = siteOf([{ port: 5060 }, { port: 5061 }], 'groups: { reception: { timezone: Europe/Berlin } }').replace(
  'keys: [',
  'group: reception, keys: [',
);

/** Not yet built: what is offered comes out of the project. */
const project = (): Project => createProject(site);

test('devices, targets and groups are those of the project before the first build, and of the last build behind it', async () => {
  const { dir, edit } = project();
  const ask = async (...words: string[]) => (await offhook(['completion', ...words], { cwd: dir })).out;
  const before = await ask('target');
  expect(before.split('\n')).toEqual([
    expect.stringMatching(/^020000000001\t1001 /),
    expect.stringMatching(/^1001\t/),
    expect.stringMatching(/^020000000002\t1002 /),
    expect.stringMatching(/^1002\t/),
    'reception\ta group of 1',
    '',
  ]);
  expect((await offhook(['build'], { cwd: dir })).code).toBe(0);
  edit('devices.yml', '  - {', '  - this is broken {');
  expect((await ask('target')).match(/^\w+/gm)).toEqual(before.match(/^\w+/gm));
  expect(await ask('group')).toBe('reception\ta group of 1\n');
  expect(await ask('device', '--like', '02:00')).toMatch(/^02:00:00:00:00:01\t/);
});

const shells = [
  { shell: 'bash', words: ['bash', '--norc', '--noprofile', '-i'], setup: 'source <(offhook completion bash)' },
  {
    shell: 'zsh',
    words: ['zsh', '-f', '-i'],
    setup: 'autoload -Uz compinit; compinit -u -D; source <(offhook completion zsh)',
  },
  { shell: 'fish', words: ['fish', '--no-config', '-i'], setup: 'offhook completion fish | source' },
] as const;

describe.skipIf(tmux.missing).each(shells)(`at a Tab in $shell (${tmux.sentence})`, ({ shell, words, setup }) => {
  const needed = peer(shell, shell);

  async function begin(): Promise<Terminal> {
    const { dir } = project();
    const home = join(dir, 'home');
    mkdirSync(home);
    const terminal = await startTerminal(words, {
      cwd: dir,
      env: { PATH: `${commandFolder()}${delimiter}${process.env.PATH}`, HOME: home, PS1: '', LANG: 'C.UTF-8' },
    });
    await terminal.type(`${setup}; echo rea""dy`);
    await terminal.press('Enter');
    await terminal.shows('ready');
    return terminal;
  }

  test.skipIf(needed.missing)(
    `verbs, flags, values, devices and groups are completed (${needed.sentence})`,
    { timeout: 120_000 },
    async () => {
      const terminal = await begin();
      const lines: readonly (readonly [string, RegExp])[] = [
        ['offhook expl', /offhook explain /],
        ['offhook secret rot', /offhook secret rotate /],
        ['offhook check --without', /offhook check --without-secrets/],
        ['offhook plan --format mark', /offhook plan --format markdown/],
        ['offhook notify rec', /offhook notify reception/],
        ['offhook history 0200', /offhook history 02000000000/],
        ['offhook history 02:00', /offhook history 02:00:00:00:00:0/],
        ['offhook status --group rec', /offhook status --group reception/],
        ['offhook notify --wait 3 rec', /offhook notify --wait 3 reception/],
        ['offhook --state .offhook explain rec', /offhook --state \.offhook explain reception/],
      ];
      for (const [typed, completed] of lines) {
        await terminal.type(typed);
        await terminal.press('Tab');
        await terminal.shows(completed);
        await terminal.press('C-c');
      }
    },
  );
});
