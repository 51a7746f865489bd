import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/log.ts';
import { writeManifest } from '../../src/output/manifest.ts';
import { createReplica, type ReplicaOptions } from '../../src/replica.ts';
import { readJournal } from '../../src/state/journal.ts';
import { fileOf, publicKey, secretKey } from '../output/folder.ts';
import { startDaemon } from '../support/daemon.ts';
import { createProject, macOf, shipped, siteOf } from '../support/project.ts';
import { until } from '../support/until.ts';

const phone = '001565000001';
const cfg = `${phone}.cfg`;
/** Seconds since 1970: each copy is signed later than the one before. */
let now = 1_700_000_000;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-replica-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface CopyOptions {
  readonly signed?: boolean;
  readonly at?: number;
}

/** Lays a copy into a folder, as rsync does: the files, then the signature, then the manifest. */
async function lay(folder: string, texts: Readonly<Record<string, string>>, { signed = true, at }: CopyOptions = {}) {
  now += 60;
  const files = Object.entries(texts).map(([name, text]) => fileOf(name, text));
  const made = newFolder();
  const key = signed ? secretKey : undefined;
  await writeManifest({
    out: made,
    files,
    revisionOf: () => `abc${now % 1000}`,
    prefixes: ['site'],
    key,
    now: (at ?? now) * 1000,
  });
  for (const [name, text] of Object.entries(texts)) put(folder, name, text);
  for (const name of ['manifest.json.minisig', 'manifest.json'])
    if (existsSync(join(made, name))) {
      cpSync(join(made, name), join(folder, `.${name}`));
      renameSync(join(folder, `.${name}`), join(folder, name));
    }
  return now;
}

function put(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, `.${name}`), text);
  renameSync(join(folder, `.${name}`), join(folder, name));
}

function replicaOf(from: string, options: Partial<ReplicaOptions> = {}) {
  const log: string[] = [];
  const state = newFolder();
  const replica = createReplica({
    ...{ from, key: publicKey, shipped, state, host: '127.0.0.1', httpPort: 0, tftpPort: 0, lookEvery: 20 },
    log: createLog((line) => void log.push(line)),
    ...options,
  });
  return { replica, log, state };
}

async function start(from: string, options: Partial<ReplicaOptions> = {}) {
  const { replica, log, state } = replicaOf(from, options);
  onTestFinished(() => replica.stop());
  const { http, tftp } = await replica.start();
  const get = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`http://127.0.0.1:${http.port}/${path}`, init);
    return { status: answer.status, text: await answer.text() };
  };
  const said = (what: RegExp, from = 0) =>
    until(
      () => `${what} in\n${log.join('')}`,
      () => log.slice(from).find((line) => what.test(line)),
    );
  const saysAfter = async (act: () => unknown, what: RegExp) => {
    const from = log.length;
    await act();
    return said(what, from);
  };
  const facts = () => {
    const journal = readJournal({ folder: state });
    const fetches = journal?.fetches() ?? [];
    journal?.close();
    return fetches;
  };
  return { get, saysAfter, facts, log, tftp: tftp.port };
}

describe('a copy', () => {
  test('is served by what its manifest says, in any case and under any prefix of the site, and each answer is written down', async () => {
    const from = newFolder();
    const made = await lay(from, { [cfg]: 'one', 'common.cfg': 'all' });
    const { get, facts } = await start(from);
    const agent = { headers: { 'user-agent': 'Yealink SIP-T46S 66.86.0.15 00:15:65:00:00:01' } };
    expect(await get(`site/${cfg.toUpperCase()}`, agent)).toEqual({ status: 200, text: 'one' });
    expect(await get('provision/common.cfg')).toEqual({ status: 200, text: 'all' });
    expect((await get('-/ready')).status).toBe(200);
    expect((await get('-/metrics')).text).toMatch(/offhook_devices\{state="current"\} 1/);
    const row = await until('the row', () => facts().find(({ file }) => file === cfg));
    expect(row).toMatchObject({ device: phone, revision: `abc${made % 1000}`, model: 'T46S', status: 200 });
  });

  test('is never written to, and gives neither its manifest nor what nobody signed', async () => {
    const from = newFolder();
    await lay(from, { [cfg]: 'one' });
    put(from, 'evil.cfg', 'x');
    const before = readdirSync(from);
    const { get } = await start(from);
    for (const path of ['evil.cfg', 'manifest.json', 'manifest.json.minisig', 'x/../evil.cfg'])
      expect((await get(path)).status, path).toBe(404);
    expect((await get(cfg, { method: 'PUT', body: 'x' })).status).toBe(405);
    expect(readdirSync(from)).toEqual(before);
  });

  test('without a key is believed as it is, and gives what people put beside it, too', async () => {
    const from = newFolder();
    await lay(from, { [cfg]: 'one' }, { signed: false });
    put(from, 'ring.wav', 'ring');
    const { get } = await start(from, { key: undefined });
    expect((await get('ring.wav')).text).toBe('ring');
    expect((await get(cfg)).text).toBe('one');
  });

  test('that changes is taken over, and what is gone is gone', async () => {
    const from = newFolder();
    await lay(from, { [cfg]: 'one', 'old.cfg': 'old' });
    const { get, saysAfter } = await start(from);
    await saysAfter(() => lay(from, { [cfg]: 'two', 'new.cfg': 'new' }), /copy accepted files=2 /);
    expect((await get(cfg)).text).toBe('two');
    expect((await get('new.cfg')).text).toBe('new');
    expect((await get('old.cfg')).status).toBe(404);
  });

  test('that is swapped by a link is taken over whole', async () => {
    const [around, first, second] = [newFolder(), newFolder(), newFolder()];
    await lay(first, { [cfg]: 'one' });
    await lay(second, { [cfg]: 'two' });
    const from = join(around, 'current');
    symlinkSync(first, from);
    const { get, saysAfter } = await start(from);
    await saysAfter(() => {
      symlinkSync(second, `${from}.new`);
      renameSync(`${from}.new`, from);
    }, /copy accepted/);
    expect((await get(cfg)).text).toBe('two');
  });
});

