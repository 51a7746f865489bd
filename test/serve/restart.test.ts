import { createSocket } from 'node:dgram';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLoader } from '../../src/load.ts';
import { parsePacket, writeAck, writeRequest } from '../../src/tftp/packet.ts';
import { startDaemon } from '../support/daemon.ts';
import { offhook, portsOf, type Running, startOffhook } from '../support/offhook.ts';
import { counts, startPhones } from '../support/phones.ts';
import { createProject, macOf, type Project, shipped, siteOf } from '../support/project.ts';
import { createRandom } from '../support/random.ts';
import { until } from '../support/until.ts';

const quiet = 'notify: { mode: off }';

const serve = (project: Project) =>
  startOffhook(['serve', '--project', project.dir, '--http-port', '0', '--tftp-port', '0', '--host', '127.0.0.1']);

const timesIn = (out: string) =>
  Object.fromEntries(readdirSync(out).map((name) => [name, statSync(join(out, name)).mtimeMs]));

describe('a second start', () => {
  test('with nothing changed writes nothing and notifies nobody', async () => {
    const phones = await startPhones(3);
    const project = createProject(siteOf(phones));
    const first = await startDaemon(project);
    await until('three facts', () => first.notifies().length === 3);
    await first.stop();
    const times = timesIn(project.out);
    const second = await startDaemon(project);
    expect(await second.said(/build accepted/)).toMatch(/changed=0 removed=0 touched=0/);
    await second.stop();
    expect(timesIn(project.out)).toEqual(times);
    expect(counts(phones)).toEqual([1, 1, 1]);
  });

  test('tells whom the first one had no time to tell, and nobody twice', async () => {
    const phones = await startPhones(3);
    const project = createProject(siteOf(phones, 'notify: { per_second: 0.01 }'));
    const first = await startDaemon(project);
    await until('one fact', () => first.notifies().length === 1);
    await first.stop();
    expect(counts(phones)).toEqual([1, 0, 0]);
    project.edit('devices.yml', '0.01', '1000');
    const second = await startDaemon(project);
    await second.said(/2/);
    await until('all facts', () => second.notifies().length === 3);
    await second.stop();
    expect(counts(phones)).toEqual([1, 1, 1]);
    const third = await startDaemon(project);
    await third.stop();
    expect(third.notifies()).toHaveLength(3);
  });

  test('after a kill between the new bytes and the NOTIFYs tells them, but not who has fetched since', async () => {
    const phones = await startPhones(3);
    const project = createProject(siteOf(phones, 'notify: { per_second: 0.01 }'));
    const first = serve(project);
    const { http } = await portsOf(first);
    await until('the first NOTIFY', () => phones[0]!.notifies().length === 1);
    await (await fetch(`http://127.0.0.1:${http}/${macOf(3)}.cfg`)).text();
    await pause(200);
    first.kill('SIGKILL');
    await first.ended;
    project.edit('devices.yml', '0.01', '1000');
    const second = await startDaemon(project);
    await until('the second NOTIFY', () => phones[1]!.notifies().length === 1);
    await second.stop();
    expect(counts(phones)).toEqual([1, 1, 0]);
  });
});

/** Every file that a site renders, by name. */
async function rendered(project: Project): Promise<Map<string, string>> {
  const { rendering, site } = await createLoader({ dir: project.dir, shipped }).load();
  const files = [rendering.shared(), ...site.devices.map(rendering.device)].flatMap((part) => part.files);
  return new Map(files.map(({ path, bytes }) => [path, bytes.toString()]));
}

test('killed in the middle of a build of 2,000 devices, at random moments: every file is whole, and the next build finishes the job', async () => {
  const text = siteOf(
    Array.from({ length: 2000 }, () => ({ port: 5060 })),
    quiet,
  );
  const sites = [text, text.replaceAll('name: Person', 'name: Somebody')];
  const project = createProject(text);
  const wanted: Map<string, string>[] = [];
  for (const site of sites) {
    project.write('devices.yml', site);
    wanted.push(await rendered(project));
  }
  const build = ['build', '--project', project.dir];
  project.write('devices.yml', sites[0]!);
  expect((await offhook(build)).code).toBe(0);
  const random = createRandom(2026);
  const seen = { old: 0, new: 0 };
  for (let round = 1; round <= 6; round++) {
    project.write('devices.yml', sites[round % 2]!);
    const running = startOffhook(build);
    const staging = join(project.out, '.offhook-staging');
    const begun = () => statSync(staging, { throwIfNoEntry: false }) !== undefined || isEnded(running);
    while (!begun()) await pause(1);
    await pause(random() * 400);
    running.kill('SIGKILL');
    await running.ended;
    for (const [name, bytes] of wanted[0]!) {
      const is = readFileSync(join(project.out, name), 'utf8');
      if (is === bytes) seen.old++;
      else if (is === wanted[1]!.get(name)) seen.new++;
      else expect([name, is]).toEqual([name, 'the old bytes or the new ones']);
    }
  }
  expect(seen.old).toBeGreaterThan(0);
  const last = await offhook(build);
  expect(last).toMatchObject({ code: 0, err: '' });
  expect(readdirSync(project.out).sort()).toEqual([...wanted[0]!.keys()].sort());
  for (const [name, bytes] of wanted[0]!) expect(project.outText(name)).toBe(bytes);
  expect(await offhook(build)).toMatchObject({ code: 0, out: expect.stringContaining(' 0 written, 0 removed') });
});

