export interface KeptPagesOptions {
  /** The site that pages are of. */
  readonly site: () => object | undefined;
  /** Grows with everything that is told. */
  readonly told: () => number;
}

interface Kept {
  /** A page in JSON. */
  readonly text: string;
  readonly site: object | undefined;
  readonly told: number;
  /** `performance.now()`. */
  readonly since: number;
}

/** Pages that are kept, a hundred devices or so each. */
const most = 32;
/** Milliseconds: with time alone a device gets from one state into another. */
const longest = 1000;

/** Gives a page again that was just made, while nothing was built or told: those who watch ask for the same all the time. */
export function createKeptPages({ site, told }: KeptPagesOptions): (key: string, make: () => unknown) => string {
  const kept = new Map<string, Kept>();

  return (key, make) => {
    const before = kept.get(key);
    const now = { site: site(), told: told(), since: performance.now() };
    if (before?.site === now.site && before?.told === now.told && now.since - before.since < longest)
      return before.text;
    const text = JSON.stringify(make());
    if (kept.size >= most) kept.clear();
    kept.set(key, { ...now, text });
    return text;
  };
}
