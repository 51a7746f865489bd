import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RunningDaemon, startDaemon } from '../support/daemon.ts';
import { peer } from '../support/peer.ts';
import {
  createProject,
  deleteAndCreate,
  macOf,
  type Project,
  renameOver,
  siteOf,
  writeLikeVim,
} from '../support/project.ts';

const git = peer('git', 'git');
const quiet = 'notify: { mode: off }';
const one = siteOf([{ port: 5060 }], quiet);
const nameIn = (text: string) => /line\.1\.name = (.*)/.exec(text)?.[1];
const nameOn = async (daemon: RunningDaemon, number = 1) => nameIn((await daemon.get(`/${macOf(number)}.cfg`)).text);
const accepted = /build accepted .* changed=[1-9]/;

/** No scan helps: what is found is found by an event. */
async function startWithEventsAlone(project: Project): Promise<RunningDaemon> {
  const daemon = await startDaemon(project, { timing: { watch: { quiet: 20, scan: Number.POSITIVE_INFINITY } } });
  const from = daemon.log.length;
  // Until the system watches; before that, scans are for it.
  while (daemon.log.length === from) {
    utimesSync(project.path('devices.yml'), new Date(), new Date());
    await new Promise((done) => setTimeout(done, 100));
  }
  return daemon;
}

const renamed = (project: Project, file: string, name: string) =>
  project.read(file).replace(/name: [^,]*/, `name: ${name}`);

describe('a file is saved', () => {
  const ways: Readonly<Record<string, (project: Project, file: string, text: string) => unknown>> = {
    'in place': ({ write }, file, text) => write(file, text),
    'beside it, and renamed over it': renameOver,
    'as vim does: the old one renamed, a new one written, the old one removed': writeLikeVim,
    'anew, 300 ms after it was deleted': (project, file, text) => deleteAndCreate(project, file, text, 300),
  };

  test.each(Object.entries(ways))('devices.yml: %s, several times', async (_, save) => {
    const project = createProject(one);
    const daemon = await startWithEventsAlone(project);
    for (const name of ['Ada', 'Grace', 'Zoë']) {
      await daemon.after(() => save(project, 'devices.yml', renamed(project, 'devices.yml', name)), accepted);
      expect(await nameOn(daemon)).toBe(name);
    }
  });

  test.each(Object.entries(ways))('an included file: %s, several times', async (_, save) => {
    const [head, people] = one.split(/(?=extensions:)/);
    const [extensions, devices] = String(people).split(/(?=devices:)/);
    const project = createProject(`include: [sites/*.yml]\n${head}${devices}`, { 'sites/a.yml': String(extensions) });
    const daemon = await startWithEventsAlone(project);
    for (const name of ['Ada', 'Grace', 'Zoë']) {
      await daemon.after(() => save(project, 'sites/a.yml', renamed(project, 'sites/a.yml', name)), accepted);
      expect(await nameOn(daemon)).toBe(name);
    }
  });
});