const ended = new WeakSet<Running>();
function isEnded(running: Running): boolean {
  void running.ended.then(() => ended.add(running));
  return ended.has(running);
}

describe('SIGTERM', () => {
  test('in the middle of the first build exits with 0, and leaves whole files', async () => {
    const project = createProject(
      siteOf(
        Array.from({ length: 1000 }, () => ({ port: 5060 })),
        quiet,
      ),
    );
    const wanted = await rendered(project);
    const daemon = serve(project);
    await until('the build', () => existsSync(join(project.out, '.offhook-staging')));
    daemon.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect(daemon.err()).not.toMatch(/Z error /);
    for (const name of readdirSync(project.out)) expect(project.outText(name)).toBe(wanted.get(name));
  });

  test('lets a slow TFTP transfer and a slow download finish, takes no new ones, and exits with 0', async () => {
    const big = Buffer.alloc(32_000_000, 'ring tone ').toString();
    const project = createProject(siteOf([{ port: 5060 }], quiet), { 'out/ring.wav': big });
    const daemon = serve(project);
    const { http, tftp } = await portsOf(daemon);
    let stopped = false;
    // A block each 5 ms: 400 of 8,192 bytes after the signal would take two seconds.
    const slow = fetchSlowly(tftp, { stop: () => stopped });
    const download = connect(http, '127.0.0.1');
    onTestFinished(() => void download.destroy());
    download.write('GET /ring.wav HTTP/1.1\r\nHost: x\r\n\r\n');
    let received = 0;
    download.on('data', (chunk) => {
      received += chunk.length;
      if (!stopped) download.pause();
    });
    const closed = new Promise((done) => download.once('close', done));
    await until('both under way', () => received > 0 && slow.blocks() > 10);
    daemon.kill('SIGTERM');
    await daemon.said(/stopping; transfers under way are finished/);
    stopped = true;
    download.resume();
    expect((await slow.done).toString()).toBe(big.slice(0, 100_000));
    await closed;
    expect(received).toBeGreaterThan(big.length);
    expect(await daemon.ended).toBe(0);
    expect(daemon.err()).toMatch(/info stopped\n$/);
    expect(daemon.err()).not.toMatch(/Z error /);
    const fetches = await offhook(['fetches', '--project', project.dir, '--format', 'json']);
    const rows = fetches.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(2);
    expect(rows.find(({ protocol }) => protocol === 'http')).toMatchObject({ complete: true, bytes: big.length });
  });
});

/** Gets the first 100,000 bytes, with a rest between blocks until it may hurry; then it says that it has enough. */
function fetchSlowly(port: number, { stop }: { stop: () => boolean }) {
  const socket = createSocket('udp4');
  const blocks: Buffer[] = [];
  const { promise: done, resolve, reject } = Promise.withResolvers<Buffer>();
  socket.on('message', async (datagram, { port: reply }) => {
    const packet = parsePacket(datagram);
    if (packet.kind === 'error') return reject(new Error(packet.message));
    if (packet.kind === 'oack') return socket.send(writeAck(0), reply, '127.0.0.1');
    if (packet.kind !== 'data' || packet.block !== blocks.length + 1) return;
    blocks.push(Buffer.from(packet.bytes));
    if (!stop()) await pause(5);
    if (blocks.length * 1000 < 100_000) return socket.send(writeAck(packet.block), reply, '127.0.0.1');
    socket.send(Buffer.from([0, 5, 0, 0, 0x62, 0x79, 0x65, 0]), reply, '127.0.0.1', () => socket.close());
    resolve(Buffer.concat(blocks));
  });
  socket.bind(0, '127.0.0.1', () =>
    socket.send(
      writeRequest({ method: 'RRQ', path: 'ring.wav', mode: 'octet', options: [['blksize', '1000']] }),
      port,
      '127.0.0.1',
    ),
  );
  return { done, blocks: () => blocks.length };
}
