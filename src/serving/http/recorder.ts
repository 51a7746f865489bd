import type { Log } from '../../log.ts';
import type { FetchFact } from '../../model/fact.ts';
import { type Agent, cutUserAgent } from '../../model/user-agent.ts';
import type { Recorder } from './exchange.ts';

export interface RecorderOptions {
  readonly record: (fact: FetchFact) => void;
  readonly identify: (userAgent: string) => Agent;
  readonly log: Log;
}

export interface KeptRecorder extends Recorder {
  /** What is known of user agents is asked anew: the patterns may have changed. To be called now and then. */
  forget(): void;
}

/** More user agents within a moment are somebody's game, and not worth the memory. */
const mostAgents = 10_000;

/**
 * A fault in a function that was handed in costs its fact, not the process. A phone asks for several files at once: who it
 * says it is is read once.
 */
export function createRecorder({ record, identify, log }: RecorderOptions): KeptRecorder {
  const agents = new Map<string, ReturnType<Recorder['identify']>>();
  const attempt = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (error) {
      log.error(`a fetch cannot be recorded: ${error}`);
      return otherwise;
    }
  };
  return {
    record: (fact) => attempt(() => record(fact), undefined),
    identify(userAgent) {
      const known = agents.get(userAgent);
      if (known !== undefined) return known;
      const read = { text: cutUserAgent(userAgent), agent: attempt(() => identify(userAgent), {}) };
      if (agents.size < mostAgents) agents.set(userAgent, read);
      return read;
    },
    forget: () => agents.clear(),
  };
}
