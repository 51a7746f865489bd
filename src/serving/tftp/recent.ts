/** Remembers keys for a while: at least `lifetime`, at most twice as long, and never more than `most` of them. */
export interface Recent {
  add(key: string): void;
  has(key: string): boolean;
}

/** Two generations instead of a timer per key; `now` in milliseconds, steady. */
export function createRecent(lifetime: number, now: () => number, most = 50_000): Recent {
  let young = new Set<string>();
  let old = new Set<string>();
  let turned = now();

  function age(): void {
    const passed = now() - turned;
    if (passed < lifetime && young.size < most / 2) return;
    old = passed < 2 * lifetime ? young : new Set();
    young = new Set();
    turned = now();
  }

  return {
    add(key) {
      age();
      young.add(key);
    },
    has(key) {
      age();
      return young.has(key) || old.has(key);
    },
  };
}
