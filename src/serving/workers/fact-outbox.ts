import type { FetchFact } from '../../model/fact.ts';
import { createMoment } from '../../moment.ts';
import { createFactPacker, type PackedFacts } from './packed-facts.ts';

export interface FactOutboxOptions {
  readonly send: (facts: PackedFacts) => void;
  /** From one sending to the next at least, milliseconds. */
  readonly gatherMs?: number;
  /** So many are sent at once. */
  readonly most?: number;
  /** Facts on their way that were not taken yet; more are dropped and counted. */
  readonly bound?: number;
}

/** Gathers facts for the main thread. When that one cannot follow, facts are dropped, never phones. */
export interface FactOutbox {
  add(fact: FetchFact): void;
  /** So many that were sent were taken. */
  taken(count: number): void;
  /** Sends what waits, now. */
  flush(): void;
}

export function createFactOutbox(options: FactOutboxOptions): FactOutbox {
  const { send, gatherMs = 5, most = 250, bound = 50_000 } = options;
  const packer = createFactPacker();
  const moment = createMoment(gatherMs, flush);
  let onTheWay = 0;
  let lost = 0;

  function flush(): void {
    moment.end();
    if (packer.count === 0) return;
    onTheWay += packer.count;
    send(packer.take(lost));
    lost = 0;
  }

  return {
    flush,
    add(fact) {
      if (onTheWay + packer.count >= bound) {
        lost++;
        return;
      }
      packer.add(fact);
      if (packer.count >= most) flush();
      else moment.begin();
    },
    taken(count) {
      onTheWay -= count;
    },
  };
}
