import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Changing } from '../src/build.ts';
import type { Mac } from '../src/model/mac.ts';
import type { Pin } from '../src/state/pins.ts';
import { startBuilding } from './support/building.ts';
import { createProject, macOf, type Project, siteOf } from './support/project.ts';

const ada = macOf(1) as Mac;
const bob = macOf(2) as Mac;
const two = siteOf([{ port: 5060 }, { port: 5060 }]);
const file = (mac: string) => `${mac}.cfg`;
const nameIn = (project: Project, mac: string) => /name = (.*)/.exec(project.outText(file(mac)))?.[1];
const rename = (project: Project, from: string, to: string) =>
  project.edit('devices.yml', `name: ${from}`, `name: ${to}`);

test('a pinned device gets the files of its revision, keeps them through edits, and unpinned those of git', async () => {
  const project = createProject(two);
  const { build, pin, pins } = startBuilding(project);
  const first = await build();
  const r1 = first.revisionOf(first.deviceOf(ada)!);
  const old = project.outText(file(ada));
  rename(project, 'Person 1', 'Ada');
  expect((await build()).macs).toEqual([ada, bob]);
  pin(ada, r1);
  const pinned = await build();
  expect(pinned.macs).toEqual([ada]);
  expect(project.outText(file(ada))).toBe(old);
  expect(pinned.revisionOf(pinned.deviceOf(ada)!)).toBe(r1);
  expect((await build()).macs).toEqual([]);
  rename(project, 'Ada', 'Countess');
  expect((await build()).macs).toEqual([bob]);
  expect(nameIn(project, ada)).toBe('Person 1');
  pins.unpin([ada]);
  const freed = await build();
  expect([freed.macs, nameIn(project, ada)]).toEqual([[ada], 'Countess']);
  expect(freed.revisionOf(freed.deviceOf(ada)!)).not.toBe(r1);
});

test('a restart keeps what is pinned, also when it was pinned while nothing ran', async () => {
  const project = createProject(two);
  const first = startBuilding(project);
  const built = await first.build();
  const r1 = built.revisionOf(built.deviceOf(ada)!);
  rename(project, 'Person 1', 'Ada');
  await first.build();
  first.pin(ada, r1);
  const second = startBuilding(project);
  expect((await second.build()).macs).toEqual([ada]);
  expect(nameIn(project, ada)).toBe('Person 1');
  const third = startBuilding(project);
  const again = await third.build();
  expect([again.macs, again.revisionOf(again.deviceOf(ada)!)]).toEqual([[], r1]);
});

test('an earlier revision has the passwords of today, and none of them is in the state folder', async () => {
  const project = createProject(two);
  const { build, pin, revisions } = startBuilding(project);
  const first = await build();
  const r1 = first.revisionOf(first.deviceOf(ada)!);
  rename(project, 'Person 1', 'Ada');
  project.edit('devices.yml', 'secret-of-1001', 'brand-new-of-1001');
  await build();
  pin(ada, r1);
  await build();
  const text = project.outText(file(ada));
  expect(text).toMatch(/name = Person 1\n.*\nline\.1\.password = brand-new-of-1001\n/);
  project.edit('devices.yml', 'brand-new-of-1001', 'third-of-1001');
  expect((await build()).macs).toEqual([ada]);
  expect(project.outText(file(ada))).toBe(text.replace('brand-new-of-1001', 'third-of-1001'));
  const bytes = readdirSync(project.state).map((name) => readFileSync(join(project.state, name), 'latin1'));
  const cut = revisions.file(ada, revisions.revision(ada, r1)?.files[0]?.hash ?? '');
  expect(cut?.text.toString()).toContain('line.1.password = \n');
  for (const secret of ['secret-of-1001', 'brand-new-of-1001', 'third-of-1001'])
    for (const one of [...bytes, `${cut?.text}${JSON.stringify(cut?.gaps)}`]) expect(one).not.toContain(secret);
});

test('a password that changed while nothing ran is known by its place', async () => {
  const project = createProject(two);
  const first = startBuilding(project);
  const built = await first.build();
  const r1 = built.revisionOf(built.deviceOf(ada)!);
  rename(project, 'Person 1', 'Ada');
  project.edit('devices.yml', 'secret-of-1001', 'brand-new-of-1001');
  const second = startBuilding(project);
  await second.build();
  second.pin(ada, r1);
  await second.build();
  expect(project.outText(file(ada))).toMatch(/name = Person 1\n.*\nline\.1\.password = brand-new-of-1001\n/);
});

test('a revision whose password is nobody’s any more cannot be had, and says so; the device keeps what it has', async () => {
  const project = createProject(
    two.replace('extension: "1001",', 'lines: [{ extension: "1001" }, { extension: "1002" }],'),
  );
  const { build, pin } = startBuilding(project);
  const first = await build();
  const r1 = first.revisionOf(first.deviceOf(ada)!);
  project.edit('devices.yml', ', { extension: "1002" }]', ']');
  const second = await build();
  pin(ada, r1);
  const third = await build();
  expect(third.problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^02:00:00:00:00:01 is pinned, but .*password of 1002 is no longer there.*keeps the files that it has/,
    ),
  ]);
  expect(third.macs).toEqual([]);
  expect(third.revisionOf(third.deviceOf(ada)!)).toBe(second.revisionOf(second.deviceOf(ada)!));
});

