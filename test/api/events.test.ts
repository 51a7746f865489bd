import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ada, bob, buildOf, fetchOf, notifyOf } from '../state/facts.ts';
import { until } from '../support/until.ts';
import { ask } from './support/api.ts';
import { eventServer } from './support/event-server.ts';
import { listen } from './support/sse.ts';

test('a listener hears what happens from now on, in the form of an event stream', async () => {
  const { port, journal } = await eventServer();
  journal.add.build(buildOf());
  journal.flush();
  const { response, heard, told } = await listen(port);
  expect(response.statusCode).toBe(200);
  expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  journal.add.notify(notifyOf());
  await heard(1);
  expect(told).toEqual([
    {
      ...{ id: String(told[0]?.data.id), event: 'notify.finished' },
      data: expect.objectContaining({
        ...{ event: 'notify.finished', device: '00:15:65:12:34:56', time: '1970-01-01T00:00:01.000Z' },
        data: expect.objectContaining({ extension: '1001', ip: '192.0.2.7', outcome: 'answered', status: 200 }),
      }),
    },
  ]);
});

test('one that comes back with the last id that it heard misses nothing and hears nothing twice, over a restart too', async () => {
  const first = await eventServer();
  const { heard, told, leave } = await listen(first.port, '/api/v1/events?types=fetch');
  for (let at = 1; at <= 50; at++) first.journal.add.fetch(fetchOf({ at }));
  await heard(50);
  leave();
  for (let at = 51; at <= 100; at++) first.journal.add.fetch(fetchOf({ at }));
  await first.stop();
  const second = await eventServer({ folder: first.folder });
  for (let at = 101; at <= 150; at++) second.journal.add.fetch(fetchOf({ at }));
  const again = await listen(second.port, '/api/v1/events?types=fetch', { 'last-event-id': told.at(-1)?.id ?? '' });
  for (let at = 151; at <= 200; at++) second.journal.add.fetch(fetchOf({ at }));
  await again.heard(150);
  const times = [...told, ...again.told].map(({ data }) => Date.parse(String(data.data.timestamp)));
  expect(times).toEqual([...Array(200).keys()].map((index) => index + 1));
});

test('filters by type and device, and begins where `since` says', async () => {
  const { port, journal } = await eventServer();
  journal.add.fetch(fetchOf({ device: bob }));
  journal.add.build(buildOf());
  journal.add.fetch(fetchOf({ device: ada }));
  journal.add.notify(notifyOf({ device: ada }));
  journal.flush();
  const { heard } = await listen(port, '/api/v1/events?since=0&types=fetch.finished,notify&device=00-15-65-12-34-56');
  expect((await heard(2)).map(({ event }) => event)).toEqual(['fetch.finished', 'notify.finished']);
});

test('says what is wrong with a wish', async () => {
  const { port } = await eventServer();
  for (const query of [
    'types=nonsense',
    'types=',
    'device=x',
    'since=-1',
    'since=99999999999999999',
    'since=1e3',
    'what=1',
  ]) {
    const { status, json, headers } = await ask(port, `/api/v1/events?${query}`);
    expect([query, status, headers['content-type']]).toEqual([query, 400, 'application/problem+json']);
    expect(json).toMatchObject({ code: 'validation', detail: expect.stringContaining(query.replace(/=.*/, '')) });
  }
  expect((await ask(port, '/api/v1/events', { method: 'HEAD' })).status).toBe(404);
});

test('says so when what came after the last id is kept no more', async () => {
  const day = 86_400_000;
  const { port, journal, feed } = await eventServer({ journal: { keepDays: 1, now: () => 40 * day } });
  const start = feed.last();
  for (let at = 1; at <= 5; at++) journal.add.fetch(fetchOf({ at }));
  journal.add.fetch(fetchOf({ at: 40 * day }));
  journal.flush();
  while (journal.prune());
  const { heard } = await listen(port, `/api/v1/events?since=${start + 1}`);
  const [lost, event] = await heard(2);
  expect(lost).toMatchObject({ event: 'events.lost', data: { data: { from: start + 1, to: start + 5 } } });
  expect(event).toMatchObject({ id: String(start + 6), event: 'fetch.finished' });
});

test('gives signs of life while nothing happens', async () => {
  const { port } = await eventServer({ timing: { beat: 5 } });
  const { response } = await listen(port);
  let beats = 0;
  response.on('data', (text: string) => {
    beats += text.split(':\n\n').length - 1;
  });
  await until('some signs of life', () => beats > 5);
});

test('a reader that takes nothing is dropped with a reason, and what waited for it was not in memory', async () => {
  const { port, journal, endings, count } = await eventServer({
    timing: { patience: 100 },
    journal: { mostWaiting: 1e6 },
  });
  const path = `/${'x'.repeat(500)}`;
  for (let at = 1; at <= 20_000; at++) journal.add.fetch(fetchOf({ at, path }));
  journal.flush();
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.on('error', () => {});
  socket.write('GET /api/v1/events?since=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await until('the slow reader to go', () => endings.length > 0);
  expect(endings).toEqual(['slow']);
  expect(count()).toBe(0);
});

test('a slow reader that goes on taking hears everything', async () => {
  const { port, journal } = await eventServer({ journal: { mostWaiting: 1e6 } });
  const path = `/${'x'.repeat(500)}`;
  for (let at = 1; at <= 5000; at++) journal.add.fetch(fetchOf({ at, path }));
  journal.flush();
  const { response, heard } = await listen(port, '/api/v1/events?since=0');
  const stutter = setInterval(() => {
    response.pause();
    setTimeout(() => response.resume(), 3);
  }, 8);
  const told = await heard(5000);
  clearInterval(stutter);
  expect(told.map(({ data }) => Date.parse(String(data.data.timestamp)))).toEqual(
    [...Array(5000).keys()].map((i) => i + 1),
  );
});

test('many listen at once, each hears all, and one more than there is room for is told so', async () => {
  const { port, journal, endings } = await eventServer({ most: 60 });
  const listeners = await Promise.all([...Array(60)].map(() => listen(port)));
  expect((await ask(port, '/api/v1/events')).json).toMatchObject({ status: 503, code: 'too-many-listeners' });
  for (let at = 1; at <= 300; at++) journal.add.fetch(fetchOf({ at }));
  const all = await Promise.all(listeners.map(({ heard }) => heard(300)));
  for (const told of all) expect(told.map(({ id }) => id)).toEqual(all[0]?.map(({ id }) => id));
  for (const { leave } of listeners) leave();
  await until('all to go', () => endings.length === 60);
  expect(new Set(endings)).toEqual(new Set(['left']));
});

test('streams end when the daemon stops', async () => {
  const { port, stop, endings } = await eventServer();
  const { over } = await listen(port);
  await Promise.all([stop(), over()]);
  expect(endings).toEqual(['stopped']);
});

test('a stream has its time, and whoever comes again goes on', async () => {
  const { port, journal, endings } = await eventServer({ timing: { most: 50 } });
  const { over, told } = await listen(port);
  journal.add.build(buildOf({ at: 1 }));
  await over();
  journal.add.build(buildOf({ at: 2 }));
  const again = await listen(port, '/api/v1/events?since=0', told.length > 0 ? { 'last-event-id': told[0]!.id } : {});
  await again.heard(2 - told.length);
  expect([...told, ...again.told].map(({ data }) => Date.parse(String(data.data.timestamp)))).toEqual([1, 2]);
  expect(endings).toContain('over');
});
