import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { init } from '../../src/commands/init.ts';
import { recordedConsole } from '../support/console.ts';
import { offhook } from '../support/offhook.ts';

const starter = join(import.meta.dirname, '../../starter');

function emptyFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-init-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('offhook init in an empty folder makes a project that passes its own CI', async () => {
  const dir = emptyFolder();
  const { code, out } = await offhook(['init'], { cwd: dir });
  expect(code).toBe(0);
  expect(out).toMatch(/^written .*devices\.yml\nwritten .*\.gitignore\nwritten .*\.github\/workflows\/offhook\.yml\n/);
  const [check, bare] = await Promise.all([
    offhook(['check', '--without-secrets'], { cwd: dir }),
    offhook(['check'], { cwd: dir }),
  ]);
  expect(check).toEqual({ code: 0, out: '', err: '2 devices: no faults\n' });
  expect(bare.out).toMatch(/^devices\.yml:\d+:\d+ environment variable EXT_1001 is not set/);
  expect(readFileSync(join(dir, '.gitignore'), 'utf8')).toMatch(/^\/out\/$/m);
});

test('offhook init keeps what is there, and makes a folder that is not', async () => {
  const dir = join(emptyFolder(), 'new', 'phones');
  const first = recordedConsole();
  expect(await init({ dir, starter, ci: 'gitlab' }, first)).toBe(0);
  expect(readdirSync(dir).sort()).toEqual(['.gitignore', '.gitlab-ci.yml', 'devices.yml']);
  const text = readFileSync(join(dir, 'devices.yml'), 'utf8');
  const second = recordedConsole();
  await init({ dir, starter, ci: 'github' }, second);
  expect(second.stdout()).toMatch(/^kept {4}.*devices\.yml\nkept {4}.*\.gitignore\nwritten .*offhook\.yml\n/);
  expect(readFileSync(join(dir, 'devices.yml'), 'utf8')).toBe(text);
});
