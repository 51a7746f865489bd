import { formatMac } from '../model/mac.ts';
import { visible } from '../problem.ts';
import type { Trial } from '../rollout/trial.ts';
import { ago } from '../state/judge.ts';
import type { RolloutReport } from '../state/rollout-report.ts';

/** One line or a few for each rollout, and one for who waits for what; nothing when nobody waits for anything. */
export function rolloutLines({ trials, waiting }: RolloutReport, now: number): string[] {
  const waits = Object.entries(waiting).flatMap(([word, found]) => {
    const words = waitWords[word];
    return words && found ? [`${found.devices} ${words(new Date(found.until).toISOString())}`] : [];
  });
  const lines = trials.flatMap((trial) => trialLines(trial, now));
  return [...lines, ...(waits.length > 0 ? [`not told yet: ${waits.join(', ')}`] : [])];
}

const waitWords: Readonly<Partial<Record<string, (until: string) => string>>> = {
  window: (until) => `until their window opens (${until})`,
  call: () => 'until their call is over',
  retry: (until) => `until the next try (${until})`,
  address: () => 'of which nobody knows where they are',
  answer: () => 'whose answer is awaited',
  turn: () => 'as the pace allows',
};

function trialLines({ cohort, canaries, held, until, stopped, released }: Trial, now: number): string[] {
  const of = cohort === '' ? '' : ` of group ${cohort}`;
  const well = canaries.filter((canary) => canary.well !== undefined).length;
  if (released) return [`rollout${of}: all canaries are well, the others get the change`];
  if (!stopped) {
    const progress = `${well} of ${canaries.length} canaries are well, until ${new Date(until).toISOString()}`;
    return [`rollout${of}: ${progress}; ${devices(held)} until then`];
  }
  return [
    visible(`ROLLOUT${of} STOPPED ${ago(stopped.at, now)}: ${stopped.reason}`),
    `  ${devices(held)}, and the canaries went back to theirs (${names(canaries)})`,
    '  put right what git says, and the canaries try that; or let all have it: offhook rollout go',
  ];
}

const devices = (count: number): string =>
  count === 1 ? '1 device keeps its files' : `${count} devices keep their files`;

/** Canaries that are named. */
const mostNamed = 5;

function names(canaries: Trial['canaries']): string {
  const more = canaries.length - mostNamed;
  const named = canaries.slice(0, mostNamed).map(({ mac }) => formatMac(mac));
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** As machines read it; times in milliseconds since 1970. */
export function rolloutJson({ trials, waiting }: RolloutReport): unknown {
  return {
    trials: trials.map(({ cohort, released, stopped, ...trial }) => ({
      group: cohort === '' ? undefined : cohort,
      state: stopped ? 'stopped' : released ? 'released' : 'proving',
      ...trial,
      stopped,
    })),
    waiting,
  };
}
