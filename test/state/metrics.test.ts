import { register } from 'prom-client';
import { expect, test } from 'vitest';
import { createMetrics } from '../../src/state/metrics.ts';
import { ada, buildOf, fetchOf, fullFetch, notifyOf } from './facts.ts';

async function rowsOf(metrics: ReturnType<typeof createMetrics>): Promise<Map<string, number>> {
  const rows = (await metrics.text()).split('\n').filter((row) => row !== '' && !row.startsWith('#'));
  return new Map(rows.map((row) => [row.slice(0, row.lastIndexOf(' ')), Number(row.slice(row.lastIndexOf(' ')))]));
}

test('counts fetches by protocol and result, their bytes and their duration', async () => {
  const metrics = createMetrics();
  const facts = [
    fetchOf(),
    fetchOf({ status: 206, bytes: 100, duration: 400 }),
    fetchOf({ status: 304, bytes: 0 }),
    fetchOf({ protocol: 'tftp', status: 200, complete: false, bytes: 512 }),
    fetchOf({ protocol: 'tftp', status: 404, bytes: 0 }),
    fetchOf({ status: 403, bytes: 0 }),
    fetchOf({ status: 405, bytes: 0 }),
    fetchOf({ status: 503, bytes: 0 }),
  ];
  for (const fact of facts) metrics.add.fetch(fact);
  const rows = await rowsOf(metrics);
  const count = (protocol: string, result: string) =>
    rows.get(`offhook_fetches_total{protocol="${protocol}",result="${result}"}`);
  expect([
    count('http', 'ok'),
    count('http', 'not_modified'),
    count('http', 'refused'),
    count('http', 'error'),
  ]).toEqual([2, 1, 2, 1]);
  expect([count('tftp', 'cut_off'), count('tftp', 'not_found'), count('https', 'ok')]).toEqual([1, 1, 0]);
  expect(rows.get('offhook_fetch_bytes_total{protocol="http",result="ok"}')).toBe(8292);
  expect(rows.get('offhook_fetch_bytes_total{protocol="tftp",result="cut_off"}')).toBe(512);
  expect(rows.get('offhook_fetch_duration_seconds_bucket{le="0.25",protocol="http"}')).toBe(5);
  expect(rows.get('offhook_fetch_duration_seconds_count{protocol="http"}')).toBe(6);
});

test('counts what was sent again and what was waited for in vain', async () => {
  const metrics = createMetrics();
  metrics.add.fetch(fetchOf({ protocol: 'tftp', retransmits: 16, timeouts: 1 }));
  metrics.add.fetch(fetchOf({ protocol: 'tftp', retransmits: 4, timeouts: 4, complete: false }));
  metrics.add.fetch(fetchOf({ protocol: 'tftp', retransmits: 2 }));
  const rows = await rowsOf(metrics);
  const count = (what: string, result: string) =>
    rows.get(`offhook_fetch_${what}_total{protocol="tftp",result="${result}"}`);
  expect([count('retransmits', 'ok'), count('retransmits', 'cut_off')]).toEqual([18, 4]);
  expect([count('timeouts', 'ok'), count('timeouts', 'cut_off')]).toEqual([1, 4]);
  expect(rows.get('offhook_fetch_timeouts_total{protocol="http",result="ok"}')).toBe(0);
});

test('counts what access refused by its rule, whatever the status says', async () => {
  const metrics = createMetrics({ blockedAddresses: () => 7 });
  metrics.add.fetch(fetchOf({ status: 404, refusal: 'network' }));
  metrics.add.fetch(fetchOf({ status: 401, refusal: 'challenge' }));
  metrics.add.fetch(fetchOf({ status: 404 }));
  const rows = await rowsOf(metrics);
  const refusals = ['network', 'challenge', 'token'].map((refusal) =>
    rows.get(`offhook_refusals_total{protocol="http",refusal="${refusal}"}`),
  );
  expect(refusals).toEqual([1, 1, 0]);
  expect(rows.get('offhook_fetches_total{protocol="http",result="refused"}')).toBe(2);
  expect(rows.get('offhook_fetches_total{protocol="http",result="not_found"}')).toBe(1);
  expect(rows.get('offhook_blocked_addresses')).toBe(7);
});

