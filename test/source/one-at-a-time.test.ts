import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { oneAtATime } from '../../src/source/one-at-a-time.ts';

/** Work that ends when it is told to, and says what is going on. */
function createBench() {
  const open: ((fails?: boolean) => void)[] = [];
  const seen = { started: 0, running: 0, most: 0 };
  const run = oneAtATime(() => {
    const number = ++seen.started;
    seen.most = Math.max(seen.most, ++seen.running);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    open.push((fails = false) => {
      seen.running--;
      if (fails) reject(new Error(`run ${number} fails`));
      else resolve(number);
    });
    return promise;
  });
  return { run, seen, open, end: (fails?: boolean) => open.shift()?.(fails) };
}

/** Long enough for every promise that can settle by itself. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('one at a time', () => {
  /*
   * A schedule in letters: c calls, e ends the run under way, f fails it, `.` waits until all is quiet. Wanted: which
   * run each of the calls gets, ! when it fails.
   */
  test.each<[sentence: string, schedule: string, runs: string]>([
    ['begins at once when nothing runs', 'c.e', '1'],
    ['runs again for each call that comes after the last run', 'c.e.c.e.c.e', '1 2 3'],
    ['runs once more for a call during a run', 'c.c.e.e', '1 2'],
    ['runs once more for however many calls during a run', 'c.cccc.c.e.e', '1 2 2 2 2 2'],
    ['runs again for a call during the run that others waited for', 'c.cc.e.c.e.e', '1 2 2 3'],
    ['takes two calls at once for one and another one', 'cc.e.e', '1 2'],
    ['goes on after a run that failed', 'c.f.c.e', '1! 2'],
    ['tells a failure to nobody but those whose run it was', 'c.cc.f.e', '1! 2 2'],
    ['tells a failure to all whose run it was', 'c.cc.e.f.c.e', '1 2! 2! 3'],
    ['begins no other run in the moment in which one ends', 'c.ec.e.e', '1 2'],
    ['begins no other run in the moment between two of them', 'c.c.ec.e.e', '1 2 2'],
  ])('%s', async (_, schedule, runs) => {
    const { run, seen, end } = createBench();
    const calls: Promise<string>[] = [];
    for (const letter of schedule) {
      if (letter === 'c') calls.push(run().then(String, (error) => `${/\d+/.exec(error.message)?.[0]}!`));
      if (letter === 'e' || letter === 'f') end(letter === 'f');
      if (letter === '.') await settle();
    }
    await settle();
    end();
    expect((await Promise.all(calls)).join(' ')).toBe(runs);
    expect(seen.most).toBe(1);
  });

  test('never overlaps and loses no change, whatever the schedule', async () => {
    const step = fc.constantFrom('call', 'end', 'fail', 'tick', 'settle');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (schedule) => {
        const { run, seen, end } = createBench();
        const calls: Promise<boolean>[] = [];
        for (const action of schedule) {
          const before = seen.started;
          // A call is answered by a run that began after it, or with it.
          if (action === 'call')
            calls.push(
              run().then(
                (number) => number > before,
                () => true,
              ),
            );
          if (action === 'end' || action === 'fail') end(action === 'fail');
          if (action === 'tick') await Promise.resolve();
          if (action === 'settle') await settle();
          expect(seen.running).toBeLessThanOrEqual(1);
        }
        for (let round = 0; round < 3; round++) {
          await settle();
          end();
        }
        expect(await Promise.all(calls)).not.toContain(false);
        expect(seen.most).toBeLessThanOrEqual(1);
        expect(seen.running).toBe(0);
      }),
    );
  });

  test('calls of those who have just been answered do not overlap either', async () => {
    const { run, seen, end } = createBench();
    const again = run().then(() => Promise.all([run(), run()]));
    const other = run();
    end();
    await settle();
    end();
    await settle();
    end();
    await Promise.all([again, other]);
    expect(seen.most).toBe(1);
  });

  test('a run that throws before it waits for anything fails like any other', async () => {
    const run = oneAtATime<number>(() => {
      throw new Error('at once');
    });
    await expect(run()).rejects.toThrow('at once');
    await expect(run()).rejects.toThrow('at once');
  });
});
