import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type EventType, eventTypes } from '../../src/model/live-event.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Webhook } from '../../src/model/webhook.ts';
import { createFeed } from '../../src/state/events-feed.ts';
import { openJournal } from '../../src/state/journal.ts';
import { createKept } from '../../src/state/kept.ts';
import { createWebhooks, type Places } from '../../src/webhooks/webhooks.ts';
import { buildOf, fetchOf } from '../state/facts.ts';
import { linesLog, stateFolder } from '../state/folder.ts';
import { createAuthority } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { isSigned, startReceiver } from './receiver.ts';

const secret = 'the secret of the receiver';

const webhookTo = (port: number, more: Partial<Webhook> = {}): Webhook => ({
  ...{ name: 'hook', url: `http://127.0.0.1:${port}/hook?x=1`, secret: new Secret(secret), timeout: 10_000 },
  ...{ types: new Set<EventType>(eventTypes), giveUp: 7 * 86_400_000, ...more },
});

/** As the daemon has it, with a journal of its own. */
function sender(folder = stateFolder(), timing = {}) {
  const { log, lines } = linesLog();
  const journal = openJournal({ folder, log, gatherMs: 1, mostWaiting: 1e6 });
  onTestFinished(journal.close);
  const about = { extensionOf: () => '1001', addressOf: () => '192.0.2.7' };
  const source = createFeed({ journal, about, log, everyMs: 2 });
  const counts = { delivered: 0, failed: 0, given_up: 0 };
  const places = createKept<Places>(join(folder, 'webhooks'), '1');
  const webhooks = createWebhooks({
    ...{ source, places, log, timing: { first: 2, most: 20, write: 5, ...timing } },
    count: (_, result) => counts[result]++,
  });
  onTestFinished(webhooks.stop);
  return { journal, webhooks, lines, folder, counts };
}

const now = () => Date.now();

