import type { Mac } from '../model/mac.ts';

/** What was heard lately: a request that comes again gets the same answer, and begins nothing. */
export interface Heard {
  /** Undefined for a request that is new. */
  answerTo(key: string): { readonly bytes?: Uint8Array } | undefined;
  /** `bytes`: the answer; absent when there is none. */
  remember(key: string, bytes?: Uint8Array): void;
}

/** How long a request may come again (RFC 3261 section 17.2.2: timer J), in milliseconds. */
const life = 32_000;
/** Requests that are remembered: a building that comes back, and room. */
const most = 20_000;

export function createHeard(now: () => number): Heard {
  const requests = new Map<string, { readonly at: number; readonly bytes?: Uint8Array }>();
  return {
    answerTo: (key) => requests.get(key),
    remember(key, bytes) {
      const at = now();
      for (const [eldest, { at: then }] of requests) {
        if (then + life > at && requests.size < most) break;
        requests.delete(eldest);
      }
      requests.set(key, { at, bytes });
    },
  };
}

/** So many things a second, and as many again at once. */
export function createBudget(perSecond: number, now: () => number): () => boolean {
  let left = 2 * perSecond;
  let last = now();
  return () => {
    const at = now();
    left = Math.min(2 * perSecond, left + ((at - last) / 1000) * perSecond);
    last = at;
    if (left < 1) return false;
    left--;
    return true;
  };
}

/** NOTIFYs under way: one for each device, and not too many in all. */
export function createUnderWay(mostAtOnce: number): { take(mac: Mac): boolean; release(mac: Mac): void } {
  const macs = new Set<Mac>();
  return {
    take(mac) {
      if (macs.has(mac) || macs.size >= mostAtOnce) return false;
      macs.add(mac);
      return true;
    },
    release: (mac) => void macs.delete(mac),
  };
}
