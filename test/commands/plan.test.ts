import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { build as runBuild } from '../../src/commands/build.ts';
import type { PlanFormat } from '../../src/commands/format-plan.ts';
import { plan as runPlan } from '../../src/commands/plan.ts';
import { recordedConsole } from '../support/console.ts';
import { offhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { createProject, macOf, type Project, shipped, siteOf } from '../support/project.ts';

const git = peer('git', 'git');
const sites = (count: number) => siteOf(Array.from({ length: count }, () => ({ port: 5060 })));
const placeOf = ({ dir, out, state }: Project) => ({ dir, out, state, shipped });

async function build(project: Project): Promise<void> {
  const console = recordedConsole();
  const code = await runBuild(placeOf(project), console);
  if (code !== 0) throw new Error(console.stderr());
}

interface Planned {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** In this process, which saves a start. */
async function plan(
  project: Project,
  options: { format?: PlanFormat; against?: string; withoutSecrets?: boolean } = {},
): Promise<Planned> {
  const console = recordedConsole();
  const args = { format: 'text' as const, withoutSecrets: false, ...options };
  const code = await runPlan({ ...placeOf(project), ...args }, console);
  return { code, out: console.stdout(), err: console.stderr() };
}

const lastLine = ({ out }: Pick<Planned, 'out'>) => out.trimEnd().split('\n').at(-1);

describe('offhook plan against out/', () => {
  test('first shows everything as new, then nothing, then what changed and why; 2, 0, 2', async () => {
    const project = createProject(sites(212));
    const cli = () => offhook(['plan', '--project', project.dir]);
    const first = await cli();
    expect(first).toMatchObject({ code: 2, err: '' });
    expect(lastLine(first)).toBe('212 of 212 devices change, 0 would reboot');
    expect(first.out).toContain('02:00:00:00:00:01 acme/a1 1001 Person 1: new\n');
    expect(existsSync(project.out) || existsSync(project.state)).toBe(false);

    await build(project);
    expect(await cli()).toEqual({ code: 0, out: '0 of 212 devices change, 0 would reboot\n', err: '' });

    project.edit('devices.yml', 'name: Person 5,', 'name: "Ada `<b>` Lovelace",');
    project.edit('devices.yml', `"${macOf(100)}", vendor: acme,`, `"${macOf(100)}", vlan: { id: 7 }, vendor: acme,`);
    const { code, out } = await cli();
    expect(code).toBe(2);
    expect(lastLine({ out })).toBe('3 of 212 devices change, 1 would reboot');
    const line =
      project
        .read('devices.yml')
        .split('\n')
        .findIndex((text) => text.includes('Ada')) + 1;
    expect(out).toContain('02:00:00:00:00:04 acme/a1 1004 Person 4: resync\n');
    expect(out).toMatch(
      new RegExp(`  devices\\.yml:${line}:\\d+ keys\\.2\\.label: Person 5 -> Ada \`<b>\` Lovelace\n`),
    );
    expect(out).toMatch(new RegExp(`  devices\\.yml:${line}:\\d+ lines\\.1\\.name: Person 5 -> Ada`));
    expect(out).toContain('02:00:00:00:00:64 acme/a1 1100 Person 100: reboot\n');
    expect(out).toMatch(/ {2}devices\.yml:\d+:\d+ vlan\.id: \(none\) -> 7\n/);
    expect(out).toContain('-line.1.name = Person 5\n+line.1.name = Ada `<b>` Lovelace\n');
    expect(out).toContain('\n+vlan = 7\n');
    expect(out).not.toContain('secret-of');
  });

  test('says what is new, what goes, and what every device of a model fetches', async () => {
    const project = createProject(sites(4));
    await build(project);
    project.edit('devices.yml', new RegExp(`.*${macOf(4)}.*\n`), '');
    project.edit('devices.yml', 'devices:', `models: { acme/a1: { language: de } }\ndevices:`);
    const { out } = await plan(project);
    expect(lastLine({ out })).toBe('2 of 3 devices change, 0 would reboot; the files of 1 that is no longer there go');
    expect(out).toContain('acme-a1.cfg, which every acme/a1 fetches (2 devices)\n');
    expect(out).toMatch(/02:00:00:00:00:01 .*: resync\n {2}devices\.yml:\d+:\d+ language: en -> de\n\n/);
    expect(out).toContain('02:00:00:00:00:04: removed\n');
    expect(out).toContain('-line.1.password = ••••••••\n');
    const json = JSON.parse((await plan(project, { format: 'json' })).out);
    expect(json.summary).toEqual({ devices: 3, change: 2, reboot: 0 });
    expect(json.items.map(({ effect }: { effect: string }) => effect)).toEqual([
      'shared',
      'resync',
      'resync',
      'removed',
    ]);
    expect(json.items[1].reasons).toEqual([
      { setting: 'language', place: expect.stringMatching(/^devices\.yml:\d+:\d+$/), before: 'en', after: 'de' },
    ]);
  });

  test('shows a file that has several names once', async () => {
    const project = createProject(sites(1));
    project.edit('templates/acme/vendor.yml', 'name: "{mac}.cfg",', 'name: "{mac}.cfg", also: ["cfg{mac}.txt"],');
    await build(project);
    project.edit('devices.yml', 'Person 1', 'Ada');
    const { out } = await plan(project);
    expect(out.match(/\+line\.1\.name = Ada/g)).toHaveLength(1);
    expect(out).toContain(`(cfg${macOf(1)}.txt: the same)\n`);
    expect(JSON.parse((await plan(project, { format: 'json' })).out).items[0].files).toHaveLength(2);
  });

  test('sees that a password changes without showing it, and says when it is a template that did', async () => {
    const project = createProject(sites(2).replace('secret-of-1001', '{ file: password }'), { password: 'geheim' });
    await build(project);
    project.write('password', 'anders');
    const { out } = await plan(project);
    expect(out).toMatch(/ {2}devices\.yml:\d+:\d+ lines\.1\.password: •+ -> •+\n/);
    expect(out).toContain('-line.1.password = ••••••••\n+line.1.password = ••••••••\n');
    expect(out).not.toMatch(/geheim|anders/);
    project.write('password', 'geheim');
    project.edit('templates/acme/mac.cfg.njk', '# {{', '# an {{');
    const template = await plan(project);
    expect(template.out).toContain('  none of its values differs: a template, or another file of its vendor, does\n');
    expect(template.out).not.toContain('password:');
  });

  test('sees what somebody else did to the files, and shows nothing of it', async () => {
    const project = createProject(sites(3));
    await build(project);
    project.write(`out/${macOf(1)}.cfg`, 'line.1.password = geheim\n');
    rmSync(project.path(`out/${macOf(2)}.cfg`));
    project.write('out/foreign.cfg', 'not ours');
    const { code, out } = await plan(project);
    expect(code).toBe(2);
    expect(lastLine({ out })).toBe('2 of 3 devices change, 0 would reboot');
    expect(out).toContain(`  somebody else wrote ${macOf(1)}.cfg\n`);
    expect(out).toContain('(what stands there is not what offhook wrote, and may hold secrets: not shown)\n');
    expect(out).not.toMatch(/geheim|foreign/);
  });

  test('of a project with faults is none, and exits with 1', async () => {
    const project = createProject(sites(2).replace('model: a1', 'model: a9'));
    for (const format of ['text', 'json', 'markdown'] as const)
      expect(await plan(project, { format })).toEqual({
        code: 1,
        out: '',
        err: expect.stringMatching(/unknown model "a9".*\n1 fault: there is no plan for a project with faults\n$/),
      });
  });
});

describe('as Markdown', () => {
  test('it is fit for a comment: what holds backticks and HTML stays in its place', async () => {
    const project = createProject(sites(2));
    await build(project);
    project.edit('devices.yml', 'name: Person 1,', 'name: "</details> `` ```` <script>",');
    const { code, out } = await plan(project, { format: 'markdown' });
    expect(code).toBe(2);
    expect(out).toMatch(/^### offhook plan\n\n\*\*2 of 2 devices change, 0 would reboot\*\*\n\n<details><summary>/);
    expect(out).toContain('1001 &lt;/details&gt; `` ```` &lt;script&gt;: <b>resync</b></summary>\n\n');
    expect(out).toMatch(
      /\n- ````` devices\.yml:\d+:\d+ lines\.1\.name: Person 1 -> <\/details> `` ```` <script> `````\n/,
    );
    const fences = out.match(/^`````(?:diff)?$/gm);
    expect(fences).toEqual(['`````diff', '`````', '`````diff', '`````']);
    expect(out.match(/^<details>/gm)).toHaveLength(2);
    expect(out.match(/^<\/details>$/gm)).toHaveLength(2);
  });

  test('it is never longer than GitHub takes, and says what is left out', async () => {
    const project = createProject(sites(400));
    const { out } = await plan(project, { format: 'markdown' });
    expect(out.length).toBeLessThan(65_536);
    expect(out).toMatch(/\*\*400 of 400 devices change/);
    expect(out).toMatch(/\n… and \d+ more, too long for a comment\.\n$/);
    expect(out.match(/<details>/g)?.length).toBe(out.match(/<\/details>/g)?.length);
  });
});

describe('offhook plan --against', () => {
  test('another project’s folder, whose own secrets it reads', async () => {
    const text = sites(2).replace('secret-of-1001', '{ file: password }');
    const [main, other] = [createProject(text, { password: 'one' }), createProject(text, { password: 'one' })];
    expect(await plan(main, { against: other.dir })).toMatchObject({ code: 0 });
    other.write('password', 'two');
    other.edit('devices.yml', 'Person 2', 'Person Two');
    const { code, out } = await plan(main, { against: other.dir });
    expect(code).toBe(2);
    expect(out).toMatch(/lines\.1\.password: •+ -> •+\n/);
    expect(out).toMatch(/lines\.1\.name: Person Two -> Person 2\n/);
  });

  test('an out/ of this project', async () => {
    const project = createProject(sites(2));
    await build(project);
    expect(await plan({ ...project, out: '/nowhere' }, { against: project.out })).toMatchObject({ code: 0 });
  });

  describe.skipIf(git.missing)(`a commit (${git.sentence})`, () => {
    /** A repository whose project is in a folder of it, with a commit of it on `main`. */
    function createRepository(text: string, files: Readonly<Record<string, string>> = {}) {
      const top = createProject(text, files);
      const run = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
          cwd: top.dir,
          stdio: 'pipe',
        });
      run('init', '-q', '-b', 'main');
      return { top, run };
    }

    test('of a repository in whose sub folder the project is', async () => {
      const { top, run } = createRepository('', { '.gitignore': 'secrets/\n' });
      const inner = (name: string) => `phones/north/${name}`;
      top.write(
        inner('devices.yml'),
        sites(3)
          .replace('templates_dir: templates', 'templates_dir: ../../templates')
          .replace('secret-of-1001', '{ file: secrets/1001 }'),
      );
      top.write(inner('secrets/1001'), 'geheim');
      run('add', '.');
      run('commit', '-qm', 'first');
      const dir = join(top.dir, 'phones/north');
      const project = { ...top, dir, out: join(dir, 'out'), state: join(dir, '.offhook') };
      expect(await plan(project, { against: 'main' })).toEqual({
        code: 0,
        out: '0 of 3 devices change, 0 would reboot\n',
        err: '',
      });
      top.edit(inner('devices.yml'), 'Person 3', 'Ada');
      top.write('untracked.txt', 'stays');
      const { code, out } = await plan(project, { against: 'HEAD' });
      expect(code).toBe(2);
      expect(lastLine({ out })).toBe('2 of 3 devices change, 0 would reboot');
      expect(out).toContain('-line.1.name = Person 3\n+line.1.name = Ada\n');
      expect(String(run('status', '--porcelain'))).toBe(' M phones/north/devices.yml\n?? untracked.txt\n');

      run('commit', '-qam', 'second');
      rmSync(join(dir, 'secrets'), { recursive: true });
      expect((await plan(project, { against: 'main~1' })).err).toMatch(/secrets\/1001 is not there/);
      const cli = await offhook(['plan', '--against', 'main~1', '--without-secrets', '--format', 'markdown'], {
        cwd: dir,
      });
      expect(cli).toMatchObject({ code: 2, err: '' });
      expect(cli.out).toContain('**2 of 3 devices change, 0 would reboot**');
    });

    test('that is unknown, or has no devices.yml, or one with faults', async () => {
      const { top, run } = createRepository(sites(2));
      run('add', 'templates');
      run('commit', '-qm', 'no devices yet');
      const nothing = await plan(top, { against: 'main' });
      expect(nothing).toMatchObject({ code: 2, err: 'main has no devices.yml here: everything is new\n' });
      await expect(plan(top, { against: 'mian' })).rejects.toThrow(
        '"mian" is no folder, and the repository knows no such commit; wanted a branch, a tag or a commit (in CI, was the history fetched?), or a folder',
      );
      await expect(plan(top, { against: '--output=x' })).rejects.toThrow('knows no such commit');
      top.edit('devices.yml', 'model: a1', 'model: a9');
      run('add', '.');
      run('commit', '-qm', 'faulty');
      top.edit('devices.yml', 'model: a9', 'model: a1');
      const faulty = await plan(top, { against: 'main' });
      expect(faulty.code).toBe(2);
      expect(faulty.err).toMatch(
        /^main, which this is held against, has 1 fault; only what it can render counts:\ndevices\.yml/,
      );
      expect(faulty.out).toContain('02:00:00:00:00:01 acme/a1 1001 Person 1: new\n');
    });

    test('in a folder that is in no repository', async () => {
      const project = createProject(sites(1));
      await expect(plan(project, { against: 'main' })).rejects.toThrow(/is in no git repository that can be read: /);
    });
  });
});
