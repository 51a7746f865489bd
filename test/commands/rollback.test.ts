import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.ts';
import { offhook } from '../support/offhook.ts';
import { startListening } from '../support/phones.ts';
import { createProject, macOf, type Project, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const file = `${macOf(1)}.cfg`;
const mac = '02:00:00:00:00:01';
const run = ({ dir }: Project, ...args: string[]) => offhook([...args, '--project', dir]);
const rename = (project: Project, from: string, to: string) =>
  project.edit('devices.yml', `name: ${from}`, `name: ${to}`);
const nameIn = (project: Project) => /name = (.*)/.exec(project.outText(file))?.[1];

/** Two phones, built as Person 1 and then as Ada, without a daemon. */
async function twoRevisions(): Promise<Project> {
  const project = createProject(
    siteOf([{ port: 1 }, { port: 1 }]).replaceAll('vendor: acme', 'vendor: acme, group: desk'),
  );
  project.edit('devices.yml', 'extensions:', 'groups: { desk: {} }\nextensions:');
  await run(project, 'build');
  rename(project, 'Person 1', 'Ada');
  const second = await run(project, 'build');
  expect([second.code, second.err]).toEqual([0, '']);
  return project;
}

describe('offhook show', () => {
  test('lists the files of a device and prints one as it is or was, every secret as dots', async () => {
    const project = await twoRevisions();
    const listed = await run(project, 'show', '1001');
    expect(listed.out).toMatch(
      /^02:00:00:00:00:01 [0-9a-f]{12}, what it has\n {2}020000000001\.cfg\n {2}acme-a1\.cfg {2}\(shared with other devices\)\n/,
    );
    const now = await run(project, 'show', '1001', file);
    const before = await run(project, 'show', mac, file.toUpperCase(), '--revision', 'previous');
    expect(now.out).toBe(project.outText(file).replace('secret-of-1001', '••••••••'));
    expect(before.out).toBe(now.out.replaceAll('Ada', 'Person 1'));
    const json = JSON.parse((await run(project, 'show', '1001', '--revision', 'previous', '--format', 'json')).out);
    expect(json).toMatchObject({ mac: macOf(1), files: [{ file }] });
    expect(json.revision).not.toBe(json.current);
    const short = await run(project, 'show', '1001', file, '--revision', json.revision.slice(0, 5));
    expect(short.out).toBe(before.out);
  });

  test('says what there is when there is no such device, revision or file', async () => {
    const project = await twoRevisions();
    const said = async (...args: string[]) => (await run(project, 'show', ...args)).err;
    expect(await said('1003')).toContain(
      '"1003" is no device that was ever built: wanted a MAC or an extension (did you mean "1001"?)',
    );
    expect(await said('1001', '--revision', 'zzz')).toMatch(
      /has no revision "zzz": wanted one of [0-9a-f]{12}, [0-9a-f]{12}, or previous/,
    );
    expect(await said('1001', 'x020000000001.cfg')).toContain(`"x${file}" is no file of it (did you mean "${file}"?)`);
  });
});

describe('offhook rollback', () => {
  test('shows what it changes, masked, and pins nobody with --dry-run; then the next build obeys until it is released', async () => {
    const project = await twoRevisions();
    const planned = await run(project, 'rollback', '1001', '--to', 'previous', '--dry-run');
    expect(planned.code).toBe(2);
    expect(planned.out).toMatch(
      /^02:00:00:00:00:01 {2}goes back from [0-9a-f]{12} to [0-9a-f]{12}\n--- .*\n-line\.1\.name = Ada\n\+line\.1\.name = Person 1\n/s,
    );
    expect(planned.out).not.toContain('secret-of');
    await run(project, 'build');
    expect(nameIn(project)).toBe('Ada');

    const done = await run(project, 'rollback', '1001', '--to', 'previous', '--reason', 'rings twice');
    expect([done.code, done.out.split('\n').at(-2)]).toEqual([
      0,
      '1 device: a daemon that runs builds that now; else the next build does',
    ]);
    const built = await run(project, 'build');
    expect(built.out).toContain('1 written');
    expect(built.err).toMatch(/devices are pinned to an earlier revision.*devices=1 macs=02:00:00:00:00:01/);
    expect(nameIn(project)).toBe('Person 1');
    const plan = await run(project, 'plan');
    expect([plan.code, plan.err]).toEqual([0, expect.stringContaining('1 of the devices is pinned')]);
    expect((await run(project, 'rollback', '1001', '--to', (await pinOf(project)).slice(0, 6))).out).toBe(
      'they have that already\n',
    );

    const freed = await run(project, 'rollback', '1001', '--release');
    expect(freed.out).toMatch(/-line\.1\.name = Person 1\n\+line\.1\.name = Ada\n/);
    await run(project, 'build');
    expect(nameIn(project)).toBe('Ada');
    expect((await run(project, 'rollback', '1001', '--release')).out).toBe('nobody of them is pinned\n');
  });

  test('a group goes back, without the passwords at hand; when one of it cannot, nobody does', async () => {
    const project = await twoRevisions();
    project.edit('devices.yml', 'password: secret-of-1001', 'password: { env: NO_SUCH_PASSWORD }');
    const done = await run(project, 'rollback', 'desk', '--to', 'previous', '--dry-run');
    expect(done.out.match(/goes back/g)).toHaveLength(2);
    const revision = /goes back from \S+ to (\S+)/.exec(done.out)?.[1] ?? '';
    const wrong = await run(project, 'rollback', 'desk', '--to', revision);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('02:00:00:00:00:02 has no revision')]);
    expect((await run(project, 'show', '1001')).out).not.toContain('pinned');
    expect((await run(project, 'rollback', 'desk')).err).toContain('wanted --to REVISION, or --release');
  });

  test('with faults in the project nobody goes back, since nothing is built', async () => {
    const project = await twoRevisions();
    project.edit('devices.yml', 'vendor: acme', 'vendor: acne');
    const done = await run(project, 'rollback', '1001', '--to', 'previous');
    expect([done.code, done.err]).toEqual([1, expect.stringContaining('there is none with faults')]);
  });

  test('a daemon that runs obeys at once and tells the phone; when git agrees the pin goes, and nobody is told', async () => {
    const phones = await Promise.all([startListening(), startListening()]);
    const project = createProject(siteOf(phones));
    const daemon = await startDaemon(project);
    await until('the first NOTIFYs', () => daemon.notifies().length === 2);
    for (const number of [1, 2]) await daemon.get(`/${macOf(number)}.cfg`);
    await daemon.told(() => rename(project, 'Person 1', 'Ada'));
    const told = await daemon.told(() => run(project, 'rollback', '1001', '--to', 'previous'));
    expect(told).toMatchObject([{ device: macOf(1), outcome: 'answered' }]);
    expect(nameIn(project)).toBe('Person 1');
    await daemon.said(/devices are pinned to an earlier revision.*devices=1/);
    // The other one shows her name, too.
    const agreed = await daemon.told(() => rename(project, 'Ada', 'Person 1'));
    expect(agreed).toMatchObject([{ device: macOf(2) }]);
    await daemon.said(/pinned no more devices=1/);
    expect(nameIn(project)).toBe('Person 1');
  });

  test('no secret of any revision is in the state folder', async () => {
    const project = await twoRevisions();
    await run(project, 'rollback', '1001', '--to', 'previous');
    await run(project, 'build');
    for (const name of readdirSync(project.state))
      expect(readFileSync(join(project.state, name), 'latin1')).not.toContain('secret-of');
  });
});

async function pinOf(project: Project): Promise<string> {
  return JSON.parse((await run(project, 'show', '1001', '--format', 'json')).out).pin.revision;
}
