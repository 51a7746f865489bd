import { mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRequestPath, type RequestPath } from '../../../src/serving/request-path.ts';
import { overridesIn } from '../../../src/serving/uploads/overrides.ts';
import { openUploads, other, phone, pieces, rules } from './room.ts';

const cfg = `${phone}-phone.cfg`;
const log = `${phone}-app.log`;
const boot = `${phone}-boot.log`;
const pathOf = (target: string) => parseRequestPath(target) as RequestPath;

describe('an upload', () => {
  test('is kept apart for its device, for its owner alone, and said to be new or not', async () => {
    const { put, names, text, folder, incoming } = openUploads();
    expect(await put(`/${cfg}`, 'one')).toEqual({
      status: 201,
      reason: 'kept: override',
      file: cfg,
      device: phone,
      received: 3,
    });
    expect(await put(`/${cfg}`, 'other')).toMatchObject({ status: 200, received: 5 });
    expect(names()).toEqual([cfg]);
    expect(text(cfg)).toBe('other');
    expect(statSync(join(folder, phone)).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, phone, cfg)).mode & 0o777).toBe(0o600);
    expect(incoming()).toEqual([]);
  });

  test.each([`/provision/${cfg}`, `/overrides/${cfg.toUpperCase()}`, '/00:04:f2:ab:cd:ef-phone.cfg', `${cfg}?x=1`])(
    'is known in any case, under any folder and with any spelling of the MAC: %s',
    async (path) => {
      const { put, text } = openUploads();
      expect(await put(path, 'x')).toMatchObject({ status: 201, device: phone });
      expect(text(cfg)).toBe('x');
    },
  );

  test('is not even read while nothing is taken', async () => {
    const { uploads } = openUploads({}, { settings: () => undefined });
    const body = (async function* () {
      yield Buffer.alloc(1);
      throw new Error('read');
    })();
    expect(uploads.isOn()).toBe(false);
    expect(await uploads.receive({ path: `/${cfg}`, body })).toMatchObject({ status: 403, received: 0 });
    expect(await uploads.find(pathOf(cfg))).toBeUndefined();
  });

  test.each([
    ['of an unknown device', '/0004f2999999-phone.cfg', 403],
    ['without a MAC', '/phone.cfg', 403],
    ['of a name that its vendor’s phones do not send', `/${phone}.cfg`, 403],
    ['of a name that goes on', `/${cfg}.bak`, 403],
    ['that climbs', `/../${cfg}`, 403],
    ['that climbs in disguise', `/%2e%2e/${cfg}`, 403],
    ['of a dot file', `/.${cfg}`, 403],
    ['with a backslash', `/x\\${cfg}`, 403],
    ['with NUL', `/${cfg}%00`, 400],
    ['into a folder of another device', `/${phone}/${other}-phone.cfg/`, 404],
  ])('%s is refused, and nothing is read or made', async (_, path, status) => {
    const { put, names } = openUploads();
    expect(await put(path, 'x')).toMatchObject({ status, received: 0 });
    expect([...names(), ...names(other)]).toEqual([]);
  });

  test('never leaves the folder of its device, whatever the path', async () => {
    const { put, state } = openUploads();
    const { readdirSync } = await import('node:fs');
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', phone, other, cfg, '%2f', '%2e%2e', '\\', '*', '\0'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        await put(`/${parts.join('/')}`, 'x');
        const made = readdirSync(state, { recursive: true, encoding: 'utf8' }).filter(
          (name) => !name.includes('.incoming'),
        );
        for (const name of made)
          expect(name).toMatch(
            new RegExp(
              `^uploads(/(${phone}|${other})(/\\2-(phone\\.cfg|directory\\.xml|app\\.log.*|boot\\.log.*|.*core.*))?)?$`,
            ),
          );
      }),
    );
  });

  test('that is too large is refused: before it comes if it says so, else when it is', async () => {
    const { put, names, incoming } = openUploads({ file: 10 });
    let begun = false;
    const begin = () => {
      begun = true;
    };
    expect(await put(`/${cfg}`, 'x', { length: 11, begin })).toMatchObject({ status: 413, received: 0 });
    expect(begun).toBe(false);
    expect(await put(`/${cfg}`, 'x'.repeat(11), { begin })).toMatchObject({ status: 413, received: 11 });
    expect(begun).toBe(true);
    expect([...names(), ...incoming()]).toEqual([]);
  });

  test('that breaks off leaves what was there', async () => {
    const { put, text, names, incoming } = openUploads();
    await put(`/${cfg}`, 'one');
    const body = (async function* () {
      yield Buffer.from('half');
      throw new Error('aborted');
    })();
    expect(await put(`/${cfg}`, '', { body })).toMatchObject({ status: 500, received: 4 });
    expect(text(cfg)).toBe('one');
    expect([names(), incoming()]).toEqual([[cfg], []]);
  });

  test('that is a form is refused with the remedy', async () => {
    const { put } = openUploads();
    expect(await put(`/${cfg}`, 'x', { type: 'multipart/form-data; boundary=x' })).toMatchObject({
      status: 415,
      reason: expect.stringContaining('let the phone use PUT'),
    });
  });

  test('follows no link that somebody put there', async () => {
    const { put, folder, state } = openUploads();
    writeFileSync(join(state, 'passwd'), 'root');
    mkdirSync(join(folder, phone), { recursive: true });
    symlinkSync(join(state, 'passwd'), join(folder, phone, cfg));
    expect(await put(`/${cfg}`, 'x')).toMatchObject({ status: 200 });
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(join(state, 'passwd'), 'utf8')).toBe('root');
  });

  test('waits for no other device, and is one of a few of its own', async () => {
    const { put } = openUploads();
    const { promise: later, resolve: go } = Promise.withResolvers<void>();
    const body = () =>
      (async function* () {
        await later;
        yield Buffer.from('x');
      })();
    const slow = [1, 2, 3, 4].map(() => put(`/${log}`, '', { body: body() }));
    await new Promise((done) => setTimeout(done, 10));
    expect(await put(`/${log}`, 'x')).toMatchObject({ status: 503, reason: 'too many uploads at once' });
    expect(await put(`/${other}-app.log`, 'x')).toMatchObject({ status: 201 });
    go();
    expect((await Promise.all(slow)).map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(await put(`/${log}`, 'x')).toMatchObject({ status: 200 });
  });
});

