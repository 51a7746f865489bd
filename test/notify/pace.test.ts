import { expect, test } from 'vitest';
import { createClock } from '../../src/notify/clock.ts';
import { createPace, type PaceOptions, type Turn } from '../../src/notify/pace.ts';
import { createFakeTime } from './fake-time.ts';

type Rates = Pick<PaceOptions, 'perSecond' | 'perAddressPerSecond'>;

/** Asks for a turn for each address at once; gives back when each had it, in milliseconds. */
async function turns(rates: Rates, addresses: readonly string[], milliseconds = 60_000) {
  const time = createFakeTime();
  const pace = createPace({ ...rates, clock: createClock(time), soon: (call) => call() });
  const log: { address: string; at: number }[] = [];
  const all = addresses.map((address) =>
    pace.turn({ address }).then((went) => went && log.push({ address, at: time.now() })),
  );
  for (let passed = 0; passed < milliseconds && log.length < addresses.length; passed++) {
    // A turn is a promise: it is heard of before more time passes.
    await Promise.resolve();
    await Promise.resolve();
    time.pass(1);
  }
  await Promise.all(all);
  return log;
}

const unbound = Number.POSITIVE_INFINITY;
const many = (count: number) => Array.from({ length: count }, (_, index) => `192.0.2.${index}`);

test('lets as many go in a second as it is told, first come, first served', async () => {
  const log = await turns({ perSecond: 20, perAddressPerSecond: unbound }, many(41));
  expect(log.map(({ address }) => address)).toEqual(many(41));
  expect(log.map(({ at }) => at)).toEqual(many(41).map((_, index) => index * 50));
});

test('gives a twentieth of a second in advance, and no more, where many go', async () => {
  const log = await turns({ perSecond: 200, perAddressPerSecond: unbound }, many(100));
  expect(log.filter(({ at }) => at === 0)).toHaveLength(10);
  for (const { at } of log)
    expect(log.filter((other) => other.at >= at && other.at < at + 100).length).toBeLessThanOrEqual(30);
});

test('lets one address wait without the others behind it', async () => {
  const log = await turns({ perSecond: unbound, perAddressPerSecond: 2 }, ['a', 'a', 'a', 'b', 'c']);
  expect(log).toEqual([
    { address: 'a', at: 0 },
    { address: 'b', at: 0 },
    { address: 'c', at: 0 },
    { address: 'a', at: 500 },
    { address: 'a', at: 1_000 },
  ]);
});

test('keeps both bounds', async () => {
  const addresses = ['a', 'a', 'a', ...many(20)];
  const log = await turns({ perSecond: 10, perAddressPerSecond: 1 }, addresses);
  expect(log).toHaveLength(addresses.length);
  const ofA = log.filter(({ address }) => address === 'a').map(({ at }) => at);
  expect(ofA.slice(1).every((at, index) => at - ofA[index]! >= 900)).toBe(true);
  for (const { at } of log)
    expect(log.filter((other) => other.at >= at && other.at < at + 1_000).length).toBeLessThanOrEqual(11);
});

test('forgets addresses, but none that still has to wait', async () => {
  const time = createFakeTime();
  const pace = createPace({
    perSecond: unbound,
    perAddressPerSecond: 1,
    clock: createClock(time),
    soon: (call) => call(),
  });
  await pace.turn({ address: 'first' });
  for (let index = 0; index < 3_000; index++) await pace.turn({ address: `address ${index}` });
  let went = false;
  void pace.turn({ address: 'first' }).then(() => {
    went = true;
  });
  await Promise.resolve();
  expect(went).toBe(false);
  time.pass(1_000);
  await Promise.resolve();
  expect(went).toBe(true);
});

test('starts no more in one turn of the event loop than answers are read in one', async () => {
  const laps: (() => void)[] = [];
  const clock = createClock(createFakeTime());
  const pace = createPace({ perSecond: unbound, perAddressPerSecond: unbound, clock, soon: (call) => laps.push(call) });
  const started: number[] = [];
  const all = Array.from({ length: 100 }, (_, index) => pace.turn({ address: 'a' }).then(() => started.push(index)));
  const counts: number[] = [];
  for (let lap = laps.shift(); lap; lap = laps.shift()) {
    lap();
    await new Promise(setImmediate);
    counts.push(started.length);
  }
  await Promise.all(all);
  expect(counts).toEqual([32, 64, 96, 100]);
});

test('sends everybody home when it stops, and whoever comes later', async () => {
  const pace = createPace({ perSecond: 1, perAddressPerSecond: unbound, clock: createClock(createFakeTime()) });
  const waiting = [pace.turn({ address: 'a' }), pace.turn({ address: 'b' })];
  pace.stop();
  expect(await Promise.all([...waiting, pace.turn({ address: 'c' })])).toEqual([false, false, false]);
});

test('lets a group go at its own pace, without the others behind it, and an address at the one of its own', async () => {
  const time = createFakeTime();
  const pace = createPace({
    ...{
      perSecond: unbound,
      perAddressPerSecond: unbound,
      clock: createClock(time),
      soon: (call: () => void) => call(),
    },
  });
  const log: string[] = [];
  const turn = (name: string, more: Omit<Turn, 'address'>) =>
    pace.turn({ address: name.slice(1), ...more }).then(() => log.push(`${name} ${time.now()}`));
  const lab = { group: 'lab', perGroup: 2 };
  const all = [turn('1a', lab), turn('2b', lab), turn('3c', lab), turn('4d', {}), turn('5e', { perAddress: 4 })];
  all.push(turn('6e', { perAddress: 4 }), turn('7f', { group: 'hall', perGroup: 2 }));
  for (let passed = 0; log.length < all.length; passed++) {
    for (let ticks = 0; ticks < 4; ticks++) await Promise.resolve();
    time.pass(1);
    expect(passed).toBeLessThan(5_000);
  }
  expect(log).toEqual(['1a 0', '4d 0', '5e 0', '7f 0', '6e 250', '2b 500', '3c 1000']);
});
