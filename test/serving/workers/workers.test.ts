import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Mac } from '../../../src/model/mac.ts';
import { closedRules, openRules } from '../../../src/serving/access/rules.ts';
import { createHttpServer } from '../../../src/serving/http/server.ts';
import { createSocketPlace } from '../../../src/serving/workers/pages-socket.ts';
import { blockOf, writeAck, writeRequest } from '../../../src/tftp/packet.ts';
import { fetchTftp } from '../../support/tftp-fetch.ts';
import { openUdp, type UdpSocket } from '../../support/udp-socket.ts';
import { patiently, startWorkers } from './support.ts';

const mac = '001565123456' as Mac;
const path = 'cfg001565123456.xml';
const request = (name: string) => writeRequest({ method: 'RRQ', path: name, mode: 'octet', options: [] });

test('workers serve one index over both protocols on the same ports, and tell every fetch', async () => {
  const { out, workers, ports, facts } = await startWorkers();
  await out.build(path, 'of the build', mac);
  await workers.update(out.index);
  for (let count = 0; count < 20; count++) {
    expect(String(await fetchTftp({ port: ports.tftp, path: path.toUpperCase() }))).toBe('of the build');
    expect(await textOf(ports.http, path.toUpperCase())).toBe('of the build');
  }
  await expect.poll(() => facts.length).toBe(40);
  expect(new Set(facts.map(({ protocol }) => protocol))).toEqual(new Set(['tftp', 'http']));
  const fact = { file: path, device: mac, revision: `r-${mac}`, status: 200, complete: true, bytes: 12 };
  for (const each of facts) expect(each).toMatchObject(fact);
});

test('a file in no index is served, and prefixes and user agents are those of the settings', async () => {
  const { out, workers, ports, facts } = await startWorkers();
  await out.put('bell.wav', 'ding');
  await workers.configure({
    prefixes: ['phones/north'],
    vendors: [{ id: 'acme', user_agents: [/^Acme (?<model>\w+) (?<firmware>[\d.]+)$/] }],
  });
  await workers.update(out.index);
  const answer = await fetch(`http://127.0.0.1:${ports.http}/phones/north/bell.wav`, {
    headers: { 'user-agent': 'Acme T1 1.2' },
  });
  expect(await answer.text()).toBe('ding');
  await expect.poll(() => facts).toMatchObject([{ file: 'bell.wav', model: 'T1', firmware: '1.2' }]);
  expect(facts[0]?.revision).toBeUndefined();
});

test('a worker that dies is replaced, and said; the transfers of the others go on, and phones are served all the time', async () => {
  const { out, workers, ports, facts, log } = await startWorkers();
  await out.build(path, 'x'.repeat(512 * 40), mac);
  await workers.update(out.index);
  const transfers = await begin(12, ports.tftp);
  let killed = false;
  const meanwhile = Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let round = 0; !killed || round < 10; round++)
        expect(await patiently(() => textOf(ports.http, path))).toHaveLength(512 * 40);
    }),
  );
  const [first, second] = workers.threads();
  first!.terminate();
  await expect.poll(() => workers.threads().length === 2 && !workers.threads().includes(first!)).toBe(true);
  killed = true;
  await meanwhile;
  expect(workers.threads()).toContain(second);
  const ends = await Promise.all(transfers.map(finish));
  expect(ends.filter(Boolean).length).toBeGreaterThan(0);
  expect(ends.filter(Boolean).length).toBeLessThan(12);
  await expect.poll(() => facts.filter(({ protocol }) => protocol === 'tftp').length).toBe(ends.filter(Boolean).length);
  expect(log).toHaveLength(1);
  expect(log[0]).toMatch(/error a serving worker died; another takes its place worker=1 reason="it was ended/);
  // What came to the socket of the one that died is gone with it: a phone asks again.
  const again = async () => Promise.all((await begin(12, ports.tftp)).map(finish));
  await expect.poll(again).toEqual(Array(12).fill(true));
});

test('the only worker is replaced, too, again and again, by one that knows all of the index', async () => {
  const { out, workers, ports, log } = await startWorkers({ count: 1 });
  const entry = await out.build('a.cfg', 'one', mac);
  await workers.update(out.index);
  await out.build('a.cfg', 'two', mac);
  await workers.update(out.index, { put: [['a.cfg', { ...entry, ...out.index.get('a.cfg')! }]], removed: [] });
  for (let count = 1; count <= 3; count++) {
    const [worker] = workers.threads();
    worker!.terminate();
    await expect.poll(() => workers.threads().some((each) => each !== worker)).toBe(true);
    expect(await patiently(() => textOf(ports.http, 'a.cfg'))).toBe('two');
    expect(log).toHaveLength(count);
  }
});

