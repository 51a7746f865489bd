import type { FetchFact } from '../../model/fact.ts';
import { createFactPacker, type PackedFacts } from './packed-facts.ts';

export interface FactOutboxOptions {
  readonly send: (facts: PackedFacts) => void;
  /** From the first fact to its sending, milliseconds. */
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
  let timer: NodeJS.Timeout | undefined;
  let onTheWay = 0;
  let lost = 0;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
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
      else timer ??= setTimeout(flush, gatherMs);
    },
    taken(count) {
      onTheWay -= count;
    },
  };
}