describe('what else a site is made of', () => {
  test('a new file that a pattern names, in a folder that is new, and its going', async () => {
    const project = createProject(`include: ["sites/**/*.yml"]\n${one}`, { 'sites/empty.yml': 'groups: {}' });
    const daemon = await startDaemon(project);
    const device = `devices: [{ mac: "${macOf(9)}", vendor: acme, model: a1, lines: [{ extension: "9" }] }]`;
    const text = `extensions: { "9": { name: Nine, password: x } }\n${device}\n`;
    await daemon.after(() => project.write('sites/north/new.yml', text), accepted);
    expect(await nameOn(daemon, 9)).toBe('Nine');
    await daemon.after(() => rmSync(project.path('sites/north'), { recursive: true }), /build accepted .* removed=1/);
    expect((await daemon.get(`/${macOf(9)}.cfg`)).status).toBe(404);
    await daemon.after(() => project.write('sites/north/new.yml', text.replace('Nine', 'Again')), accepted);
    expect(await nameOn(daemon, 9)).toBe('Again');
  });

  test('a file with a secret: changed, removed and back', async () => {
    const project = createProject(one.replace('secret-of-1001', '{ file: secrets/1001 }'), { 'secrets/1001': 'first' });
    const daemon = await startDaemon(project);
    const password = async () => /password = (.*)/.exec((await daemon.get(`/${macOf(1)}.cfg`)).text)?.[1];
    await daemon.after(() => project.write('secrets/1001', 'second\n'), accepted);
    expect(await password()).toBe('second');
    await daemon.after(() => rmSync(project.path('secrets/1001')), /build rejected/);
    expect(await password()).toBe('second');
    await daemon.after(() => project.write('secrets/1001', 'third'), accepted);
    expect(await password()).toBe('third');
  });

  test('a template and a vendor file of templates_dir, a new template, and another templates_dir', async () => {
    const project = createProject(one);
    const daemon = await startDaemon(project);
    const text = async () => (await daemon.get(`/${macOf(1)}.cfg`)).text;
    await daemon.after(() => project.edit('templates/acme/mac.cfg.njk', '# {{', '# hello {{'), accepted);
    expect(await text()).toContain('# hello A1');
    await daemon.after(() => project.edit('templates/acme/vendor.yml', 'title: A1,', 'title: First,'), accepted);
    expect(await text()).toContain('# hello First');
    await daemon.after(() => {
      renameSync(project.path('templates'), project.path('custom'));
      project.edit('custom/acme/vendor.yml', 'First', 'Second');
      project.edit('devices.yml', 'templates_dir: templates', 'templates_dir: custom');
    }, accepted);
    expect(await text()).toContain('# hello Second');
    await daemon.after(() => project.edit('custom/acme/vendor.yml', 'Second', 'Third'), accepted);
    expect(await text()).toContain('# hello Third');
  });

  test('an extension file that is included by its name from outside the project', async () => {
    const other = createProject('extensions: {}\n');
    const [head, people] = one.split(/(?=extensions:)/);
    const [extensions, devices] = String(people).split(/(?=devices:)/);
    other.write('people.yml', String(extensions));
    const project = createProject(`include: [${other.path('people.yml')}]\n${head}${devices}`);
    const daemon = await startDaemon(project);
    await daemon.after(() => other.edit('people.yml', 'Person 1', 'Ada'), accepted);
    expect(await nameOn(daemon)).toBe('Ada');
  });
});

describe('many changes', () => {
  test('50 quick edits in a row end in the last state', async () => {
    const project = createProject(one);
    const daemon = await startDaemon(project);
    for (let edit = 1; edit <= 50; edit++) {
      project.write('devices.yml', renamed(project, 'devices.yml', edit === 50 ? 'The Last' : `Edit ${edit}`));
      await new Promise((done) => setTimeout(done, edit % 7));
    }
    while ((await nameOn(daemon)) !== 'The Last') await new Promise((done) => setTimeout(done, 10));
    expect(nameIn(project.outText(`${macOf(1)}.cfg`))).toBe('The Last');
    expect(daemon.log.filter((line) => / (error|warn) /.test(line))).toEqual([]);
  });

  test.skipIf(git.missing)(`\`git checkout\` of 200 included files at once (${git.sentence})`, async () => {
    const files = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [
        `sites/${index}.yml`,
        `extensions: { "${2000 + index}": { name: Old ${index}, password: x } }\n` +
          `devices: [{ mac: "${macOf(1000 + index)}", vendor: acme, model: a1, extension: "${2000 + index}" }]\n`,
      ]),
    );
    const project = createProject(`include: [sites/*.yml]\n${one}`, { ...files, '.gitignore': 'out\n.offhook\n' });
    const run = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd: project.dir,
        stdio: 'pipe',
      });
    run('init', '-q', '-b', 'old');
    run('add', '.');
    run('commit', '-qm', 'old');
    run('checkout', '-qb', 'new');
    for (const name of Object.keys(files)) project.edit(name, 'Old', 'New');
    run('commit', '-qam', 'new');
    run('checkout', '-q', 'old');
    const daemon = await startDaemon(project);
    expect(await nameOn(daemon, 1199)).toBe('Old 199');
    run('checkout', '-q', 'new');
    const names = () => Promise.all(Array.from({ length: 200 }, (_, index) => nameOn(daemon, 1000 + index)));
    const wanted = Array.from({ length: 200 }, (_, index) => `New ${index}`);
    while ((await names()).some((name, index) => name !== wanted[index]))
      await new Promise((done) => setTimeout(done, 20));
    expect(daemon.log.filter((line) => / (error|warn) /.test(line))).toEqual([]);
  });
});