test('counts notifies by how they ended', async () => {
  const metrics = createMetrics();
  for (const fact of [
    {},
    { status: 202 },
    { status: 481 },
    { outcome: 'silent', status: undefined },
    { outcome: 'unreachable' },
  ] as const)
    metrics.add.notify(notifyOf(fact));
  const rows = await rowsOf(metrics);
  const counts = ['accepted', 'refused', 'silent', 'unreachable'].map((word) =>
    rows.get(`offhook_notifies_total{outcome="${word}"}`),
  );
  expect(counts).toEqual([2, 1, 1, 1]);
});

test('tells when the last accepted build was, and how long ago, once there was one', async () => {
  const metrics = createMetrics({ now: () => 90_000 });
  const names = ['timestamp', 'age'].map((word) => `offhook_last_accepted_build_${word}_seconds`);
  metrics.add.build(buildOf({ at: 10_000, accepted: false }));
  const before = await rowsOf(metrics);
  expect(names.map((name) => before.get(name))).toEqual([undefined, undefined]);
  metrics.add.build(buildOf({ at: 30_000 }));
  metrics.add.build(buildOf({ at: 60_000, accepted: false }));
  const rows = await rowsOf(metrics);
  expect(names.map((name) => rows.get(name))).toEqual([30, 60]);
  expect([
    rows.get('offhook_builds_total{accepted="true"}'),
    rows.get('offhook_builds_total{accepted="false"}'),
  ]).toEqual([1, 2]);
});

test('asks for the states of devices at each scrape, and forgets those that are gone', async () => {
  let devices: Record<string, number> = { current: 3, pending: 1 };
  const metrics = createMetrics({ devices: () => devices });
  expect((await rowsOf(metrics)).get('offhook_devices{state="pending"}')).toBe(1);
  devices = { current: 4 };
  const rows = await rowsOf(metrics);
  expect([rows.get('offhook_devices{state="current"}'), rows.get('offhook_devices{state="pending"}')]).toEqual([
    4,
    undefined,
  ]);
});

test('has the metrics of the process, in a registry of its own', async () => {
  const [metrics, other] = [createMetrics(), createMetrics()];
  metrics.add.fetch(fetchOf());
  expect(await metrics.text()).toContain('process_resident_memory_bytes');
  expect(await other.text()).toContain('offhook_fetches_total{protocol="http",result="ok"} 0');
  expect(register.getMetricsAsArray()).toEqual([]);
  expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
});

test('never says who or what', async () => {
  const metrics = createMetrics();
  metrics.add.fetch(fullFetch);
  metrics.add.notify(notifyOf({ target: '127.0.0.2:5060' }));
  const text = await metrics.text();
  for (const word of [ada, '127.0.0.2', 'cfg', 'Phone']) expect(text).not.toContain(word);
});

test('says how old the last answer of a directory is, and whether it was refused', async () => {
  let now = 10_000;
  const metrics = createMetrics({ now: () => now });
  const of = async (name: string) => (await rowsOf(metrics)).get(`offhook_directory_${name}{directory="people.yml"}`);
  metrics.add.sync({ at: 9_000, into: 'people.yml', result: 'failed' });
  expect([await of('age_seconds'), await of('people')]).toEqual([undefined, undefined]);
  metrics.add.sync({ at: 10_000, into: 'people.yml', result: 'written', people: 29 });
  now = 15_000;
  expect([await of('age_seconds'), await of('people'), await of('refused')]).toEqual([5, 29, 0]);
  metrics.add.sync({ at: 12_000, into: 'people.yml', result: 'failed' });
  expect([await of('age_seconds'), await of('people')]).toEqual([5, 29]);
  metrics.add.sync({ at: 15_000, into: 'people.yml', result: 'refused', people: 3 });
  expect([await of('age_seconds'), await of('refused')]).toEqual([0, 1]);
  const rows = await rowsOf(metrics);
  expect(rows.get('offhook_directory_syncs_total{directory="people.yml",result="failed"}')).toBe(2);
});
