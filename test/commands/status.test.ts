import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatStatus, formatStatusJson } from '../../src/commands/format-status.ts';
import { history } from '../../src/commands/history.ts';
import { folderAndState, type StatusArguments, status } from '../../src/commands/status.ts';
import type { Mac } from '../../src/model/mac.ts';
import type { State } from '../../src/state/convergence.ts';
import type { FleetDevice } from '../../src/state/fleet.ts';
import { answerTo } from '../notify/phone.ts';
import { recordedConsole } from '../support/console.ts';
import { startDaemon } from '../support/daemon.ts';
import { offhook, startOffhook } from '../support/offhook.ts';
import { peer } from '../support/peer.ts';
import { startListening } from '../support/phones.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const git = peer('git', 'git');
const fast = 'notify: { per_second: 10000, per_address: 10000 }';
const impatient = { sip: { t1: 20, t2: 80, t4: 100 } };
const path = (number: number) => `/${macOf(number)}.cfg`;

async function run(project: Project, options: Partial<StatusArguments> = {}) {
  const console = recordedConsole();
  const { dir, out, state } = project;
  const rest = { watch: false, wait: false, timeout: 1, format: 'json', isTerminal: false, ...options } as const;
  const code = await status({ dir, out, state, ...rest }, console);
  return { code, out: console.stdout() };
}

async function fleetOf(project: Project, options: Partial<StatusArguments> = {}) {
  const { out } = await run(project, options);
  return JSON.parse(out) as { counts: Record<State, number>; devices: FleetDevice[] };
}

/** State by the number of the phone. */
async function statesOf(project: Project): Promise<State[]> {
  return (await fleetOf(project)).devices.map(({ state }) => state);
}

const settles = (project: Project, ...wanted: State[]) =>
  expect.poll(() => statesOf(project), { timeout: 10_000 }).toEqual(wanted);

async function revisionsOf(project: Project, device: string) {
  const console = recordedConsole();
  await history({ ...project, device, diff: false, format: 'json' }, console);
  return JSON.parse(console.stdout()).revisions as { revision?: string; commit?: string; [name: string]: unknown }[];
}

