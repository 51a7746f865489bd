import type { Log } from '../log.ts';
import { sentenceOf } from './database.ts';

export interface PruningOptions {
  /** Deletes some; true when there is more. */
  readonly step: () => boolean;
  readonly everyMs: number;
  readonly log: Log;
}

/** Between two steps of one round, so that other work has its turn. */
const pauseMs = 20;

/** Prunes every so often, in small steps. A failure costs one line in the log until it works again. */
export function startPruning({ step, everyMs, log }: PruningOptions): { step: () => boolean; stop: () => void } {
  let failing = false;
  const guarded = (): boolean => {
    try {
      const more = step();
      failing = false;
      return more;
    } catch (error) {
      if (!failing) log.warn('the journal cannot be pruned', { reason: sentenceOf(error) });
      failing = true;
      return false;
    }
  };
  const again = (ms: number): NodeJS.Timeout => setTimeout(run, ms).unref();
  const run = () => {
    timer = again(guarded() ? pauseMs : everyMs);
  };
  let timer = again(everyMs);
  return { step: guarded, stop: () => clearTimeout(timer) };
}
