import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTimerWheel } from '../../../src/serving/tftp/timer-wheel.ts';

test('a timer goes off once, in the tick that it was set to', () => {
  const { wheel, fired } = wheelThatNotes();
  wheel.schedule(wheel.createTimer('a'), 3);
  turn(wheel, 10);
  expect(fired).toEqual(['a at 3']);
});

test('a timer that is put off waits, and one that is brought forward goes off sooner', () => {
  const { wheel, fired } = wheelThatNotes();
  const [later, sooner] = [wheel.createTimer('later'), wheel.createTimer('sooner')];
  wheel.schedule(later, 2);
  wheel.schedule(sooner, 9);
  turn(wheel, 1);
  wheel.schedule(later, 6);
  wheel.schedule(sooner, 2);
  turn(wheel, 10);
  expect(fired).toEqual(['sooner at 3', 'later at 7']);
});

test('a cancelled timer stays silent, and can be set again', () => {
  const { wheel, fired } = wheelThatNotes();
  const timer = wheel.createTimer('a');
  wheel.schedule(timer, 2);
  wheel.cancel(timer);
  turn(wheel, 5);
  wheel.schedule(timer, 1);
  turn(wheel, 5);
  expect(fired).toEqual(['a at 6']);
});

test('a timer that goes off may set itself and cancel its neighbour', () => {
  const fired: string[] = [];
  const wheel = createTimerWheel<string>((name) => {
    fired.push(`${name} at ${wheel.now()}`);
    wheel.cancel(second);
    wheel.schedule(first, 4);
  }, 4);
  const [first, second] = [wheel.createTimer('first'), wheel.createTimer('second')];
  wheel.schedule(first, 2);
  wheel.schedule(second, 2);
  turn(wheel, 8);
  expect(fired).toEqual(['first at 2', 'first at 6']);
});

test('every timer goes off at its last setting, however far off and however often it was set', () => {
  const step = fc.record({ timer: fc.nat(4), ticks: fc.integer({ min: 0, max: 40 }), turns: fc.nat(6) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const fired: string[] = [];
      const expected: string[] = [];
      const due = new Map<number, number>();
      const wheel = createTimerWheel<number>((name) => fired.push(`${name} at ${wheel.now()}`), 7);
      const timers = Array.from({ length: 5 }, (_, name) => wheel.createTimer(name));
      const go = () => {
        wheel.turn();
        for (const [name, at] of due) {
          if (at !== wheel.now()) continue;
          expected.push(`${name} at ${at}`);
          due.delete(name);
        }
      };
      for (const { timer, ticks, turns } of steps) {
        wheel.schedule(timers[timer]!, ticks);
        due.set(timer, wheel.now() + Math.max(1, ticks));
        for (let i = 0; i < turns; i++) go();
      }
      for (let i = 0; i < 50; i++) go();
      expect(fired.toSorted()).toEqual(expected.toSorted());
    }),
  );
});

function wheelThatNotes() {
  const fired: string[] = [];
  const wheel = createTimerWheel<string>((name) => fired.push(`${name} at ${wheel.now()}`), 8);
  return { wheel, fired };
}

function turn(wheel: { turn(): void }, times: number): void {
  for (let i = 0; i < times; i++) wheel.turn();
}
