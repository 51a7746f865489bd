/** How long to wait before the next try. */
export interface BackOff {
  /** Milliseconds: doubled each time up to the most, and of that a half to the whole by chance. */
  next(): number;
  /** It went well: the next wait is the first again. */
  reset(): void;
}

export interface BackOffOptions {
  readonly first?: number;
  readonly most?: number;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

/** By chance, so that many who lost one PBX do not all come back in one moment. */
export function createBackOff({ first = 1_000, most = 60_000, random = Math.random }: BackOffOptions = {}): BackOff {
  let pause = first;
  return {
    next() {
      const wait = pause / 2 + (random() * pause) / 2;
      pause = Math.min(2 * pause, most);
      return wait;
    },
    reset() {
      pause = first;
    },
  };
}