test('while files are rewritten each fetch gets the old or the new bytes whole, and the new ones once it is told', async () => {
  const { out, workers, ports, facts } = await startWorkers();
  const names = ['a.cfg', 'b.cfg', 'c.cfg'];
  const textFor = (name: string, version: number) => `${name} ${version} `.repeat(900);
  const seen = new Map(names.map((name) => [name, [textFor(name, 0)]]));
  for (const name of names) await out.build(name, textFor(name, 0), mac);
  await workers.update(out.index);
  let over = false;
  const fetching = names.flatMap((name) =>
    [() => textOf(ports.http, name), async () => String(await fetchTftp({ port: ports.tftp, path: name }))].map(
      async (get) => {
        while (!over) expect(seen.get(name)).toContain(await get());
      },
    ),
  );
  for (let version = 1; version <= 25; version++) {
    const name = names[version % 3]!;
    seen.get(name)!.push(textFor(name, version));
    const file = await out.build(name, textFor(name, version), mac);
    await workers.update(out.index, version % 10 === 0 ? undefined : { put: [[name, file]], removed: [] });
    expect(await textOf(ports.http, name)).toBe(textFor(name, version));
  }
  over = true;
  await Promise.all(fetching);
  await expect.poll(() => facts.length).toBeGreaterThan(50);
  expect(facts.every(({ status, complete }) => status === 200 && complete)).toBe(true);
});

test('a file that is gone from the index is not found', async () => {
  const { out, workers, ports } = await startWorkers();
  await out.build('a.cfg', 'bytes', mac);
  await workers.update(out.index);
  out.index.delete('a.cfg');
  await workers.update(out.index, { put: [], removed: ['a.cfg'] });
  await out.remove();
  expect((await fetch(`http://127.0.0.1:${ports.http}/a.cfg`)).status).toBe(404);
});

test('when they stop, transfers under way are finished and written down', async () => {
  const { out, workers, ports, facts, log } = await startWorkers();
  await out.build(path, 'x'.repeat(512 * 30), mac);
  await workers.update(out.index);
  const transfers = await begin(10, ports.tftp);
  const stopped = workers.stop();
  expect(await Promise.all(transfers.map(finish))).toEqual(Array(10).fill(true));
  await stopped;
  expect(facts.map(({ complete, bytes }) => ({ complete, bytes }))).toEqual(
    Array(10).fill({ complete: true, bytes: 512 * 30 }),
  );
  expect(log).toEqual([]);
  await expect(fetch(`http://127.0.0.1:${ports.http}/`)).rejects.toThrow();
});

test('a port that another program has, or other workers, is refused in a sentence', async () => {
  const { ports } = await startWorkers();
  const other = (places: object) => startWorkers({}, places).then(() => {});
  await expect(other({ tftpPort: ports.tftp })).rejects.toThrow(
    `TFTP cannot listen on UDP port ${ports.tftp} of 127.0.0.1: another program has it`,
  );
  await expect(other({ httpPort: ports.http })).rejects.toThrow(
    `cannot serve HTTP on port ${ports.http} of 127.0.0.1: another program has it`,
  );
  await expect(other({ host: '192.0.2.1' })).rejects.toThrow('this machine has no such address');
});

test('answers come from the listed ports, each worker has its own of them', async () => {
  const answerPorts = await freePorts(4);
  const { out, workers, ports } = await startWorkers({}, { answerPorts });
  await out.build(path, 'bytes', mac);
  await workers.update(out.index);
  const transfers = await begin(30, ports.tftp);
  const used = new Set(transfers.map(({ port }) => port));
  expect([...used].sort()).toEqual([...answerPorts].sort());
  expect(await Promise.all(transfers.map(finish))).toEqual(Array(30).fill(true));
});

test('fewer ports to answer from than there are workers are refused in a sentence', async () => {
  await expect(startWorkers({}, { answerPorts: [40_000] })).rejects.toThrow(
    'TFTP has 1 ports to answer from and 2 workers; wanted at least one port for each',
  );
});

