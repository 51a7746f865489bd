import { setTimeout as wait } from 'node:timers/promises';

/** Asks until what came is there, for a generous while: for what is seen only by asking. */
export async function eventually<T>(what: string, ask: () => Promise<T | false | undefined>): Promise<T> {
  const end = performance.now() + 40_000;
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await wait(10);
  }
}
