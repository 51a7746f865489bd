import { expect, test } from 'vitest';
import { wantsColors } from '../../src/commands/colors.ts';
import { offhook } from '../support/offhook.ts';
import { createProject, siteOf } from '../support/project.ts';
import { startTerminal, tmux } from '../support/terminal.ts';

const csi = '\x1b[';

test.each([
  ['a terminal', true, { TERM: 'xterm-256color' }, true],
  ['no terminal', false, { TERM: 'xterm-256color' }, false],
  ['a terminal with NO_COLOR', true, { TERM: 'xterm-256color', NO_COLOR: '1' }, false],
  ['a terminal with an empty NO_COLOR, which is none', true, { TERM: 'xterm-256color', NO_COLOR: '' }, true],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ['no terminal with FORCE_COLOR', false, { FORCE_COLOR: '1' }, true],
  ['a terminal with FORCE_COLOR=0', true, { TERM: 'xterm-256color', FORCE_COLOR: '0' }, false],
])('whether there are colours: %s', (_, isTerminal, env, wanted) => {
  expect(wantsColors(isTerminal, env)).toBe(wanted);
});

const broken = siteOf([{ port: 5060 }]).replace('model: a1', 'model: a9');

test('what is coloured says the same as what is not, and what a machine reads never is', async () => {
  const { dir } = createProject(broken);
  const run = (words: string, env: Readonly<Record<string, string>>) =>
    offhook([...words.split(' '), '--project', dir], { env: { TERM: 'xterm-256color', ...env } });
  const [forced, plain, json] = await Promise.all([
    run('check', { FORCE_COLOR: '1' }),
    run('check', { NO_COLOR: '1' }),
    run('check --format json', { FORCE_COLOR: '1' }),
  ]);
  expect(forced.out).toContain(csi);
  expect(forced.out.replace(/\x1b\[\d+m/g, '')).toBe(plain.out);
  expect(plain.out).toMatch(/^devices\.yml:\d+:\d+ /);
  expect(json.out).not.toContain(csi);
});

test.skipIf(tmux.missing)(
  `a terminal has colours, and none with NO_COLOR (${tmux.sentence})`,
  { timeout: 90_000 },
  async () => {
    const { dir } = createProject(broken);
    const main = new URL('../../src/main.ts', import.meta.url).pathname;
    const look = async (env: Readonly<Record<string, string>>) => {
      const terminal = await startTerminal([process.execPath, main, 'check'], { cwd: dir, env });
      await terminal.shows('ended with 1');
      return terminal.screen({ colors: true });
    };
    const [colored, plain] = await Promise.all([look({}), look({ NO_COLOR: '1' })]);
    expect(colored).toContain(`${csi}31mdevices.yml:`);
    expect(plain).toContain('devices.yml:');
    expect(plain).not.toContain(csi);
  },
);
