import type { RolloutFact } from '../model/fact.ts';
import type { Trial } from './trial.ts';

type Trials = ReadonlyMap<string, Trial>;

/** What became of rollouts, between what was known of them and what is; `at`: milliseconds since 1970. */
export function rolloutNews(before: Trials, after: Trials, at: number): RolloutFact[] {
  const facts: RolloutFact[] = [];
  const tell = ({ cohort, began, canaries, held }: Trial, state: RolloutFact['state'], reason?: string) =>
    facts.push({ at, state, cohort, began, canaries: canaries.length, held, ...(reason !== undefined && { reason }) });
  for (const [cohort, trial] of before) if (after.get(cohort)?.began !== trial.began) tell(trial, 'ended');
  for (const [cohort, trial] of after) {
    const known = before.get(cohort);
    const last = known?.began === trial.began ? known : undefined;
    if (!last) tell(trial, 'began');
    if (trial.stopped && !last?.stopped) tell(trial, 'stopped', trial.stopped.reason);
    if (trial.released && !last?.released) tell(trial, 'released');
  }
  return facts;
}
