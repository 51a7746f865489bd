import { createBreathe } from '../breath.ts';
import type { PhoneFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import type { Convergence } from './convergence.ts';

export interface StatusesOptions {
  readonly convergence: Pick<Convergence, 'devices' | 'stateOf'>;
  /** The state of each device that was told last, by MAC. */
  readonly stood: () => Iterable<readonly [device: string, state: string]>;
  /** Writes down; never rejects. */
  readonly record: (facts: readonly PhoneFact[]) => Promise<void>;
  /** Whether anybody wants to know. */
  readonly isWanted: () => boolean;
  readonly now?: () => number;
  /** Milliseconds between two looks at devices of which something was told, and at all: time alone changes some. */
  readonly everyMs?: number;
  readonly sweepMs?: number;
}

/** Writes down each change of a device's state while somebody wants to know. What changed meanwhile is one change. */
export interface Statuses {
  /** Something was told of the device. Costs next to nothing. */
  touched(mac: Mac): void;
  /** Resolves when all is written. */
  stop(): Promise<void>;
}

/** Facts that are written at once. */
const together = 1000;

export function createStatuses(options: StatusesOptions): Statuses {
  const { convergence, stood, record, isWanted, now = Date.now, everyMs = 1000, sweepMs = 30_000 } = options;
  /** Undefined while nobody wants to know. */
  let known: Map<string, string> | undefined;
  let dirty = new Set<Mac>();
  let sweptAt = 0;
  let isStopped = false;
  let running = Promise.resolve();
  let timer = setTimeout(tick, everyMs).unref();

  function tick(): void {
    running = look().then(() => {
      if (!isStopped) timer = setTimeout(tick, everyMs).unref();
    });
  }

  async function look(): Promise<void> {
    if (!isWanted()) {
      known = undefined;
      dirty.clear();
      return;
    }
    if (known === undefined) {
      known = new Map(stood());
      sweptAt = Number.NEGATIVE_INFINITY;
    }
    const isSweep = now() - sweptAt >= sweepMs;
    if (isSweep) sweptAt = now();
    const some = isSweep ? convergence.devices() : [...dirty];
    dirty = new Set();
    await examine(some, known);
  }

  async function examine(macs: readonly Mac[], states: Map<string, string>): Promise<void> {
    const breathe = createBreathe();
    let facts: PhoneFact[] = [];
    for (const mac of macs) {
      const fact = changeOf(mac, states);
      if (fact) facts.push(fact);
      if (facts.length >= together) {
        await record(facts);
        facts = [];
      }
      const pause = breathe();
      if (pause) await pause;
    }
    if (facts.length > 0) await record(facts);
  }

  function changeOf(mac: Mac, states: Map<string, string>): PhoneFact | undefined {
    const found = convergence.stateOf(mac, now());
    const before = states.get(mac);
    if (!found || found.state === before) return undefined;
    const { state, reason } = found;
    states.set(mac, state);
    return { at: now(), kind: 'status', device: mac, state, before, reason };
  }

  return {
    touched(mac) {
      if (known !== undefined) dirty.add(mac);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
