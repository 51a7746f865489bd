import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { offhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';

const isRoot = process.geteuid?.() === 0;
const mount = peer('mount', 'mount');
const quiet = 'notify: { mode: off }';
const site = siteOf(
  Array.from({ length: 40 }, () => ({ port: 5060 })),
  quiet,
);

/** A file system of its own for out/; gone when the test has ended. */
function mountOut(project: Project, size: string): void {
  mkdirSync(project.out);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', project.out]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', project.out]);
  });
}

const filesIn = (project: Project) =>
  Object.fromEntries(
    readdirSync(project.out)
      .filter((name) => name.endsWith('.cfg'))
      .map((name) => [name, project.outText(name)]),
  );

test.skipIf(!isRoot || mount.missing)(
  'out/ on a full disk: the old files stay, the fault is said, and the build goes through when there is room (needs root)',
  async () => {
    const project = createProject(site);
    mountOut(project, '400k');
    const daemon = await startDaemon(project);
    const before = filesIn(project);
    expect(Object.keys(before)).toHaveLength(43);
    for (const size of [65_536, 4096])
      try {
        for (let index = 0; ; index++) writeFileSync(`${project.out}/ballast-${size}-${index}`, Buffer.alloc(size));
      } catch {}
    const line = await daemon.after(() => project.edit('devices.yml', /Person/g, 'Somebody'), /Z error out /);
    expect(line).toMatch(
      /out cannot be written: no space is left on the disk \(ENOSPC\).*; phones keep the files they have/,
    );
    await daemon.said(/build rejected/);
    expect(filesIn(project)).toEqual(before);
    expect((await daemon.get(`/${macOf(7)}.cfg`)).text).toBe(before[`${macOf(7)}.cfg`]);
    await daemon.after(() => {
      for (const name of readdirSync(project.out)) if (name.startsWith('ballast')) rmSync(`${project.out}/${name}`);
    }, /build accepted .*changed=40/);
    expect((await daemon.get(`/${macOf(7)}.cfg`)).text).toContain('Somebody 7');
    expect(readdirSync(project.out)).toHaveLength(43);
  },
);

test('a read-only out/: phones get what is there, the fault is said, and the build goes through when it may be written', async () => {
  const project = createProject(site);
  if (isRoot) mountOut(project, '2m');
  const lock = () =>
    isRoot ? execFileSync('mount', ['-o', 'remount,ro', project.out]) : chmodSync(project.out, 0o500);
  const unlock = () =>
    isRoot ? execFileSync('mount', ['-o', 'remount,rw', project.out]) : chmodSync(project.out, 0o700);
  await (await startDaemon(project)).stop();
  const before = filesIn(project);
  project.edit('devices.yml', 'Person 1,', 'Ada,');
  lock();
  const build = await offhook(['build', '--project', project.dir]);
  expect(build).toMatchObject({ code: 1, out: '' });
  expect(build.err).toMatch(/out cannot be written: .*(read-only|not allowed)/i);
  const daemon = await startDaemon(project);
  expect(daemon.log.join('')).toMatch(/out cannot be written: .*(read-only|not allowed)/i);
  expect((await daemon.get(`/${macOf(1)}.cfg`)).text).toBe(before[`${macOf(1)}.cfg`]);
  expect(filesIn(project)).toEqual(before);
  await daemon.after(unlock, /build accepted .*changed=2/);
  expect((await daemon.get(`/${macOf(1)}.cfg`)).text).toContain('Ada');
});

test('a folder that cannot be made is a sentence', async () => {
  const project = createProject(site, { 'a-file': 'no folder' });
  const out = await offhook(['build', '--project', project.dir, '--out', project.path('a-file/out')]);
  expect(out).toMatchObject({ code: 1, out: '' });
  expect(out.err).toMatch(/^offhook: .*a-file\/out cannot be made: /);
  const file = await offhook(['build', '--project', project.dir, '--out', project.path('a-file')]);
  expect(file.err).toMatch(/^offhook: .*a-file is no folder/);
  const state = await offhook(['build', '--project', project.dir, '--state', project.path('a-file/state')]);
  expect(state).toMatchObject({ code: 1, out: '' });
  expect(state.err).toMatch(/^offhook: .*a-file\/state, which cannot be used: .*--state/);
});