describe('offhook status', () => {
  test('tells phones apart by what they fetched over HTTP and TFTP, and what they answered; a restart knows it all', async () => {
    const [ok, stays, refuses, silent] = await Promise.all([
      startListening(),
      startListening(),
      startListening((request, say) => say(answerTo(request, '489 Bad Event'))),
      startListening(() => {}),
    ]);
    const project = createProject(siteOf([ok!, stays!, refuses!, silent!, { port: 1 }], fast));
    const daemon = await startDaemon(project, { timing: impatient });
    for (const number of [1, 3])
      await daemon.get(path(number), { headers: { 'User-Agent': `Acme A1 1.2.3 ${macOf(number)}` } });
    for (const number of [2, 4]) await daemon.rrq(path(number));
    await settles(project, 'current', 'current', 'current', 'current', 'unseen');
    const before = (await fleetOf(project)).devices[0]!;
    expect(before).toMatchObject({
      ...{ mac: macOf(1), extension: '1001', vendor: 'acme', model: 'a1', address: '127.0.0.1', firmware: '1.2.3' },
      fetched_revision: before.revision,
    });

    await daemon.told(() => project.edit('devices.yml', '192.0.2.1', '192.0.2.2'));
    const after = ['notified', 'notified', 'stuck', 'unreachable', 'unseen'] as const;
    await settles(project, ...after);
    const { counts, devices } = await fleetOf(project);
    expect(counts).toMatchObject({ notified: 2, stuck: 1, unreachable: 1, unseen: 1, current: 0 });
    expect(devices[0]).toMatchObject({ fetched_revision: before.revision });
    expect(devices[0]!.revision).not.toBe(before.revision);
    expect(devices[2]!.reason).toMatch(/answered 489 .*Bad Event/);

    await daemon.rrq(path(1));
    await settles(project, 'current', ...after.slice(1));
    const { text } = await daemon.get('/-/metrics');
    expect(text).toContain('offhook_devices{state="current"} 1');
    expect(text).toContain('offhook_devices{state="unreachable"} 1');
    await daemon.stop();
    const rows = await revisionsOf(project, '1001');
    expect(rows).toHaveLength(2);
    const second = await startDaemon(project, { timing: impatient });
    expect((await second.get('/-/metrics')).text).toContain('offhook_devices{state="stuck"} 1');
    expect(await statesOf(project)).toEqual(['current', ...after.slice(1)]);
    await second.stop();
    expect(await revisionsOf(project, '1001')).toEqual(rows);
  });

  test('with a second file: a phone that has one of them is fetching', async () => {
    const project = createProject(siteOf([{ port: 1 }], 'notify: { mode: off }'));
    project.write('templates/acme/two.cfg.njk', 'line.1.name = {{ lines[0].name }}\n');
    project.edit(
      'templates/acme/vendor.yml',
      'files:\n',
      'files:\n  - { name: "{mac}-two.cfg", template: two.cfg.njk }\n  - { name: "{mac}-more.cfg", template: two.cfg.njk, optional: true }\n',
    );
    const daemon = await startDaemon(project, { workers: 1 });
    await daemon.get(path(1));
    await settles(project, 'fetching');
    await daemon.get(path(1), { method: 'HEAD' });
    await daemon.get(`/${macOf(1)}-two.cfg`, { headers: { Range: 'bytes=0-3' } });
    await daemon.get(`/${macOf(1)}-more.cfg`);
    await until('all rows', () => daemon.fetches().length === 4);
    expect(await statesOf(project)).toEqual(['fetching']);
    await daemon.rrq(`/${macOf(1)}-two.cfg`);
    await settles(project, 'current');
    // The bytes are the same: what was fetched stays fetched, whatever counts from now on.
    await daemon.after(
      () => project.edit('templates/acme/vendor.yml', ', optional: true', ''),
      /build accepted .*touched=0/,
    );
    await settles(project, 'current');
  });

  test('a device that is gone is in it no more, and is told anew when it is back', async () => {
    const project = createProject(siteOf([{ port: 1 }, { port: 1 }], 'notify: { mode: off }'));
    const daemon = await startDaemon(project);
    for (const number of [1, 2]) await daemon.get(path(number));
    await settles(project, 'current', 'current');
    const whole = project.read('devices.yml');
    await daemon.after(() => project.edit('devices.yml', new RegExp(`.*${macOf(2)}.*\n`), ''), /build accepted/);
    await settles(project, 'current');
    await daemon.after(() => project.write('devices.yml', whole), /build accepted/);
    await settles(project, 'current', 'pending');
    const rows = await revisionsOf(project, macOf(2));
    expect(rows.map(({ revision }) => revision)).toEqual([rows[0]!.revision, undefined, rows[0]!.revision]);
  });

  test('after a restart with a broken devices.yml the files of before are fetched as what they are', async () => {
    const project = createProject(siteOf([{ port: 1 }, { port: 1 }], 'notify: { mode: off }'));
    const first = await startDaemon(project);
    await first.get(path(1));
    await settles(project, 'current', 'unseen');
    await first.stop();
    project.edit('devices.yml', 'devices:', 'devices: [');
    const second = await startDaemon(project, { workers: 1 });
    await second.rrq(path(2));
    await settles(project, 'current', 'current');
  });

  test('a journal that knows no revisions yet takes what was fetched for what it is', async () => {
    const project = createProject(siteOf([{ port: 1 }], 'notify: { mode: off }'));
    const first = await startDaemon(project);
    await first.get(path(1));
    await settles(project, 'current');
    await first.stop();
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(`${project.state}/journal.db`);
    database.exec('DELETE FROM revisions; DELETE FROM wanted');
    database.close();
    await startDaemon(project);
    await settles(project, 'current');
    expect(await revisionsOf(project, macOf(1))).toMatchObject([{ built: 0 }]);
  });

  test('--wait ends with 0 once all of a group are current, and with 1 and those that are not at the timeout', async () => {
    const project = createProject(siteOf([{ port: 1 }, { port: 1 }], 'notify: { mode: off }'));
    project.edit('devices.yml', 'extensions:', 'groups: { desk: {} }\nextensions:');
    project.edit('devices.yml', 'extension: "1001",', 'extension: "1001", group: desk,');
    const daemon = await startDaemon(project);
    const waiting = run(project, { wait: true, group: 'desk', timeout: 60_000, format: 'text' });
    await daemon.get(path(1));
    expect(await waiting).toEqual({ code: 0, out: expect.stringMatching(/^current +1\n$/) });
    const late = await run(project, { wait: true, timeout: 50, format: 'text' });
    expect(late).toEqual({
      code: 1,
      out: '02:00:00:00:00:02  1002    unseen       -                has never asked for anything\n',
    });
    await expect(run(project, { group: 'desks' })).rejects.toThrow(
      'no device is in the group "desks" (did you mean "desk"?)',
    );
  });

  test('on the command line: the state to list beside the folder, what is wrong, and --watch that goes on', async () => {
    const project = createProject(siteOf([{ port: 1 }, { port: 1 }], 'notify: { mode: off }'));
    const cli = (...args: string[]) => offhook(['status', '--project', project.dir, ...args]);
    const none = await cli();
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('there is no journal in')]);
    const daemon = await startDaemon(project);
    const watcher = startOffhook(['status', '--project', project.dir, '--watch']);
    await watcher.said(/^unseen=2$/m);
    await daemon.get(path(1));
    await watcher.said(/^unseen=1 current=1$/m);
    const listed = await cli('--state', project.state, '--state', 'current');
    expect(listed.out).toMatch(
      /^unseen +1\ncurrent +1\n\n02:00:00:00:00:01 {2}1001 +current +127\.0\.0\.1 +fetched all of it \d+ s ago\n$/,
    );
    const wrong = await cli('--timeout', 'soon');
    expect(wrong.err).toContain('--timeout is "soon"; wanted a time such as 90s, 10m or 2h');
    const old = await offhook(['history', '1001', '--project', project.dir]);
    expect(old.out).toMatch(
      /^02:00:00:00:00:01\nbuilt +revision +commit +notified +fetched completely +registered again +what changed\n\S+Z +[0-9a-f]{12} +- +- +\S+Z +- +-\n$/,
    );
    expect((await offhook(['history', '9999', '--project', project.dir])).err).toContain('"9999" is no device');
  });

  test('--state is a state, a folder, or both', () => {
    expect(folderAndState(undefined)).toEqual({});
    expect(folderAndState('stuck')).toEqual({ only: 'stuck' });
    expect(folderAndState(['/srv/state', 'stuck'])).toEqual({ folder: '/srv/state', only: 'stuck' });
    expect(folderAndState('./stuck')).toEqual({ folder: './stuck' });
    expect(() => folderAndState(['stuck', 'stale'])).toThrow('--state is given twice');
  });

  test('lists who needs a person first, and of many of a state only some; nothing steers the terminal', () => {
    const device = (number: number, state: State): FleetDevice => ({
      ...{ mac: macOf(number) as Mac, state, reason: 'asked: \u001b[31m', revision: 'r1', built: 1 },
    });
    const many = Array.from({ length: 30 }, (_, index) => device(index + 10, 'pending'));
    const text = formatStatus({ devices: [device(1, 'current'), ...many, device(2, 'stuck')] });
    const lines = text.trimEnd().split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'pending          30',
      'current           1',
      'stuck             1',
      '',
      expect.stringMatching(/^02:00:00:00:00:02 .* stuck .*\\u001b\[31m$/),
    ]);
    expect(lines.at(-1)).toBe('and 10 more: offhook status --state pending');
  });
});

