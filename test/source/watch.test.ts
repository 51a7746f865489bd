import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createWatcher } from '../../src/source/watch.ts';

test('a watcher that is closed looks at nothing more, and whoever asks it to is not thrown at', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'offhook-watch-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const paths = [join(folder, 'one.yml')];
  let told = 0;
  const watcher = createWatcher({ paths: () => paths, ignored: [], changed: () => told++, quiet: 1, scan: 5 });
  writeFileSync(join(folder, 'one.yml'), 'one');
  await expect.poll(() => told).toBeGreaterThan(0);

  await watcher.close();
  const before = told;
  paths.push(join(folder, 'two.yml'));
  writeFileSync(join(folder, 'two.yml'), 'two');
  watcher.refresh(0);
  await sleep(50);
  expect(told).toBe(before);
});