describe('a ConfigMap of Kubernetes is swapped', () => {
  /** A folder of links into `..data`, which is a link to a folder that is never written to again. */
  function mount(dir: string, version: string, files: Readonly<Record<string, string>>): void {
    const folder = join(dir, `..${version}`);
    mkdirSync(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    symlinkSync(`..${version}`, join(dir, '..data_tmp'));
    renameSync(join(dir, '..data_tmp'), join(dir, '..data'));
  }

  test.each(['removed', 'kept'])('with its old folder %s', async (old) => {
    const project = createProject('');
    rmSync(project.path('devices.yml'));
    const site = join(project.dir, 'site');
    mkdirSync(site);
    const files = (name: string) => ({
      'devices.yml': one
        .replace('Person 1', name)
        .replace('templates_dir: templates', 'templates_dir: ../templates')
        .replace('secret-of-1001', '{ file: password }'),
      password: `password of ${name}`,
    });
    mount(site, '2026_1', files('Ada'));
    for (const name of ['devices.yml', 'password']) symlinkSync(`..data/${name}`, join(site, name));
    const mounted = { ...project, dir: site, path: (name: string) => join(site, name) };
    // While the old folder is there nothing happens to the files that are watched.
    const daemon = await (old === 'removed' ? startWithEventsAlone(mounted) : startDaemon(mounted));
    expect(await nameOn(daemon)).toBe('Ada');
    for (const [version, name] of [
      ['2026_2', 'Grace'],
      ['2026_3', 'Zoë'],
    ] as const) {
      await daemon.after(() => {
        mount(site, version, files(name));
        if (old === 'removed') rmSync(join(site, version === '2026_2' ? '..2026_1' : '..2026_2'), { recursive: true });
      }, accepted);
      expect(await nameOn(daemon)).toBe(name);
      expect((await daemon.get(`/${macOf(1)}.cfg`)).text).toContain(`password of ${name}`);
    }
  });
});

describe('an event that is lost', () => {
  test('is found by a scan', async () => {
    // Polls once an hour, which is as good as never.
    const env = { CHOKIDAR_USEPOLLING: '1', CHOKIDAR_INTERVAL: '3600000' };
    Object.assign(process.env, env);
    onTestFinished(() => {
      for (const name of Object.keys(env)) delete process.env[name];
    });
    const project = createProject(`include: [sites/*.yml]\n${one}`, { 'sites/a.yml': 'groups: {}' });
    const daemon = await startDaemon(project);
    await daemon.after(() => project.edit('devices.yml', 'Person 1', 'Ada'), accepted);
    await daemon.after(() => renameSync(project.path('devices.yml'), project.path('old.yml')), /build rejected/);
    expect(await nameOn(daemon)).toBe('Ada');
    await daemon.after(() => project.write('devices.yml', project.read('old.yml').replace('Ada', 'Grace')), accepted);
    expect(await nameOn(daemon)).toBe('Grace');
    await daemon.after(() => project.write('sites/b.yml', 'groups: }'), /sites\/b\.yml/);
  });

  test('because it came while the first build was under way', async () => {
    const project = createProject(one);
    const starting = startDaemon(project);
    setImmediate(() => project.edit('devices.yml', 'Person 1', 'Ada'));
    const daemon = await starting;
    while ((await nameOn(daemon)) !== 'Ada') await new Promise((done) => setTimeout(done, 10));
  });
});