describe('a log', () => {
  test('that comes piece by piece grows, and begins anew when it is full', async () => {
    const { put, names, text } = openUploads();
    await put(`/${log}`, 'one\n');
    expect(await put(`/${log}`, 'two\n')).toMatchObject({ status: 200, reason: 'kept: log, one more piece' });
    expect(text(log)).toBe('one\ntwo\n');
    await put(`/${log}`, Buffer.alloc(1_048_570, 'x'));
    expect(text(`${log}.1`)).toBe('one\ntwo\n');
    expect(names()).toEqual([log, `${log}.1`]);
  });

  test('that comes whole keeps its last versions', async () => {
    const { put, names, text } = openUploads({ versions: 2 });
    for (const body of ['1', '2', '3', '4']) await put(`/${boot}`, body);
    expect(names()).toEqual([boot, `${boot}.1`, `${boot}.2`]);
    expect(names().map((name) => text(name))).toEqual(['4', '3', '2']);
  });

  test('loses no piece when several come at once', async () => {
    const { put, text } = openUploads();
    await Promise.all(['a', 'b', 'c', 'd'].map((body) => put(`/${log}`, body)));
    expect([...text(log)].sort().join('')).toBe('abcd');
  });
});

describe('the quota of a device', () => {
  test('lets the oldest versions go first, and never what a phone asks for again', async () => {
    const { put, names, folder } = openUploads({ device: 100 });
    await put(`/${cfg}`, 'x'.repeat(40));
    for (const body of ['1', '2', '3']) await put(`/${boot}`, body.repeat(20));
    utimesSync(join(folder, phone, `${boot}.2`), 1, 1);
    expect(names()).toEqual([boot, `${boot}.1`, `${boot}.2`, cfg].sort());
    await put(`/${phone}-core.1`, 'x'.repeat(20));
    expect(names()).toEqual([boot, `${boot}.1`, `${phone}-core.1`, cfg].sort());
    expect(await put(`/${phone}-directory.xml`, 'x'.repeat(61))).toMatchObject({
      status: 507,
      reason: 'the device has used up its 100 bytes or 32 files',
    });
    expect(names()).toContain(cfg);
  });

  test('counts files, too', async () => {
    const { put, names } = openUploads({ device_files: 3 });
    for (const name of ['core-a', 'core-b', 'core-c']) await put(`/${phone}-${name}`, 'x');
    expect(await put(`/${phone}-core-d`, 'x')).toMatchObject({ status: 507 });
    expect(await put(`/${phone}-core-c`, 'y')).toMatchObject({ status: 200 });
    expect(names()).toHaveLength(3);
  });

  test('is each device’s own', async () => {
    const { put } = openUploads({ device: 10 });
    expect(await put(`/${cfg}`, 'x'.repeat(10))).toMatchObject({ status: 201 });
    expect(await put(`/${other}-phone.cfg`, 'x'.repeat(10))).toMatchObject({ status: 201 });
    expect(await put(`/${cfg}`, 'y'.repeat(10))).toMatchObject({ status: 200 });
  });
});

