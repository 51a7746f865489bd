import type { FetchFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import type { Vendor } from '../model/vendor.ts';
import type { Seen } from './finding.ts';
import type { FindingId, Severity } from './kinds.ts';

/** What is known beside the fetch log. */
export interface Known {
  readonly devices: ReadonlyMap<Mac, KnownDevice>;
  readonly vendors: ReadonlyMap<string, Vendor>;
  /** Names in out/, in lower case. */
  readonly files: ReadonlySet<string>;
  /** Whether a device has ever fetched a file of its own. */
  readonly hasFetched: (mac: Mac) => boolean;
}

export interface KnownDevice {
  readonly vendor: string;
  readonly model: string;
  /** Of its first line. */
  readonly extension?: string;
}

/**
 * Finds one thing in fetches. Pure: `begin` makes what is kept of one group of fetches, `add` tells it of one more, in the
 * order of time, and `look` says what is found by now, if anything.
 */
export interface Rule<T = unknown> {
  readonly id: FindingId;
  readonly severity: Severity;
  /** The group that a fetch belongs to, a device mostly; undefined when it says nothing here. */
  group(fact: FetchFact, known: Known): string | undefined;
  begin(): T;
  add(kept: T, fact: FetchFact): T;
  look(kept: T, known: Known): Seen | undefined;
}

/** For a list of rules that each keep something else. */
export const rule = <T>(made: Rule<T>): Rule => made as Rule;

/** A rule that a fetch says all for by itself: the last one counts. */
export function ruleOfOne(given: {
  readonly id: FindingId;
  readonly severity: Severity;
  /** What the fetch shows; undefined when nothing. */
  readonly seen: (fact: FetchFact, known: Known) => Seen | undefined;
  /** Two sightings are one finding when this is the same; by device, or address. */
  readonly group?: (fact: FetchFact) => string;
}): Rule {
  const { id, severity, seen, group = whose } = given;
  return rule<FetchFact | undefined>({
    ...{ id, severity },
    group: (fact, known) => (seen(fact, known) ? group(fact) : undefined),
    begin: () => undefined,
    add: (_, fact) => fact,
    look: (fact, known) => fact && seen(fact, known),
  });
}

export const whose = ({ device, address }: Pick<FetchFact, 'device' | 'address'>): string => device ?? address;

/** Not somebody with a browser, and no monitoring: a user agent that no vendor knows is no phone's. */
export const mayBePhone = ({ user_agent, model, firmware }: FetchFact): boolean =>
  user_agent === undefined || (model ?? firmware) !== undefined;

/** The name that was asked for, without folders. */
export const nameOf = ({ path }: Pick<FetchFact, 'path'>): string => path.split('/').at(-1)?.replace(/\?.*$/, '') ?? '';

/** For what is asked at each fetch, and the same each time. */
export function remembered<T>(make: (known: Known) => T): (known: Known) => T {
  const made = new WeakMap<Known, T>();
  return (known) => {
    const before = made.get(known);
    if (before !== undefined) return before;
    const now = make(known);
    made.set(known, now);
    return now;
  };
}
