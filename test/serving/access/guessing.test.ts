import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuessing, guesserOf } from '../../../src/serving/access/guessing.ts';

const minute = 60_000;

function guessing({ perMinute = 3, most = 100 } = {}) {
  const clock = { now: 0 };
  const found: string[] = [];
  const rule = { perMinute, slowMs: 500, refuseMinutes: 10 };
  const table = createGuessing({ rule: () => rule, now: () => clock.now, found: (key) => found.push(key), most });
  const guess = (key: string, count: number, from = 0) => {
    for (let index = 0; index < count; index++) table.miss(key, `mac ${from + index}`);
  };
  return { ...table, clock, found, guess };
}

describe('who guesses', () => {
  it('is slowed, then refused for a while, then forgiven', () => {
    const { guess, isSlowed, blockedUntil, clock, found } = guessing();
    guess('a', 3);
    expect([isSlowed('a'), blockedUntil('a')]).toEqual([false, undefined]);
    guess('a', 1, 3);
    expect([isSlowed('a'), blockedUntil('a')]).toEqual([true, undefined]);
    guess('a', 3, 4);
    expect([isSlowed('a'), blockedUntil('a')]).toEqual([false, 10 * minute]);
    expect(found).toEqual(['a']);
    clock.now = 10 * minute;
    expect(blockedUntil('a')).toBeUndefined();
  });

  it('is one address, and nobody beside it', () => {
    const { guess, blockedUntil } = guessing();
    guess('a', 7);
    expect(blockedUntil('b')).toBeUndefined();
  });

  it('is nobody who asks for the same device again and again', () => {
    const { miss, isSlowed, blockedUntil } = guessing();
    for (let index = 0; index < 1000; index++) miss('a', `mac ${index % 3}`);
    expect([isSlowed('a'), blockedUntil('a')]).toEqual([false, undefined]);
  });

  it('is found by what happened within a minute', () => {
    const { miss, blockedUntil, isSlowed, clock } = guessing();
    for (let index = 0; index < 100; index++) {
      clock.now += minute / 2;
      miss('a', `mac ${index}`);
    }
    expect([isSlowed('a'), blockedUntil('a')]).toEqual([false, undefined]);
  });

  it('may be found by misses that are all different', () => {
    const { miss, blockedUntil } = guessing();
    for (let index = 0; index < 7; index++) miss('a');
    expect(blockedUntil('a')).toBe(10 * minute);
  });

  it('is told by others, and told to others', () => {
    const { block, blocked, blockedUntil, clock } = guessing();
    block('a', 5 * minute);
    expect(blockedUntil('a')).toBe(5 * minute);
    expect(blocked()).toEqual([{ key: 'a', until: 5 * minute }]);
    clock.now = 5 * minute;
    expect(blocked()).toEqual([]);
  });

  it('is remembered in bounded memory, the ones that were quiet for the longest forgotten first', () => {
    const { guess, blocked, isSlowed, miss } = guessing({ most: 10 });
    guess('loud', 4);
    for (let index = 0; index < 100; index++) {
      miss(`quiet ${index}`, 'x');
      guess('loud', 1);
    }
    expect(isSlowed('loud')).toBe(true);
    for (let index = 0; index < 100; index++) guess(`bad ${index}`, 7);
    expect(blocked()).toHaveLength(10);
    expect(blocked().at(-1)?.key).toBe('bad 99');
  });

  it('is nobody while no rule says so', () => {
    const { miss, blocked, blockedUntil, isSlowed } = createGuessing({ rule: () => undefined, now: () => 0 });
    for (let index = 0; index < 1000; index++) miss('a');
    expect([isSlowed('a'), blockedUntil('a'), blocked()]).toEqual([false, undefined, []]);
  });

  it('is refused exactly when more than twice the allowed devices were missed within a minute', () => {
    const event = fc.record({ wait: fc.nat(30_000), item: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (events, perMinute) => {
        const { miss, blockedUntil, clock } = guessing({ perMinute });
        const seen: { at: number; item: number }[] = [];
        for (const { wait, item } of events) {
          clock.now += wait;
          seen.push({ at: clock.now, item });
          miss('a', `mac ${item}`);
          const recent = new Set(seen.filter(({ at }) => at >= clock.now - minute).map((each) => each.item));
          expect(blockedUntil('a') !== undefined).toBe(recent.size > 2 * perMinute);
          if (blockedUntil('a') !== undefined) return;
        }
      }),
    );
  });
});

it('misses count for an IPv4 address, or for the network of a host with IPv6', () => {
  expect(guesserOf('192.0.2.1')).toBe('192.0.2.1');
  expect(guesserOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(guesserOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(guesserOf('2001:db8:1:2::1')).toBe('2001:db8:1:2::/64');
  expect(guesserOf('nonsense')).toBe('nonsense');
});