test('when git says what a device is pinned to, the pin goes by itself', async () => {
  const project = createProject(two);
  const { build, pin, pins } = startBuilding(project);
  const first = await build();
  const r1 = first.revisionOf(first.deviceOf(ada)!);
  rename(project, 'Person 1', 'Ada');
  await build();
  pin(ada, r1);
  await build();
  rename(project, 'Ada', 'Person 1');
  const agreed = await build();
  expect(agreed.agreed).toMatchObject([{ device: ada, revision: r1 }]);
  expect([agreed.macs, pins.all().size]).toEqual([[bob], 0]);
});

test('who is held back is not touched until it is let go, through a restart and another edit', async () => {
  const project = createProject(two);
  const asked: (readonly Changing[])[] = [];
  let holds = (_: Changing) => true;
  const hold = (changing: readonly Changing[]): Pin[] => {
    asked.push(changing);
    return changing.filter(holds).map(({ device, from, to }) => ({
      ...{ device: device.mac, revision: from!, at: 1, cause: 'rollout', from: to },
    }));
  };
  const before = startBuilding(project);
  const first = await before.build();
  const [r1, r1OfBob] = [ada, bob].map((mac) => first.revisionOf(first.deviceOf(mac)!));
  const daemon = startBuilding(project, hold);
  await daemon.build();
  expect(asked).toEqual([]);
  holds = ({ device }) => device.mac === ada;
  const standing = () => {
    const { ino, mtimeMs } = statSync(join(project.out, file(ada)));
    return { ino, mtimeMs };
  };
  const there = standing();
  rename(project, 'Person 1', 'Ada');
  const held = await daemon.build();
  expect(asked.at(-1)).toMatchObject([
    { device: { mac: ada }, from: r1, to: expect.not.stringMatching(r1!) },
    { device: { mac: bob }, from: r1OfBob },
  ]);
  expect([held.macs, held.revisionOf(held.deviceOf(ada)!)]).toEqual([[bob], r1]);
  expect(standing()).toEqual(there);
  expect(daemon.pins.of(ada)).toMatchObject({ revision: r1, cause: 'rollout', from: asked.at(-1)?.[0]?.to });

  const restarted = startBuilding(project, hold);
  expect((await restarted.build()).macs).toEqual([]);
  expect(asked.at(-1)).toMatchObject([{ device: { mac: ada }, from: r1, pin: { cause: 'rollout' } }]);
  rename(project, 'Ada', 'Countess');
  expect((await restarted.build()).macs).toEqual([bob]);
  expect(standing()).toEqual(there);

  holds = () => false;
  restarted.pins.unpin([ada]);
  expect((await restarted.build()).macs).toEqual([ada]);
  expect(nameIn(project, ada)).toBe('Countess');
});

test('one that was held back is let go while it is asked for', async () => {
  const project = createProject(two);
  let letGo = false;
  const daemon = startBuilding(project, (changing) => {
    if (letGo) daemon.pins.unpin(changing.map(({ device }) => device.mac));
    return letGo
      ? []
      : changing.flatMap(({ device, from }): Pin[] =>
          from === undefined ? [] : [{ device: device.mac, revision: from, at: 1, cause: 'rollout' }],
        );
  });
  await daemon.build();
  rename(project, 'Person 1', 'Ada');
  expect((await daemon.build()).macs).toEqual([]);
  letGo = true;
  rename(project, 'Ada', 'Countess');
  expect((await daemon.build()).macs).toEqual([ada, bob]);
  expect(nameIn(project, ada)).toBe('Countess');
});

test('files that devices share change for all at once, whoever is held back', async () => {
  const project = createProject(two);
  let holds = true;
  const daemon = startBuilding(project, (changing) =>
    changing.flatMap(({ device, from }): Pin[] =>
      holds && from && device.mac === ada ? [{ device: ada, revision: from, at: 1, cause: 'rollout' }] : [],
    ),
  );
  const first = await daemon.build();
  const r1 = first.revisionOf(first.deviceOf(ada)!);
  project.edit('devices.yml', '192.0.2.1', '192.0.2.2');
  const second = await daemon.build();
  expect(project.outText('acme.cfg')).toContain('192.0.2.2');
  expect([second.macs, second.revisionOf(second.deviceOf(ada)!)]).toEqual([[bob], r1]);
  holds = false;
  daemon.pins.unpin([ada]);
  const third = await daemon.build();
  expect(third.macs).toEqual([ada]);
  expect(third.revisionOf(third.deviceOf(ada)!)).not.toBe(r1);
});

test('of a device the last ten revisions are kept, and the one that it is pinned to', async () => {
  const project = createProject(two);
  const { build, pin, revisions } = startBuilding(project);
  const first = await build();
  const r1 = first.revisionOf(first.deviceOf(ada)!);
  for (let edit = 1; edit <= 12; edit++) {
    project.edit('devices.yml', /timezone: \S+ }|sip: \{ server: \S+ }/, `sip: { server: pbx${edit}.example.com }`);
    rename(project, edit === 1 ? 'Person 1' : `Name ${edit - 1}`, `Name ${edit}`);
    await build();
  }
  expect(revisions.of(ada)).toHaveLength(10);
  expect(revisions.revision(ada, r1)).toBeUndefined();
  const eldest = revisions.of(ada).at(-1)!;
  pin(ada, eldest.revision);
  await build();
  expect(nameIn(project, ada)).toBe('Name 2');
  expect(revisions.revision(ada, eldest.revision)).toBeDefined();
});
