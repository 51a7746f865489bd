import { tickLength } from './delivery.ts';
import type { Protocol } from './protocol.ts';

/** Turns the wheel while anything is under way, and rests when nothing is. */
export interface Ticking {
  /** Something may have begun. */
  wake(): void;
  /** Resolves when nothing moves any more, or after so many milliseconds. */
  rest(atMost: number): Promise<void>;
  stop(): void;
}

export function createTicking({ underWay, moving }: Pick<Protocol, 'underWay' | 'moving'>, turn: () => void): Ticking {
  let interval: NodeJS.Timeout | undefined;
  let onTick = () => {};

  function stop(): void {
    clearInterval(interval);
    interval = undefined;
  }

  function tick(): void {
    turn();
    onTick();
    if (underWay() === 0) stop();
  }

  return {
    stop,
    wake() {
      if (!interval && underWay() > 0) interval = setInterval(tick, tickLength);
    },
    async rest(atMost) {
      if (!moving()) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      onTick = () => moving() || resolve();
      const patience = setTimeout(resolve, atMost);
      await promise;
      clearTimeout(patience);
    },
  };
}