test('says when the directories of people answered last', () => {
  const directories = [{ into: 'extensions.ldap.yml', at: 1_000_000 }];
  const shown = { devices: [], directories, now: 1_000_000 + 7 * 60_000 };
  expect(formatStatus(shown)).toBe(
    'current           0\n\nextensions.ldap.yml: the directory answered 7 min ago, 1970-01-01T00:16:40.000Z\n',
  );
  expect(JSON.parse(formatStatusJson(shown)).directories).toEqual([
    { file: 'extensions.ldap.yml', answered_at: 1_000_000 },
  ]);
});

describe('offhook history', () => {
  test.skipIf(git.missing)(`names the commit of a clean tree, and none of another one (${git.sentence})`, async () => {
    const phone = await startListening();
    const project = createProject(siteOf([phone], fast), { '.gitignore': '.offhook/\n' });
    const env = { ...process.env, GIT_DIR: undefined, GIT_INDEX_FILE: undefined, GIT_WORK_TREE: undefined };
    const inTree = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: project.dir, env })
        .toString()
        .trim();
    inTree('init', '-q');
    inTree('add', '-A');
    inTree('commit', '-qm', 'first');
    const first = inTree('rev-parse', 'HEAD');
    // out/ is in no .gitignore here: what offhook writes itself does not count.
    const daemon = await startDaemon(project);
    await until('the NOTIFY', () => daemon.notifies().length === 1);
    await daemon.get(path(1));
    await daemon.told(() => appendFileSync(project.path('templates/acme/mac.cfg.njk'), 'x = 1\n'));
    onTestFinished(daemon.stop);
    await expect.poll(() => revisionsOf(project, '1001')).toHaveLength(2);
    await expect
      .poll(() => revisionsOf(project, '1001'))
      .toEqual([
        {
          ...{ revision: expect.any(String), commit: first, built: expect.any(Number) },
          ...{ notified: expect.any(Number), fetched: expect.any(Number) },
        },
        {
          ...{ revision: expect.any(String), built: expect.any(Number), notified: expect.any(Number) },
          changes: [{ file: `${macOf(1)}.cfg`, added: 1, removed: 0 }],
        },
      ]);
  });
});
