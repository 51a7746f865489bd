import { expect, test } from 'vitest';
import { rolloutNews } from '../../src/rollout/news.ts';
import type { Trial } from '../../src/rollout/trial.ts';

const trial = (more: Partial<Trial> = {}): Trial => ({
  ...{ cohort: 'office', began: 1000, until: 9000, require: 'fetched', canaries: [], held: 3 },
  ...more,
});
const known = (...trials: readonly Trial[]) => new Map(trials.map((one) => [one.cohort, one]));
const states = (before: Map<string, Trial>, after: Map<string, Trial>) =>
  rolloutNews(before, after, 5000).map(({ cohort, began, state, reason }) => [cohort, began, state, reason]);

test('a rollout begins, is stopped or released, and ends, each told once', () => {
  const begun = known(trial());
  expect(states(known(), begun)).toEqual([['office', 1000, 'began', undefined]]);
  expect(states(begun, known(trial({ held: 2 })))).toEqual([]);
  const stopped = known(trial({ stopped: { at: 4000, reason: 'a canary is stuck' } }));
  expect(states(begun, stopped)).toEqual([['office', 1000, 'stopped', 'a canary is stuck']]);
  expect(states(stopped, stopped)).toEqual([]);
  const released = known(trial({ released: new Map() }));
  expect(states(stopped, released)).toEqual([['office', 1000, 'released', undefined]]);
  expect(states(released, known())).toEqual([['office', 1000, 'ended', undefined]]);
});

test('one that takes the place of another begins, and the other ends', () => {
  const [one, other] = [known(trial()), known(trial({ began: 2000 }))];
  expect(states(one, other).map(([, began, state]) => [began, state])).toEqual([
    [1000, 'ended'],
    [2000, 'began'],
  ]);
  expect(rolloutNews(known(), other, 5000)).toEqual([
    { at: 5000, state: 'began', cohort: 'office', began: 2000, canaries: 0, held: 3 },
  ]);
});
