import { tickLength } from './delivery.ts';
import type { Protocol } from './protocol.ts';

/** Turns the wheel while anything is under way, and rests when nothing is. */
export interface Ticking {
  /** Something may have begun. */
  wake(): void;
  /** Resolves when nothing is under way, or after so many milliseconds. */
  idle(atMost: number): Promise<void>;
  stop(): void;
}

export function createTicking({ underWay }: Pick<Protocol, 'underWay'>, turn: () => void): Ticking {
  let interval: NodeJS.Timeout | undefined;
  let onIdle = () => {};

  function stop(): void {
    clearInterval(interval);
    interval = undefined;
  }

  function tick(): void {
    turn();
    if (underWay() > 0) return;
    stop();
    onIdle();
  }

  return {
    stop,
    wake() {
      if (!interval && underWay() > 0) interval = setInterval(tick, tickLength);
    },
    async idle(atMost) {
      if (underWay() === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      onIdle = resolve;
      const patience = setTimeout(resolve, atMost);
      await promise;
      clearTimeout(patience);
    },
  };
}
