import { hash } from 'node:crypto';
import { formatMac, type Mac, parseMac } from '../model/mac.ts';
import type { Canary } from '../model/notify-policy.ts';

/** A device that gets a change before the others do. */
export interface Pioneer {
  readonly mac: Mac;
  /** What it is to prove, and what it had before: it goes back to that. */
  readonly to: string;
  readonly from: string;
  /** Since when it is well: milliseconds since 1970. */
  readonly well?: number;
}

/** A change that some devices run before the others get it. Times are milliseconds since 1970. */
export interface Trial {
  /** The group whose rollout it is; of all without one of their own it is empty. */
  readonly cohort: string;
  readonly began: number;
  /** When all are to be well by. */
  readonly until: number;
  readonly require: Canary['require'];
  readonly canaries: readonly Pioneer[];
  /** How many keep their files meanwhile. */
  readonly held: number;
  /** It has failed: when, and why. */
  readonly stopped?: { readonly at: number; readonly reason: string };
  /** The others may have these. */
  readonly released?: ReadonlyMap<Mac, string>;
}

/** A device whose bytes would change. */
export interface Changing {
  readonly mac: Mac;
  /** What devices.yml may call it: its MAC, its extensions, its group. */
  readonly words: readonly string[];
  /** It has fetched before. */
  readonly isSeen: boolean;
  /** Undefined for one that has nothing yet. */
  readonly from: string | undefined;
  readonly to: string;
  /** It keeps an earlier revision by now, from that other one. */
  readonly kept?: { readonly revision: string; readonly from?: string };
}

export interface Proposal {
  readonly cohort: string;
  /** Undefined: whoever is held is let go. */
  readonly canary: Canary | undefined;
  readonly changing: readonly Changing[];
  readonly trial: Trial | undefined;
  readonly now: number;
  readonly until: number;
  /** Devices that are held and do not change now. */
  readonly held: number;
}

export interface Plan {
  readonly trial: Trial | undefined;
  readonly hold: readonly { readonly mac: Mac; readonly revision: string; readonly from: string }[];
  readonly free: readonly Mac[];
}

/**
 * Who gets a change first, and who keeps what he has until that is proven. What was released passes; what changes while
 * a change is proven is proven with it, and who went first goes first again.
 */
export function planTrial(proposal: Proposal): Plan {
  const { canary, changing, trial, cohort, now, until } = proposal;
  const kept = changing.filter(({ kept }) => kept);
  if (!canary) return { trial: undefined, hold: [], free: kept.map(({ mac }) => mac) };
  const news = changing.filter((one) => isNews(one, trial));
  if (news.length === 0) return { trial, hold: [], free: [] };
  const before = new Map(trial?.canaries.map((pioneer) => [pioneer.mac, pioneer]));
  const first = new Set([...choose(news, canary), ...news.map(({ mac }) => mac).filter((mac) => before.has(mac))]);
  const changed = new Set(news.map(({ mac }) => mac));
  const [went, rest] = [news.filter(({ mac }) => first.has(mac)), news.filter(({ mac }) => !first.has(mac))];
  const still = trial?.stopped ? [] : (trial?.canaries.filter(({ mac }) => !changed.has(mac)) ?? []);
  const free = went.filter(({ kept }) => kept).map(({ mac }) => mac);
  if (rest.length === 0 && proposal.held === 0) return { trial: undefined, hold: [], free };
  const pioneers = went.map((one): Pioneer => {
    return { mac: one.mac, to: one.to, from: before.get(one.mac)?.from ?? hadBy(one) };
  });
  const held = proposal.held + rest.length;
  return {
    trial: { cohort, began: now, until, require: canary.require, canaries: [...still, ...pioneers], held },
    hold: rest.map((one) => ({ mac: one.mac, revision: hadBy(one), from: one.to })),
    free,
  };
}

const hadBy = ({ kept, from }: Changing): string => kept?.revision ?? from ?? '';

/** Neither new devices, nor what was released, nor what is held from the same already. */
function isNews({ mac, from, to, kept }: Changing, trial: Trial | undefined): boolean {
  if (kept) return kept.from !== to || !trial || trial.released !== undefined;
  return from !== undefined && trial?.released?.get(mac) !== to;
}

/** Those that are named, or a share of all; one at least. Always the same ones, of those that can prove anything. */
function choose(news: readonly Changing[], { devices, percent = 0 }: Canary): Mac[] {
  const named = new Set(devices?.map((word) => parseMac(word) ?? word));
  const found = news.filter(({ words }) => words.some((word) => named.has(word))).map(({ mac }) => mac);
  if (found.length > 0) return found;
  const count = Math.max(1, Math.ceil((news.length * percent) / 100));
  const seen = news.filter(({ isSeen }) => isSeen);
  const places = new Map((seen.length > 0 ? seen : news).map(({ mac }) => [mac, hash('sha1', mac)]));
  const placeOf = (mac: Mac) => places.get(mac) ?? '';
  return [...places.keys()].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)).slice(0, count);
}

/** How a canary is: well; gone from the site; or in words what it lacks. */
export type Health = 'well' | 'gone' | { readonly lacks: string };

export interface Judged {
  readonly trial: Trial;
  readonly verdict: 'waiting' | 'well' | 'failed';
}

/** What the canaries have come to. Each is asked until it is well. */
export function judgeTrial(
  trial: Trial,
  now: number,
  healthOf: (pioneer: Pioneer, require: Trial['require']) => Health,
): Judged {
  if (trial.stopped || trial.released) return { trial, verdict: 'waiting' };
  const looked = trial.canaries.map((pioneer) => {
    return { pioneer, health: pioneer.well === undefined ? healthOf(pioneer, trial.require) : ('well' as const) };
  });
  const there = looked.filter(({ health }) => health !== 'gone');
  const canaries = there.map(({ pioneer, health }) =>
    health === 'well' && pioneer.well === undefined ? { ...pioneer, well: now } : pioneer,
  );
  const isSame = canaries.length === trial.canaries.length && canaries.every((one, at) => one === trial.canaries[at]);
  const judged = isSame ? trial : { ...trial, canaries };
  const lacking = there.flatMap(({ pioneer, health }) => (typeof health === 'object' ? [{ pioneer, ...health }] : []));
  if (there.length > 0 && lacking.length === 0) return { trial: judged, verdict: 'well' };
  if (there.length > 0 && now < trial.until) return { trial: judged, verdict: 'waiting' };
  return { trial: stopTrial(judged, now, reasonOf(judged, lacking)), verdict: 'failed' };
}

/** The others get nothing, and the canaries go back. */
export const stopTrial = (trial: Trial, at: number, reason: string): Trial => ({ ...trial, stopped: { at, reason } });

/** Canaries that a reason names. */
const mostNamed = 3;

function reasonOf({ canaries }: Trial, lacking: readonly { pioneer: Pioneer; lacks: string }[]): string {
  if (canaries.length === 0) return 'no canary is left in devices.yml';
  const named = lacking.slice(0, mostNamed).map(({ pioneer, lacks }) => `${formatMac(pioneer.mac)}: ${lacks}`);
  const more = lacking.length - named.length;
  const others = more > 0 ? [`and ${more} more`] : [];
  return [`${lacking.length} of ${canaries.length} canaries are not well in time`, ...named, ...others].join('; ');
}