test('requests for pages are handed to the main thread’s server, which learns who asks', async () => {
  const place = createSocketPlace('/tmp');
  const asked: string[] = [];
  const server = createHttpServer({
    ...{ host: '', port: 0, path: place.path, proxies: ['unix'], identify: () => ({}), record: () => {} },
    lookup: () => ({ status: 404, reason: 'no phone’s' }),
    log: { info() {}, warn() {}, error() {} },
    pages: (page) => {
      asked.push(page.path);
      return { status: 200, body: 'page '.repeat(20_000) };
    },
  });
  await server.start();
  const { ports } = await startWorkers({ pages: place.path });
  // First of all, as in the daemon: workers wait for the connections that they have passed.
  onTestFinished(async () => {
    await server.stop();
    place.remove();
  });
  for (let count = 0; count < 5; count++) expect(await textOf(ports.http, '-/metrics')).toBe('page '.repeat(20_000));
  expect(asked).toEqual(Array(5).fill('/-/metrics'));
});

test('gates keep to the rules as they are told, and what one finds out the others are told, and the main thread', async () => {
  const found: unknown[] = [];
  const gate = () => ({ rules: closedRules, spent: [], nonceKey: new Uint8Array(32), blocked: [] });
  const { out, workers, ports, facts } = await startWorkers({ gate, found: (news) => found.push(news) });
  await out.build(path, 'bytes', mac);
  await workers.update(out.index);
  expect((await fetch(`http://127.0.0.1:${ports.http}/${path}`)).status).toBe(404);
  await expect.poll(() => facts[0]?.refusal).toBeDefined();
  const rule = { policy: {}, vendor: 'acme', protocol: 'http' } as const;
  const guessing = { perMinute: 2, slowMs: 0, refuseMinutes: 10 };
  await workers.tell({ rules: { ...openRules, devices: new Map([[mac, rule]]), guessing } });
  expect(await textOf(ports.http, path)).toBe('bytes');
  let guess = 1000;
  const guessOnce = async () => {
    await fetch(`http://127.0.0.1:${ports.http}/00156500${guess++}.cfg`);
    return found;
  };
  const refused = { blocked: expect.objectContaining({ key: '127.0.0.1' }) };
  await expect.poll(guessOnce, { interval: 1 }).toContainEqual(refused);
});

test('one that takes the place of another has the rules of now, not those of the start, and refuses whom all refuse', async () => {
  const guessing = { perMinute: 2, slowMs: 0, refuseMinutes: 10 };
  const rule = { policy: {}, vendor: 'acme', protocol: 'http' } as const;
  const site = { networks: ['127.0.0.1/32', '127.0.0.8/32'] };
  const blocked = [{ key: '127.0.0.8', until: Date.now() + 600_000 }];
  const gate = () => ({ rules: openRules, spent: [], nonceKey: new Uint8Array(32), blocked });
  const { out, workers, ports } = await startWorkers({ gate, count: 1 }, { host: '0.0.0.0' });
  await out.build(path, 'bytes', mac);
  await workers.update(out.index);
  await workers.tell({ rules: { ...openRules, site, devices: new Map([[mac, { ...rule, policy: site }]]), guessing } });
  for (let count = 0; count < 2; count++) {
    const [worker] = workers.threads();
    worker!.terminate();
    await expect.poll(() => workers.threads().some((each) => each !== worker)).toBe(true);
    // What came to the socket of the one that died is lost.
    const from = (address: string) =>
      patiently(() =>
        Promise.race([fetchTftp({ port: ports.tftp, path, address }).then(String), wait(500).then(lost)]),
      );
    expect(await from('127.0.0.1')).toBe('bytes');
    for (const address of ['127.0.0.8', '127.0.0.9'])
      await expect(fetchTftp({ port: ports.tftp, path, address })).rejects.toThrow('File not found');
  }
});

const lost = () => Promise.reject(new Error('no answer'));

interface Transfer {
  readonly client: UdpSocket;
  readonly port: number;
  readonly first: Buffer;
}

/** Transfers under way: each client has its first block. */
async function begin(count: number, port: number): Promise<Transfer[]> {
  const clients = Array.from({ length: count }, () => openUdp());
  onTestFinished(() => clients.forEach((client) => void client.close()));
  return Promise.all(
    clients.map(async (client) => {
      client.send(request(path), port);
      const { packet, port: from } = await client.next();
      return { client, port: from, first: packet };
    }),
  );
}

/** Whether the rest of it came. */
async function finish({ client, port, first }: Transfer): Promise<boolean> {
  let packet = first;
  for (;;) {
    client.send(writeAck(blockOf(packet)), port);
    if (packet.length < 516) return true;
    const next = await Promise.race([client.next(), wait(1500)]);
    if (next?.packet[1] !== 3) return false;
    packet = next.packet;
  }
}

const textOf = async (port: number, name: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/${name}`)).text();

async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => openUdp());
  const ports = sockets.map(({ port }) => port);
  for (const socket of sockets) socket.close();
  await wait(20);
  return ports;
}
