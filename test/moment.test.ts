import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createMoment } from '../src/moment.ts';

const never = 10_000_000;

test('what comes alone is done at the end of this turn, once however often it begins', async () => {
  let done = 0;
  const moment = createMoment(never, () => {
    moment.end();
    done++;
  });
  moment.begin();
  moment.begin();
  expect(done).toBe(0);
  await nextTurn();
  await nextTurn();
  expect(done).toBe(1);
});

test('what comes soon after waits for its moment, and for none that has ended', async () => {
  let done = 0;
  const work = () => {
    moment.end();
    done++;
  };
  const moment = createMoment(never, work);
  moment.end();
  moment.begin();
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  expect(done).toBe(0);
  moment.end();

  const short = createMoment(1, () => {
    short.end();
    done++;
  });
  short.end();
  short.begin();
  await expect.poll(() => done).toBe(1);
});
