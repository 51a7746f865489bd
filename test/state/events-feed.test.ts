import { expect, onTestFinished, test } from 'vitest';
import type { EventFilter, LiveEvent } from '../../src/model/live-event.ts';
import { typesOf } from '../../src/model/live-event.ts';
import { type Batch, createFeed, type Feed } from '../../src/state/events-feed.ts';
import { openJournal } from '../../src/state/journal.ts';
import { ada, bob, buildOf, fetchOf, fullFetch, notifyOf } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

const about = { extensionOf: (mac: string) => (mac === ada ? '1001' : undefined), addressOf: () => '192.0.2.7' };

function site(folder = stateFolder(), options = {}) {
  const { log } = linesLog();
  const journal = openJournal({ folder, log, gatherMs: 1, ...options });
  onTestFinished(journal.close);
  return { folder, journal, feed: createFeed({ journal, about, log, everyMs: 5 }) };
}

/** Reads until `count` events have come, or what was lost. */
async function take(feed: Feed, count: number, from: { after?: number; filter?: EventFilter } = {}) {
  const stop = new AbortController();
  const events: LiveEvent[] = [];
  const lost: Batch['lost'][] = [];
  for await (const batch of feed.follow({ ...from, signal: stop.signal })) {
    events.push(...batch.events);
    if (batch.lost) lost.push(batch.lost);
    if (events.length >= count) stop.abort();
  }
  return { events, lost };
}

test('tells what was and then what is, without a gap and without repetition, wherever one begins', async () => {
  const { journal, feed } = site();
  const start = feed.last();
  for (let at = 1; at <= 500; at++) journal.add.fetch(fetchOf({ at }));
  const reading = Promise.all(
    [0, start + 100, start + 499].map((after) => take(feed, 1000 - (after && after - start), { after })),
  );
  for (let at = 501; at <= 1000; at++) {
    journal.add.fetch(fetchOf({ at }));
    if (at % 100 === 0) await new Promise((done) => setTimeout(done, 3));
  }
  const [all, some, few] = (await reading).map(({ events }) => events.map(({ id }) => id));
  expect(all).toEqual([...Array(1000).keys()].map((index) => start + 1 + index));
  expect(some).toEqual(all?.slice(100));
  expect(few).toEqual(all?.slice(499));
});

test('goes on where it was after a restart', async () => {
  const { folder, journal, feed } = site();
  for (let at = 1; at <= 5; at++) journal.add.fetch(fetchOf({ at }));
  const { events } = await take(feed, 3, { after: 0 });
  journal.close();
  const again = site(folder);
  again.journal.add.build(buildOf());
  const rest = await take(again.feed, 3, { after: events[2]!.id });
  expect(rest.events.map(({ event }) => event)).toEqual(['fetch.finished', 'fetch.finished', 'build.finished']);
  expect(rest.lost).toEqual([]);
});

test('says so when events were kept no more, or were never given', async () => {
  const day = 86_400_000;
  const { journal, feed } = site(undefined, { keepDays: 1, now: () => 40 * day });
  const start = feed.last();
  for (let at = 1; at <= 10; at++) journal.add.fetch(fetchOf({ at }));
  journal.add.fetch(fetchOf({ at: 40 * day }));
  journal.flush();
  while (journal.prune());
  expect((await take(feed, 1, { after: start + 4 })).lost).toEqual([{ from: start + 4, to: start + 10 }]);
  expect((await take(feed, 1, { after: start + 10 })).lost).toEqual([]);
  const reading = take(feed, 1, { after: start + 1000 });
  journal.add.build(buildOf());
  const { lost, events } = await reading;
  expect(lost).toEqual([{ from: start + 1000, to: expect.any(Number) }]);
  expect(events).toHaveLength(1);
});

