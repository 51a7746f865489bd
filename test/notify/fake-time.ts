import type { ClockEffects } from '../../src/notify/clock.ts';

/** Time that only goes on when it is told to. */
export interface FakeTime extends ClockEffects {
  /** Lets milliseconds pass, calling back whatever falls due on the way. */
  pass(milliseconds: number): void;
  /** How often something was to be woken so far. */
  readonly wakes: () => number;
}

export function createFakeTime(): FakeTime {
  const state = { now: 0, wakes: 0 };
  const sleepers = new Set<{ due: number; call: () => void }>();
  return {
    now: () => state.now,
    wakes: () => state.wakes,
    wake(after, call) {
      const sleeper = { due: state.now + after, call };
      state.wakes++;
      sleepers.add(sleeper);
      return () => void sleepers.delete(sleeper);
    },
    pass(milliseconds) {
      const end = state.now + milliseconds;
      for (;;) {
        const [next] = [...sleepers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
        if (!next) break;
        sleepers.delete(next);
        state.now = next.due;
        next.call();
      }
      state.now = end;
    },
  };
}
