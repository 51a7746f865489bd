import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClock } from '../../src/notify/clock.ts';
import { createFakeTime } from './fake-time.ts';

test('rings when the time has come, and in the order in which alarms were set', () => {
  const time = createFakeTime();
  const clock = createClock(time);
  const rung: string[] = [];
  clock.set(20, () => rung.push('later'));
  clock.set(10, () => rung.push('first'));
  clock.set(10, () => rung.push('second'));
  time.pass(9);
  expect(rung).toEqual([]);
  time.pass(1);
  expect(rung).toEqual(['first', 'second']);
  time.pass(100);
  expect(rung).toEqual(['first', 'second', 'later']);
});

test('takes alarms that a bell sets, and does not ring what a bell clears', () => {
  const time = createFakeTime();
  const clock = createClock(time);
  const rung: string[] = [];
  const doomed = clock.set(10, () => rung.push('doomed'));
  clock.set(5, () => {
    rung.push('bell');
    clock.clear(doomed);
    clock.clear(doomed);
    clock.set(5, () => rung.push('set by the bell'));
  });
  time.pass(100);
  expect(rung).toEqual(['bell', 'set by the bell']);
});

test('rings nothing after it stopped', () => {
  const time = createFakeTime();
  const clock = createClock(time);
  clock.set(5, () => expect.unreachable());
  clock.stop();
  time.pass(100);
});

test('wakes the machine once for many alarms', () => {
  const time = createFakeTime();
  const clock = createClock(time);
  for (let index = 0; index < 1_000; index++) clock.set(500, () => {});
  time.pass(1_000);
  expect(time.wakes()).toBe(1);
});

test('rings every alarm that is not cleared, each in its time', () => {
  const plan = fc.array(fc.record({ after: fc.nat(1_000), cleared: fc.boolean(), pass: fc.nat(200) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(plan, (steps) => {
      const time = createFakeTime();
      const clock = createClock(time);
      const rung = new Map<number, number>();
      const alarms = steps.map(({ after, pass }, index) => {
        const alarm = clock.set(after, () => rung.set(index, clock.now()));
        time.pass(pass);
        return alarm;
      });
      const pending = alarms.map(({ place }) => place >= 0);
      steps.forEach(({ cleared }, index) => {
        if (cleared) clock.clear(alarms[index]!);
      });
      time.pass(2_000);
      steps.forEach(({ cleared }, index) => {
        expect(rung.get(index)).toBe(cleared && pending[index] ? undefined : alarms[index]!.due);
      });
    }),
  );
});
