import { formatAddress, parseAddress } from '../../model/cidr.ts';
import type { GuessingRule } from './rules.ts';

/** Finds out who asks for one device after another to see which ones there are. Only misses count. */
export interface Guessing {
  /** Until when (milliseconds since 1970) the key is refused; undefined when it is not. */
  blockedUntil(key: string): number | undefined;
  /** Whether its answers are to be slowed. */
  isSlowed(key: string): boolean;
  /** One more miss. The same item again is no further miss: a phone that is not listed may ask as often as it likes. */
  miss(key: string, item?: string): void;
  /** Another worker counted a miss. */
  hear(miss: Miss): void;
  /** Another worker found it guessing. */
  block(key: string, until: number): void;
  /** Who is refused now, and until when. */
  blocked(): { readonly key: string; readonly until: number }[];
}

/** A miss, as workers tell each other. */
export interface Miss {
  readonly key: string;
  readonly item?: string;
}

export interface GuessingOptions {
  readonly rule: () => GuessingRule | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called when a key is refused from now on. */
  readonly found?: (key: string, until: number) => void;
  /** Called with each miss that is a further one. */
  readonly counted?: (miss: Miss) => void;
  /** How many keys are remembered; the ones that were quiet for the longest are forgotten. */
  readonly most?: number;
}

const minute = 60_000;

interface Suspect {
  /** When each item was missed last, oldest first. */
  readonly misses: Map<string, number>;
  count: number;
}

export function createGuessing({ rule, now, found, counted, most = 10_000 }: GuessingOptions): Guessing {
  const suspects = new Map<string, Suspect>();
  const refused = new Map<string, number>();

  const block = (key: string, until: number) => {
    refused.delete(key);
    refused.set(key, until);
    suspects.delete(key);
    forgetOver(refused, most);
  };

  const blockedUntil = (key: string): number | undefined => {
    const until = refused.get(key);
    if (until === undefined || rule() === undefined) return undefined;
    if (until > now()) return until;
    refused.delete(key);
    return undefined;
  };

  const count = ({ key, item }: Miss, tell?: (miss: Miss) => void): void => {
    const { perMinute, refuseMinutes } = rule() ?? {};
    if (perMinute === undefined || refuseMinutes === undefined || blockedUntil(key) !== undefined) return;
    const suspect = suspects.get(key) ?? { misses: new Map(), count: 0 };
    suspects.delete(key);
    suspects.set(key, suspect);
    forgetOver(suspects, most);
    forgetBefore(suspect.misses, now() - minute);
    const name = item ?? `#${suspect.count++}`;
    // Moved to the end: the oldest are first.
    if (!suspect.misses.delete(name)) tell?.({ key, item });
    suspect.misses.set(name, now());
    if (suspect.misses.size <= 2 * perMinute) return;
    const until = now() + refuseMinutes * minute;
    block(key, until);
    found?.(key, until);
  };

  return {
    block,
    blockedUntil,
    hear: (miss) => count(miss),
    miss: (key, item) => count({ key, item }, counted),
    isSlowed(key) {
      const { perMinute } = rule() ?? {};
      const suspect = suspects.get(key);
      if (suspect === undefined || perMinute === undefined) return false;
      forgetBefore(suspect.misses, now() - minute);
      return suspect.misses.size > perMinute;
    },
    blocked: () =>
      rule() === undefined
        ? []
        : [...refused].filter(([, until]) => until > now()).map(([key, until]) => ({ key, until })),
  };
}

function forgetOver(entries: Map<string, unknown>, most: number): void {
  for (const eldest of entries.keys()) {
    if (entries.size <= most) return;
    entries.delete(eldest);
  }
}

function forgetBefore(misses: Map<string, number>, moment: number): void {
  for (const [item, at] of misses) {
    if (at >= moment) return;
    misses.delete(item);
  }
}

/** Whose misses are counted together: one IPv4 address, or the /64 that one host can take its IPv6 addresses from. */
export function guesserOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return address;
  if (parsed.family === 4) return formatAddress(4, BigInt(parsed.value));
  return `${formatAddress(6, (parsed.value >> 64n) << 64n)}/64`;
}