test('filters by type and by device', async () => {
  const { journal, feed } = site();
  journal.add.build(buildOf());
  journal.add.fetch(fetchOf({ device: ada }));
  journal.add.notify(notifyOf({ device: bob }));
  journal.add.phone({ at: 1, kind: 'registered', device: ada, source: 'pbx', extension: '1001', contact: 'sip:a@b' });
  journal.flush();
  const names = async (words: string[], device?: typeof ada, count = 1) => {
    const types = typesOf(words);
    if ('unknown' in types) throw new Error('unknown');
    const { events } = await take(feed, count, { after: 0, filter: { types, device } });
    return events.map(({ event }) => event);
  };
  expect(await names(['phone'])).toEqual(['phone.registered']);
  expect(await names(['build.finished', 'notify'], undefined, 2)).toEqual(['build.finished', 'notify.finished']);
  expect(await names(['*'], ada, 2)).toEqual(['fetch.finished', 'phone.registered']);
  expect(typesOf(['phone', 'nonsense', ''])).toEqual({ unknown: ['nonsense', ''] });
});

test('has the form that scripts of a former system know', async () => {
  const { journal, feed } = site();
  const phone = { source: 'pbx', extension: '101', contact: 'sip:101@192.168.1.100', address: '192.168.1.100' };
  journal.add.phone({ at: Date.UTC(2024, 0, 1, 12), kind: 'registered', ...phone });
  journal.add.phone({ at: 2, kind: 'status', device: ada, state: 'current', before: 'fetching', reason: 'fetched' });
  journal.add.revision({ at: 3, device: ada, revision: 'r1' });
  journal.add.fetch(fullFetch);
  const { events } = await take(feed, 4, { after: 0 });
  expect(events).toEqual([
    {
      ...{ id: expect.any(Number), event: 'phone.registered', time: '2024-01-01T12:00:00.000Z' },
      data: { extension: '101', ip: '192.168.1.100', source: 'pbx', timestamp: '2024-01-01T12:00:00.000Z' },
    },
    expect.objectContaining({
      ...{ event: 'phone.status_changed', device: '00:15:65:12:34:56' },
      data: expect.objectContaining({ extension: '1001', ip: '192.0.2.7', status: 'current', previous: 'fetching' }),
    }),
    expect.objectContaining({
      event: 'phone.config_changed',
      data: expect.objectContaining({ extension: '1001', ip: '192.0.2.7', revision: 'r1' }),
    }),
    expect.objectContaining({
      event: 'fetch.finished',
      data: expect.objectContaining({
        extension: '1001',
        ip: '127.0.0.2',
        result: 'refused',
        file: '001565123456.cfg',
      }),
    }),
  ]);
  expect(JSON.parse(feed.textOf(events[0]!))).toEqual(events[0]);
});

test('reads nothing while nobody follows', async () => {
  const { log } = linesLog();
  let reads = 0;
  const range = () => {
    reads++;
    return { first: 1, last: 1 };
  };
  const feed = createFeed({
    journal: { eventRange: range, events: ({ after }) => ({ events: [], next: after }) },
    about,
    log,
    everyMs: 1,
  });
  const stop = new AbortController();
  const reading = feed.follow({ signal: stop.signal }).next();
  expect(feed.isWanted('build.finished')).toBe(true);
  await new Promise((done) => setTimeout(done, 20));
  stop.abort();
  await reading;
  await new Promise((done) => setTimeout(done, 10));
  const before = reads;
  expect(before).toBeGreaterThan(2);
  await new Promise((done) => setTimeout(done, 30));
  expect(reads).toBe(before);
  expect(feed.isWanted('build.finished')).toBe(false);
});

test('says so when the fact behind an event is kept no more, and tells the others', async () => {
  const { journal, feed } = site(undefined, { keepRows: 200 });
  const start = feed.last();
  journal.add.build(buildOf({ at: Date.now() }));
  for (let number = 1; number <= 1000; number++) journal.add.fetch(fetchOf({ at: Date.now() }));
  journal.flush();
  while (journal.prune());
  const { lost, events } = await take(feed, 201, { after: start });
  // Of a page that has some of what is left, and once of all those that have nothing.
  expect(lost).toEqual([
    { from: start, to: start + 200 },
    { from: start + 200, to: start + 801 },
  ]);
  expect(events[0]).toMatchObject({ id: start + 1, event: 'build.finished' });
  expect(events.slice(1).map(({ id }) => id - start)).toEqual([...Array(200).keys()].map((index) => 802 + index));
});