describe('what a phone gets back', () => {
  test('is its own overrides and lists, under the name that it sent them by', async () => {
    const { put, uploads } = openUploads();
    await put(`/${cfg}`, 'mine');
    expect(await uploads.find(pathOf(`/x/${cfg.toUpperCase()}`))).toMatchObject({
      file: cfg,
      size: 4,
      device: phone,
      bytes: Buffer.from('mine'),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await uploads.find(pathOf(`/${other}-phone.cfg`))).toBeUndefined();
  });

  test('is no log, no dump, no earlier version, and nothing of a device that is gone', async () => {
    const known = new Set<string>([phone]);
    const { put, uploads } = openUploads({}, { rulesOf: (device) => (known.has(device) ? rules : undefined) });
    const sent = [log, boot, `${phone}-core`];
    for (const name of [...sent, ...sent, cfg]) await put(`/${name}`, 'x');
    for (const name of [...sent, `${boot}.1`]) expect(await uploads.find(pathOf(name)), name).toBeUndefined();
    known.clear();
    expect(await uploads.find(pathOf(cfg))).toBeUndefined();
  });

  test('is nothing where that is switched off, and no link', async () => {
    const { put, uploads } = openUploads({ give_back: false });
    await put(`/${cfg}`, 'x');
    expect(await uploads.find(pathOf(cfg))).toBeUndefined();
    const linked = openUploads();
    writeFileSync(join(linked.state, 'passwd'), 'root');
    mkdirSync(join(linked.folder, phone), { recursive: true });
    symlinkSync(join(linked.state, 'passwd'), join(linked.folder, phone, cfg));
    expect(await linked.uploads.find(pathOf(cfg))).toBeUndefined();
  });
});

test('overrides are listed by device, also of devices that are gone, and nothing else is', async () => {
  const { put, folder } = openUploads();
  for (const name of [`${phone}-phone.cfg`, `${other}-phone.cfg`, `${phone}-directory.xml`, log])
    await put(`/${name}`, 'abc');
  mkdirSync(join(folder, 'lost+found'));
  const found = [];
  for await (const { device, name, size } of overridesIn(folder, () => rules)) found.push([device, name, size]);
  expect(found).toEqual([
    [other, `${other}-phone.cfg`, 3],
    [phone, cfg, 3],
  ]);
  for await (const _ of overridesIn(join(folder, 'no-such'), () => rules)) throw new Error('found something');
});

test('what a killed process left half received goes, and what is under way stays', async () => {
  const { put, folder, incoming } = openUploads();
  mkdirSync(join(folder, '.incoming'), { recursive: true });
  for (const name of ['old', 'young']) writeFileSync(join(folder, '.incoming', name), 'x');
  utimesSync(join(folder, '.incoming', 'old'), 1, 1);
  await put(`/${cfg}`, '', { body: pieces('x') });
  expect(incoming()).toEqual(['young']);
});
