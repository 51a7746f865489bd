import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { parseYaml } from '../../src/source/yaml.ts';
import { startDaemon } from '../support/daemon.ts';
import { addRemote, commitAll, type GitFolder, gitFolder } from '../support/git-project.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';
import { ask } from './support/api.ts';

const path = '/api/provisioning/devices';
const phones = Array.from({ length: 8 }, () => ({ port: 5060 }));
const macsIn = (text: string): string[] => {
  const { value, problems } = parseYaml('devices.yml', text);
  expect(problems).toEqual([]);
  return Object(value).devices.map(({ mac }: { mac: string }) => mac);
};
const register = (port: number, number: number) =>
  ask(port, path, {
    method: 'POST',
    body: { mac_address: macOf(number), extension_number: '1001', vendor: 'acme', model: 'a1' },
  });
const unregister = (port: number, number: number) => ask(port, `${path}/${macOf(number)}`, { method: 'DELETE' });

test('of many changes at one time, and those of somebody else who writes the file, none is lost', {
  timeout: 120_000,
}, async () => {
  const project = createProject(siteOf(phones, 'api: { edits: file, limits: off }'));
  const daemon = await startDaemon(project, { notify: false });
  let isOver = false;
  const written: number[] = [];
  const somebody = (async () => {
    for (let number = 1000; !isOver; number++) {
      const line = `  - { mac: "${macOf(number)}", vendor: acme, model: a1, extension: "1001" } # by hand\n`;
      writeFileSync(project.path('devices.yml.new'), `${project.read('devices.yml')}${line}`);
      renameSync(project.path('devices.yml.new'), project.path('devices.yml'));
      written.push(number);
      await wait(250);
    }
  })();
  const added = Array.from({ length: 16 }, (_, index) => 100 + index);
  const removed = [2, 4, 6, 8];
  const answers = await Promise.all([
    ...added.map((number) => accepted(() => register(daemon.httpPort, number))),
    ...removed.map((number) => accepted(() => unregister(daemon.httpPort, number))),
  ]);
  isOver = true;
  await somebody;
  expect(answers).toEqual(answers.map(() => 200));
  expect(written.length).toBeGreaterThan(1);
  expect(macsIn(project.read('devices.yml')).sort()).toEqual([1, 3, 5, 7, ...added, ...written].map(macOf).sort());
});

test('of changes that are committed while others are pulled none is lost', { timeout: 180_000 }, async () => {
  const project = createProject(siteOf(phones, 'api: { edits: commit, limits: off }'), {
    '.gitignore': '/out/\n/.offhook/\n',
  });
  const folder = commitAll(project.dir);
  const remote = addRemote(folder);
  const daemon = await startDaemon(project, { notify: false });
  const names = [1, 2, 3, 4].map((number) => `Pulled ${number}`);
  const colleague = pullInto(folder, remote, names);
  const added = Array.from({ length: 8 }, (_, index) => 100 + index);
  const clients = [
    ...added.map((number) => () => register(daemon.httpPort, number)),
    () => unregister(daemon.httpPort, 3),
  ];
  const answers = await Promise.all(clients.map(accepted));
  await colleague;
  expect(answers).toEqual(clients.map(() => 200));
  const text = project.read('devices.yml');
  expect(macsIn(text).sort()).toEqual([1, 2, 4, 5, 6, 7, 8, ...added].map(macOf).sort());
  for (const name of names) expect(text).toContain(`name: ${name},`);
  expect(folder.git('show', 'HEAD:devices.yml')).toBe(text.trimEnd());
  expect(folder.git('status', '--porcelain')).toBe('');
});

/** Asks again while somebody else is at the file. */
async function accepted(request: () => ReturnType<typeof ask>): Promise<number> {
  for (let left = 40; ; left--) {
    const { status } = await request();
    if (status !== 409 || left === 0) return status;
    await wait(100);
  }
}

/** A colleague gives people other names in a clone, and each time that is pulled where the daemon works. */
async function pullInto(folder: GitFolder, remote: GitFolder, names: readonly string[]): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-clone-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const clone = gitFolder(dir);
  clone.git('clone', '--quiet', remote.dir, '.');
  for (const [index, name] of names.entries()) {
    const file = join(dir, 'devices.yml');
    const text = clone.git('show', 'HEAD:devices.yml').replace(`name: Person ${index + 1},`, `name: ${name},`);
    writeFileSync(file, `${text}\n`);
    clone.git('commit', '--quiet', '-am', name);
    clone.git('push', '--quiet', 'origin', 'HEAD:main');
    await until(() => folder.run('pull', '--quiet', '--no-rebase', '--no-edit', 'origin', 'main'));
  }
}

/** Git refuses while another one is at work, or while there is something that is not committed yet. */
async function until(work: () => Promise<unknown>): Promise<void> {
  for (let left = 200; ; left--)
    try {
      await work();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await wait(50);
    }
}
