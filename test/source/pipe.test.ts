import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { offhook } from '../support/offhook.ts';
import { createProject, siteOf } from '../support/project.ts';

test('a pipe in place of devices.yml is a fault, and not waited for', async () => {
  const { dir } = createProject(siteOf([]));
  const path = join(dir, 'devices.yml');
  rmSync(path);
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  const { code, out } = await offhook(['check', '--project', dir]);
  expect(code).toBe(1);
  expect(out).toContain('devices.yml cannot be read: it is no file; wanted a YAML file in UTF-8');
});
