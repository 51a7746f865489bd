import { setImmediate as nextTurn } from 'node:timers/promises';

/** To be asked now and then during long work: a promise to be waited for when others should have their turn. */
export type Breathe = () => Promise<unknown> | undefined;

/** Gives sockets their turn after so many milliseconds of work: a phone must not wait for a build. */
export function createBreathe(longest = 10): Breathe {
  let since = performance.now();
  return () => {
    if (performance.now() - since < longest) return undefined;
    return nextTurn().then(() => {
      since = performance.now();
    });
  };
}
