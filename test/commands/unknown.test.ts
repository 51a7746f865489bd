import { expect, test } from 'vitest';
import { check } from '../../src/commands/check.ts';
import { type UnknownArguments, unknown } from '../../src/commands/unknown.ts';
import type { Unknown } from '../../src/state/unknown.ts';
import { recordedConsole } from '../support/console.ts';
import { type RunningDaemon, startDaemon } from '../support/daemon.ts';
import { createProject, macOf, type Project, shipped, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

async function run({ dir, out, state }: Project, options: Partial<UnknownArguments> = {}) {
  const console = recordedConsole();
  const code = await unknown({ dir, out, state, shipped, format: 'text', ...options }, console);
  return { code, out: console.stdout(), err: console.stderr() };
}

async function listed(project: Project): Promise<{ unknown: (Unknown & { entry: string })[]; others: Unknown[] }> {
  return JSON.parse((await run(project, { format: 'json' })).out);
}

/** Until the journal has so many. */
const asked = (daemon: RunningDaemon, count: number) =>
  until('fetches in the journal', () => daemon.fetches().length >= count);

async function served(): Promise<{ project: Project; daemon: RunningDaemon }> {
  const project = createProject(siteOf([{ port: 5060 }]));
  return { project, daemon: await startDaemon(project, { notify: false }) };
}

const as = (agent: string, from = '127.0.0.1') => ({ headers: { 'User-Agent': agent }, from });

test('lists who asked and is not in devices.yml, whatever the spelling, with vendor and model', async () => {
  const { project, daemon } = await served();
  const phone = as('Yealink SIP-T46S 66.86.0.15 00:15:65:00:00:99', '127.0.0.2');
  await daemon.get('/y000000000066.cfg', phone);
  await daemon.get('/00-15-65-00-00-99.cfg', phone);
  await daemon.get('/provision/001565000099.CFG', phone);
  await daemon.get(`/${macOf(1)}.cfg`);
  await asked(daemon, 4);
  const { unknown: found, others } = await listed(project);
  expect(others).toEqual([]);
  expect(found).toMatchObject([
    { mac: '001565000099', vendor: 'yealink', model: 't46s', says: 'T46S', firmware: '66.86.0.15', count: 3 },
  ]);
  expect(found[0]?.address).toBe('127.0.0.2');
  const { code, out } = await run(project);
  expect(code).toBe(0);
  expect(out).toMatch(/^00:15:65:00:00:99 {2}yealink\/t46s .* 3 times since \d{4}-/);
});

test('knows a phone over TFTP by what it asks for, and by what was asked for from its address', async () => {
  const { project, daemon } = await served();
  const ask = (path: string, from: string) => daemon.rrq(path, from).catch(() => {});
  await ask('000e08aabbcc.xml', '127.0.0.3');
  await ask('spa504G.cfg', '127.0.0.3');
  await ask('cfg000b82aabbcc.xml', '127.0.0.4');
  await ask('001122334455.boot', '127.0.0.5');
  await ask('aabbccddeeff.cfg', '127.0.0.6');
  await asked(daemon, 5);
  const { unknown: found } = await listed(project);
  const kinds = Object.fromEntries(found.map(({ mac, vendor, model }) => [mac, [vendor, model]]));
  expect(kinds).toEqual({
    '000e08aabbcc': ['cisco', 'spa504g'],
    '000b82aabbcc': ['grandstream', undefined],
    '001122334455': ['yealink', undefined],
    aabbccddeeff: [undefined, undefined],
  });
});

test('prints entries that pass check once they are filled in, and lists them no more', async () => {
  const { project, daemon } = await served();
  await daemon.get('/001565000099.cfg', as('Yealink SIP-T46S 66.86.0.15 00:15:65:00:00:99'));
  await daemon.get('/cfg000b82000099.xml', as('Grandstream Model HW GXP2135 SW 1.0.7.97 DevId 000b82000099'));
  await asked(daemon, 2);
  const { out } = await run(project);
  expect(out).toContain(
    'vendor: "grandstream", model: "MODEL", extension: "EXTENSION" } # calls itself GXP2135; grandstream has',
  );
  const entries = out.split('\n').filter((line) => line.startsWith('  - {'));
  expect(entries).toHaveLength(2);
  const filled = entries.map((entry, index) => entry.replace('EXTENSION', `200${index}`).replace('MODEL', 'gxp2170'));
  project.edit(
    'devices.yml',
    /^extensions:$/m,
    'extensions:\n  "2000": { name: A, password: aaaaaaaaaaaa }\n  "2001": { name: B, password: bbbbbbbbbbbb }',
  );
  await daemon.after(
    () => project.write('devices.yml', `${project.read('devices.yml')}${filled.join('\n')}\n`),
    /build accepted.* devices=3/,
  );
  const console = recordedConsole();
  const { dir } = project;
  expect(await check({ dir, shipped, format: 'text', withoutSecrets: false }, console)).toBe(0);
  expect(console.stdout()).not.toMatch(/error/);
  expect((await listed(project)).unknown).toEqual([]);
  expect((await run(project)).out).toBe('no phone asked that devices.yml does not have\n');
});

test('a browser or a scanner is no phone, and is told apart', async () => {
  const { project, daemon } = await served();
  await daemon.get('/001565000077.cfg', as('Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0'));
  await daemon.get('/001565000078.cfg', as('curl/8.5.0'));
  // Of a vendor that nobody described, but it says its own MAC.
  await daemon.get('/0004132e08b4.htm', as('Mozilla/4.0 (compatible; someD785-SIP 10.1.54.13 0004132E08B4)'));
  await asked(daemon, 3);
  const { unknown: found, others } = await listed(project);
  expect(found.map(({ mac }) => mac)).toEqual(['0004132e08b4']);
  expect(others.map(({ mac }) => mac).toSorted()).toEqual(['001565000077', '001565000078']);
  expect((await run(project)).out).toMatch(/# asked for as well.*\n# 00:15:65:00:00:78 .*curl/);
});

test('what came from the network can neither break the entry nor steer a terminal', async () => {
  const { project, daemon } = await served();
  await daemon.get('/001565000099.cfg', as('Yealink SIP-X1Y 1.2.3.4 00:15:65:00:00:99'));
  await daemon.get('/%0a%1b%5b2J001565000098.cfg', as('"}\u009b \u00ff: ["'));
  await daemon.rrq('\x1b[2J001565000097.cfg').catch(() => {});
  await asked(daemon, 3);
  const { out } = await run(project);
  expect(out).not.toMatch(/[^\P{Cc}\n]/u);
  expect(out.split('\n').filter((line) => line.startsWith('  - {')).length).toBeGreaterThan(0);
});

test('says when there is no journal, and takes a time', async () => {
  const project = createProject(siteOf([{ port: 5060 }]));
  await expect(run(project)).rejects.toThrow(/there is no journal/);
  const daemon = await startDaemon(project, { notify: false });
  await daemon.get('/001565000099.cfg');
  await asked(daemon, 1);
  expect((await run(project, { since: '1h' })).out).toContain('00:15:65:00:00:99');
  expect((await run(project, { since: '2100-01-01' })).out).toContain('no phone asked');
});
