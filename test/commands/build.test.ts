import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { offhook } from '../support/offhook.ts';
import { createProject, macOf, siteOf } from '../support/project.ts';

const site = siteOf(Array.from({ length: 3 }, () => ({ port: 5060 })));
const ours = ['acme-a1.cfg', 'acme-a2.cfg', 'acme.cfg', ...[1, 2, 3].map((number) => `${macOf(number)}.cfg`)];

describe('offhook build', () => {
  test('writes only what changed, removes what nobody wants, touches nothing else, and clears what a killed one left', async () => {
    const project = createProject(site, { 'out/firmware.rom': 'rom' });
    const build = () => offhook(['build', '--project', project.dir]);
    const times = () =>
      Object.fromEntries(readdirSync(project.out).map((name) => [name, statSync(join(project.out, name)).mtimeMs]));
    expect(await build()).toEqual({ code: 0, out: '6 files: 6 written, 0 removed; 3 devices change\n', err: '' });
    const first = times();
    expect(Object.keys(first).sort()).toEqual([...ours, 'firmware.rom'].sort());

    expect(await build()).toEqual({ code: 0, out: '6 files: 0 written, 0 removed; 0 devices change\n', err: '' });
    expect(times()).toEqual(first);

    mkdirSync(join(project.out, '.offhook-staging'));
    writeFileSync(join(project.out, '.offhook-staging', '0'), 'half a file');
    project.edit('devices.yml', 'Person 1', 'Ada');
    project.edit('devices.yml', new RegExp(`.*${macOf(2)}.*\n`), '');
    const { code, out } = await build();
    expect([code, out]).toEqual([0, '5 files: 2 written, 1 removed; 2 devices change\n']);
    const { [`${macOf(1)}.cfg`]: own, [`${macOf(3)}.cfg`]: watcher, ...others } = times();
    const {
      [`${macOf(1)}.cfg`]: ownBefore,
      [`${macOf(3)}.cfg`]: watcherBefore,
      [`${macOf(2)}.cfg`]: _,
      ...before
    } = first;
    expect(others).toEqual(before);
    expect([own === ownBefore, watcher === watcherBefore]).toEqual([false, false]);
  });

  test('of a project with faults leaves everything as it was, and exits with 1', async () => {
    const project = createProject(site);
    await offhook(['build', '--project', project.dir]);
    project.edit('devices.yml', 'model: a1', 'model: a9');
    const { code, out, err } = await offhook(['build', '--project', project.dir]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^devices\.yml:\d+:\d+ unknown model "a9".*\n(?:devices.*\n)?\d faults?: .*out is as it was\n$/,
    );
    expect(readdirSync(project.out).sort()).toEqual([...ours].sort());
  });

  test('takes its folders from options and from the environment', async () => {
    const project = createProject(site);
    const env = {
      OFFHOOK_PROJECT: project.dir,
      OFFHOOK_OUT: project.path('elsewhere/out'),
      OFFHOOK_STATE: project.path('state'),
    };
    expect((await offhook(['build'], { env })).code).toBe(0);
    expect(readdirSync(project.dir).sort()).toEqual(['devices.yml', 'elsewhere', 'state', 'templates']);
    expect((await offhook(['build', '--out', project.path('b'), '--project', project.dir], { env })).code).toBe(0);
    expect(readdirSync(project.path('b')).sort()).toEqual([...ours].sort());
  });
});
