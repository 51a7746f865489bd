import type { Mac } from '../model/mac.ts';
import type { Trial } from '../rollout/trial.ts';
import { readTrials } from './trials.ts';
import { readOwedRows } from './written.ts';

/** How many wait for something, and until when the first of them does at the longest: milliseconds since 1970. */
export interface Waiting {
  readonly devices: number;
  readonly until: number;
}

/** How it is with the changes that not everybody has yet. */
export interface RolloutReport {
  readonly trials: readonly Trial[];
  /** By the word for what they wait for: `window`, `call`, `retry`, `address`, `answer`; `turn` for those that are told as the pace allows. */
  readonly waiting: Readonly<Partial<Record<string, Waiting>>>;
  /** Of each device that waits why, in words. */
  readonly reasons: ReadonlyMap<Mac, string>;
}

/** Read from the state folder alone, while a daemon may be running. @throws Error with a sentence when that is not possible */
export function readRollout({ state, out }: { readonly state: string; readonly out: string }): RolloutReport {
  const rows = readOwedRows({ folder: state, out });
  const byWait = Map.groupBy(rows, ({ waits = 'turn' }) => waits);
  const waiting = [...byWait].map(([word, some]): [string, Waiting] => {
    return [word, { devices: some.length, until: some.reduce((first, { due }) => Math.min(first, due), some[0]!.due) }];
  });
  const reasons = rows.flatMap(({ mac, waits = 'turn', due }): [Mac, string][] => {
    const words = wordsFor[waits];
    return words ? [[mac, words(new Date(due).toISOString())]] : [];
  });
  return { trials: readTrials(state), waiting: Object.fromEntries(waiting), reasons: new Map(reasons) };
}

const wordsFor: Readonly<Partial<Record<string, (due: string) => string>>> = {
  window: (due) => `it waits for its window until ${due}`,
  call: () => 'it is in a call, and is told when that is over',
  retry: (due) => `it is told again at ${due}`,
  answer: () => 'a NOTIFY to it is under way, and has no answer yet',
  address: (due) => `nobody knows where it is; that is looked for again at ${due}`,
};