describe('a copy that does not verify', () => {
  test('is not begun with: the sentence says why', async () => {
    const from = newFolder();
    const begin = async (): Promise<string> => {
      const { replica } = replicaOf(from);
      return replica.start().then(
        () => 'started',
        (error: Error) => error.message,
      );
    };
    expect(await begin()).toBe(`cannot serve the copy in ${from}: manifest.json cannot be read: it is not there`);
    await lay(from, { [cfg]: 'one' }, { signed: false });
    expect(await begin()).toContain('manifest.json is not signed');
    await lay(from, { [cfg]: 'one' });
    put(from, 'manifest.json', '{"version":1,"files":[]}');
    expect(await begin()).toContain('signature does not hold');
  });

  test.each([
    ['is signed by nobody', (from: string) => rmSync(join(from, 'manifest.json.minisig')), 'is not signed'],
    ['was changed', (from: string) => put(from, 'manifest.json', '{"version":1,"files":[]}'), 'does not hold'],
    ['is gone', (from: string) => rmSync(join(from, 'manifest.json')), 'it is not there'],
    ['is older', (from: string) => lay(from, { [cfg]: 'one' }, { at: 1_600_000_000 }), 'older than the one that is'],
  ])('because it %s is refused aloud and once, and the last good one stays', async (_, spoil, reason) => {
    const from = newFolder();
    await lay(from, { [cfg]: 'one' });
    const { get, saysAfter } = await start(from);
    expect(await saysAfter(() => spoil(from), /copy refused/)).toContain(reason);
    expect(await get(cfg)).toEqual({ status: 200, text: 'one' });
    expect((await get('-/metrics')).text).toMatch(/offhook_builds_total\{accepted="false"\} 1/);
    await saysAfter(() => lay(from, { [cfg]: 'two' }), /copy accepted/);
    expect((await get(cfg)).text).toBe('two');
  });

  test.each([0, 2])(
    'in one file gives that file to nobody, and all others as ever, with %i workers',
    async (workers) => {
      const from = newFolder();
      await lay(from, { [cfg]: 'one', 'common.cfg': 'all' });
      const { get, facts, log } = await start(from, { workers });
      expect(log.join('')).toContain('info a copy is served to whoever asks: nothing of `access` is in it');
      put(from, cfg, 'evil');
      expect(await get(cfg)).toEqual({ status: 503, text: '' });
      expect((await get('common.cfg')).text).toBe('all');
      const row = await until('the row', () => facts().find(({ status }) => status === 503));
      expect(row.reason).toBe('the bytes on disk are not those of the signed manifest');
    },
  );
});

describe('a daemon with --manifest', () => {
  test('signs anew after each change, and a replica of it follows', async () => {
    const project = createProject(siteOf([{ port: 5060 }, { port: 5060 }]));
    const daemon = await startDaemon(project, { notify: false, manifest: { key: secretKey } });
    const from = join(newFolder(), 'copy');
    // Files first, the manifest with its signature last: `rsync` does it in two runs.
    const copy = () => {
      execFileSync('cp', ['-r', '--remove-destination', `${project.out}/.`, from]);
    };
    copy();
    const { get, saysAfter } = await start(from);
    const name = `${macOf(1)}.cfg`;
    expect((await get(name)).text).toBe(project.outText(name));
    expect((await daemon.get('/manifest.json')).status).toBe(404);
    const before = project.outText('manifest.json');
    project.edit('devices.yml', 'Person 1', 'Ada');
    await until('a new manifest', () => {
      const path = project.path('out/manifest.json');
      return existsSync(path) && project.outText('manifest.json') !== before;
    });
    await saysAfter(copy, /copy accepted/);
    expect((await get(name)).text).toContain('Ada');
    expect((await get(name)).text).toBe(project.outText(name));
  });

  test('says when it cannot be written, serves on, and tries again', async () => {
    const project = createProject(siteOf([{ port: 5060 }]), { 'out/manifest.json': '{"name":"of somebody else"}' });
    const daemon = await startDaemon(project, { notify: false, manifest: {} });
    expect(await daemon.said(/the manifest cannot be written/)).toContain('is not offhook');
    expect((await daemon.get(`/${macOf(1)}.cfg`)).status).toBe(200);
    rmSync(project.path('out/manifest.json'));
    await until('a manifest', () => existsSync(project.path('out/manifest.json')));
  });
});
