import type { ReturnFact, RevisionFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import { type Needs, needsIn } from '../model/needs.ts';
import { judge, type State, states, type Verdict } from './judge.ts';
import {
  addFetch,
  addNotify,
  addReturn,
  addRevision,
  emptyStanding,
  type FetchSeen,
  lastWhole,
  type NotifySeen,
  type Standing,
} from './standing.ts';

export { type State, states } from './judge.ts';

/** Everything that is known of where devices stand. */
export interface StandingFacts {
  readonly revisions: readonly RevisionFact[];
  readonly fetches: readonly FetchSeen[];
  readonly notifies: readonly NotifySeen[];
}

/** Where a device stands between the revision that it is meant to have and the one that it has fetched. */
export interface DeviceState {
  readonly mac: Mac;
  readonly state: State;
  /** For a person; parts of it may come from the network. */
  readonly reason: string;
  /** What it is meant to have, and since when: milliseconds since 1970, 0 when that is not known. */
  readonly revision: string;
  readonly built: number;
  readonly commit?: string;
  /** The last that it fetched a whole file of, when, and from which address. */
  readonly fetched_revision?: string;
  readonly fetched?: number;
  readonly address?: string;
  /** As a user agent said it. */
  readonly firmware?: string;
  /** The last NOTIFY since the revision was built. */
  readonly notified?: number;
  /** When a PBX first spoke of a registration that was made after all of the revision was fetched. */
  readonly registered?: number;
}

export interface Convergence {
  readonly add: {
    readonly revisions: (facts: readonly RevisionFact[]) => void;
    readonly fetch: (fact: FetchSeen) => void;
    readonly notify: (fact: NotifySeen) => void;
    readonly return: (fact: ReturnFact) => void;
  };
  /** Says from now on of which device something was told. */
  readonly hear: (touched: (mac: Mac) => void) => void;
  /** The last revision of a device that was told, also of one that is gone. */
  readonly wanted: (mac: Mac) => RevisionFact | undefined;
  /** Nothing is known of a device any more. */
  readonly forget: (mac: Mac) => void;
  /** Devices that are meant to have something. */
  readonly devices: () => Mac[];
  /** Undefined for a device that is not meant to have anything. */
  readonly stateOf: (mac: Mac, now: number) => DeviceState | undefined;
  /** When a device last fetched a whole file of its own; milliseconds since 1970. */
  readonly fetchedAt: (mac: Mac) => number | undefined;
  /** Grows with everything that is told. */
  readonly told: () => number;
  readonly counts: (macs: Iterable<Mac>, now: number) => Record<State, number>;
}

/** Devices that are kept; names of files carry any MAC that somebody makes up. */
const most = 250_000;

/**
 * Folds revisions, fetches and NOTIFYs, told in any order, into the state of each device. A device is `current` when of
 * each file that it needs (model/needs.ts) the last whole fetch was of the wanted revision, and not before that was built.
 */
export function createConvergence(begun: StandingFacts = { revisions: [], fetches: [], notifies: [] }): Convergence {
  const known = new Map<Mac, Standing>();
  const texts = new Map<string, string>();
  const needs = new Map<string, Needs>();
  let touched: ((mac: Mac) => void) | undefined;
  let heard = 0;

  /** File names and firmwares are few; those that somebody makes up are not kept. */
  function intern(text: string): string {
    const before = texts.get(text);
    if (before === undefined && texts.size < 10_000) texts.set(text, text);
    return before ?? text;
  }

  function needsOf(text = ''): Needs {
    const before = needs.get(text);
    if (before) return before;
    const made = needsIn(text);
    needs.set(text, made);
    return made;
  }

  function standingOf(mac: Mac): Standing | undefined {
    const before = known.get(mac);
    if (before || known.size >= most) return before;
    const made = emptyStanding();
    known.set(mac, made);
    return made;
  }

  const add: Convergence['add'] = {
    revisions(facts) {
      heard++;
      for (const fact of facts) {
        const standing = standingOf(fact.device);
        const { files, git_commit } = fact;
        const shared = { files: files && intern(files), git_commit: git_commit && intern(git_commit) };
        if (standing) addRevision(standing, { ...fact, ...shared });
        touched?.(fact.device);
      }
    },
    fetch(fact) {
      heard++;
      const standing = fact.device && standingOf(fact.device);
      if (standing) addFetch(standing, fact, intern);
      if (fact.device) touched?.(fact.device);
    },
    notify(fact) {
      heard++;
      const standing = standingOf(fact.device);
      if (standing) addNotify(standing, fact);
      touched?.(fact.device);
    },
    return(fact) {
      heard++;
      const standing = standingOf(fact.device);
      if (standing) addReturn(standing, fact);
    },
  };

  function verdictOf(standing: Standing | undefined, now: number): Verdict | undefined {
    if (standing?.wanted?.revision === undefined) return undefined;
    const { revision, at, files } = standing.wanted;
    return judge(standing, { wanted: { revision, at, needs: needsOf(files) }, now });
  }

  function stateOf(mac: Mac, now: number): DeviceState | undefined {
    const standing = known.get(mac);
    const verdict = verdictOf(standing, now);
    if (!verdict || !standing?.wanted?.revision) return undefined;
    const { wanted, place, firmware, notifies, returned } = standing;
    const last = lastWhole(standing.wholes);
    const told = notifies[0];
    return {
      mac,
      state: verdict.state,
      reason: verdict.reason(),
      revision: standing.wanted.revision,
      built: wanted.at,
      commit: wanted.git_commit,
      fetched_revision: last?.revision,
      fetched: last?.at,
      address: place?.address,
      firmware: firmware?.text,
      notified: told && told.at >= wanted.at ? told.at : undefined,
      registered:
        returned && returned.revision === wanted.revision && returned.at >= wanted.at ? returned.at : undefined,
    };
  }

  add.revisions(begun.revisions);
  for (const fact of begun.fetches) add.fetch(fact);
  for (const fact of begun.notifies) add.notify(fact);
  return {
    add,
    hear(next) {
      touched = next;
    },
    wanted: (mac) => known.get(mac)?.wanted,
    told: () => heard,
    forget(mac) {
      heard++;
      known.delete(mac);
    },
    devices: () => [...known].filter(([, { wanted }]) => wanted?.revision !== undefined).map(([mac]) => mac),
    stateOf,
    fetchedAt: (mac) => lastWhole(known.get(mac)?.wholes ?? [])?.at,
    counts(macs, now) {
      const counts = Object.fromEntries(states.map((state) => [state, 0])) as Record<State, number>;
      for (const mac of macs) {
        const state = verdictOf(known.get(mac), now)?.state;
        if (state) counts[state]++;
      }
      return counts;
    },
  };
}
