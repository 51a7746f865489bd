/** Which counts of which nonces were used, so that a request that somebody overheard is not taken twice. */
export interface Replays {
  /** True the first time that this count comes with this nonce. */
  isFirst(nonce: { readonly text: string; readonly issuedAt: number }, count: number): boolean;
}

interface Used {
  readonly issuedAt: number;
  highest: number;
  /** Bit n: the count `highest - n` was used. Requests on several connections overtake one another. */
  window: number;
}

const windowSize = 32;

/**
 * Remembers `most` nonces, the ones that were used last. Of one that had to be forgotten, and of every nonce that is as
 * old, nothing can be said any more: it is taken for used, and the client gets a new one.
 */
export function createReplays(most = 10_000): Replays {
  const nonces = new Map<string, Used>();
  let forgotten = Number.NEGATIVE_INFINITY;

  function remember(text: string, used: Used): void {
    nonces.delete(text);
    nonces.set(text, used);
    for (const [eldest, { issuedAt }] of nonces) {
      if (nonces.size <= most) break;
      nonces.delete(eldest);
      forgotten = Math.max(forgotten, issuedAt);
    }
  }

  return {
    isFirst({ text, issuedAt }, count) {
      const used = nonces.get(text);
      if (used === undefined && issuedAt <= forgotten) return false;
      const { highest, window } = used ?? { highest: 0, window: 0 };
      const behind = highest - count;
      if (behind >= windowSize || (behind >= 0 && ((window >>> behind) & 1) === 1)) return false;
      const moved = behind >= 0 ? window : -behind >= windowSize ? 0 : window << -behind;
      const mark = behind >= 0 ? 1 << behind : 1;
      remember(text, { issuedAt, highest: Math.max(highest, count), window: moved | mark });
      return true;
    },
  };
}