test('each event is posted, in order, signed so that others’ code can verify it', async () => {
  const { journal, webhooks, counts } = sender();
  const receiver = await startReceiver();
  journal.add.build(buildOf());
  journal.flush();
  webhooks.use([webhookTo(receiver.port)]);
  journal.add.fetch(fetchOf({ at: now(), path: '/a' }));
  journal.add.fetch(fetchOf({ at: now(), path: '/ä"\n' }));
  const all = await receiver.got(2);
  expect(all.map(({ event }) => event.data.path)).toEqual(['/a', '/ä"\n']);
  for (const got of all) {
    expect(isSigned(got, secret)).toBe(true);
    expect(isSigned({ ...got, body: got.body.replace('fetch', 'Fetch') }, secret)).toBe(false);
    expect(got.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': String(got.event.id) });
    expect(Math.abs(Number(got.headers['webhook-timestamp']) * 1000 - now())).toBeLessThan(60_000);
  }
  await until('the count', () => counts.delivered === 2);
});

test('a secret behind whsec_ is a key in base64', async () => {
  const { journal, webhooks } = sender();
  const receiver = await startReceiver();
  webhooks.use([webhookTo(receiver.port, { secret: new Secret(`whsec_${Buffer.from(secret).toString('base64')}`) })]);
  journal.add.build(buildOf({ at: now() }));
  const [got] = await receiver.got(1);
  expect(got && isSigned(got, secret)).toBe(true);
});

test('only wanted types are told', async () => {
  const { journal, webhooks } = sender();
  const receiver = await startReceiver();
  webhooks.use([webhookTo(receiver.port, { types: new Set<EventType>(['build.finished']) })]);
  journal.add.fetch(fetchOf({ at: now() }));
  journal.add.build(buildOf({ at: now() }));
  journal.add.fetch(fetchOf({ at: now() }));
  journal.add.build(buildOf({ at: now() }));
  expect((await receiver.got(2)).map(({ event }) => event.event)).toEqual(['build.finished', 'build.finished']);
});

test('a receiver that fails, redirects, hangs up or hangs is told again until it takes the event, and nothing overtakes', async () => {
  const { journal, webhooks, lines, counts } = sender();
  const receiver = await startReceiver();
  const elsewhere = await startReceiver();
  const faults: ((response: ServerResponse) => unknown)[] = [
    (response) => response.writeHead(500).end('no'),
    (response) => response.writeHead(429, { 'retry-after': '0' }).end(),
    (response) => response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
    (response) => response.destroy(),
    (response) => response.writeHead(410).end('x'.repeat(200_000)),
    () => {},
  ];
  let asked = 0;
  const taken: number[] = [];
  receiver.answers((response, { event }) => {
    const fault = faults[asked++ % (faults.length + 1)];
    if (fault) return void fault(response);
    taken.push(event.id);
    response.writeHead(200).end('thank you');
  });
  webhooks.use([webhookTo(receiver.port, { timeout: 100 })]);
  for (let number = 1; number <= 5; number++) journal.add.build(buildOf({ at: now(), devices: number }));
  await until('all five', () => taken.length === 5);
  const numbers = receiver.all.map(({ event }) => event.data.devices);
  expect(numbers).toEqual([1, 2, 3, 4, 5].flatMap((number) => Array(7).fill(number)));
  expect(elsewhere.all).toEqual([]);
  await until('the count', () => counts.delivered === 5);
  // One that hung up on a connection that was there before is asked again at once.
  expect(counts.failed).toBeGreaterThanOrEqual(25);
  expect(lines.filter((line) => line.startsWith('warn a webhook does not take an event'))).toHaveLength(5);
});

test('a receiver that is away for a while is told all that happened meanwhile, over a restart too', async () => {
  const first = sender();
  const receiver = await startReceiver();
  first.webhooks.use([webhookTo(receiver.port)]);
  first.journal.add.build(buildOf({ at: now(), devices: 0 }));
  await receiver.got(1);
  await receiver.stop();
  for (let number = 1; number <= 500; number++) first.journal.add.build(buildOf({ at: now(), devices: number }));
  await until('a failure', () => first.counts.failed > 3);
  await first.webhooks.stop();
  first.journal.close();

  const second = sender(first.folder);
  second.journal.add.build(buildOf({ at: now(), devices: 501 }));
  second.webhooks.use([webhookTo(receiver.port)]);
  await until('a failure', () => second.counts.failed > 1);
  const back = await startReceiver({ port: receiver.port });
  const all = await back.got(501);
  expect(all.map(({ event }) => event.data.devices)).toEqual([...Array(501).keys()].map((number) => number + 1));
});

test('a dead receiver keeps nobody else waiting', async () => {
  const { journal, webhooks } = sender();
  const dead = await startReceiver();
  dead.answers(() => {});
  const alive = await startReceiver();
  webhooks.use([webhookTo(dead.port, { name: 'dead' }), webhookTo(alive.port, { name: 'alive' })]);
  for (let number = 1; number <= 50; number++) journal.add.build(buildOf({ at: now() }));
  await alive.got(50);
  expect(dead.all).toHaveLength(1);
});

test('an event that nobody took in time is given up loudly, and the next ones are told', async () => {
  const { journal, webhooks, lines, counts } = sender();
  const receiver = await startReceiver();
  receiver.answers((response, { event }) => response.writeHead(event.data.devices === 2 ? 204 : 500).end());
  webhooks.use([webhookTo(receiver.port, { giveUp: 60_000 })]);
  journal.add.build(buildOf({ at: now() - 120_000, devices: 1 }));
  journal.add.build(buildOf({ at: now(), devices: 2 }));
  await until('the second', () => counts.delivered === 1);
  expect(counts).toEqual({ delivered: 1, failed: 1, given_up: 1 });
  expect(lines.filter((line) => line.startsWith('error an event is given up'))).toHaveLength(1);
});

test('a new one is told from now on, one that was changed goes on where it was, one that is gone is told no more', async () => {
  const { journal, webhooks } = sender();
  const [one, two] = [await startReceiver(), await startReceiver()];
  const build = (devices: number) => {
    journal.add.build(buildOf({ at: now(), devices }));
    journal.flush();
  };
  build(1);
  webhooks.use([webhookTo(one.port)]);
  build(2);
  await one.got(1);
  webhooks.use([webhookTo(two.port)]);
  build(3);
  await two.got(1);
  webhooks.use([]);
  build(4);
  webhooks.use([webhookTo(two.port)]);
  build(5);
  await two.got(2);
  const numbers = [one, two].map(({ all }) => all.map(({ event }) => event.data.devices));
  expect(numbers).toEqual([[2], [3, 5]]);
});

test('over HTTPS the certificate must be of an authority that is trusted, and for the host', async () => {
  const folder = stateFolder();
  const { journal, webhooks, lines, counts } = sender(folder);
  const authority = await createAuthority(folder, '/CN=Hooks');
  const receiver = await startReceiver({ tls: await authority.sign('/CN=localhost') });
  const other = await startReceiver({ tls: await authority.sign('/CN=other', 'DNS:other.example.com') });
  const to = (port: number, name: string, tls?: Webhook['tls']) =>
    webhookTo(port, { name, url: `https://127.0.0.1:${port}/`, ...(tls && { tls }) });
  webhooks.use([
    to(receiver.port, 'strict'),
    to(receiver.port, 'trusting', { ca: authority.cert }),
    to(other.port, 'misnamed', { ca: authority.cert }),
    to(other.port, 'renamed', { ca: authority.cert, server_name: 'other.example.com' }),
  ]);
  journal.add.build(buildOf({ at: now() }));
  await Promise.all([receiver.got(1), other.got(1)]);
  await until('the failures', () => counts.failed >= 4 && counts.delivered === 2);
  expect([receiver.all.length, other.all.length]).toEqual([1, 1]);
  const warnings = lines.filter((line) => line.startsWith('warn'));
  expect(warnings.find((line) => line.includes('webhook=strict'))).toMatch(/certificate/);
  expect(warnings.find((line) => line.includes('webhook=misnamed'))).toMatch(/altnames/);
});
