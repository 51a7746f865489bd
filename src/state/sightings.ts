import { isExamined } from '../model/examination.ts';
import type { FetchFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';

/** The last fetch of a device's files of some kind. */
export interface Visit {
  readonly address: string;
  readonly at: number;
  /** Absent where the protocol has none. */
  readonly user_agent?: string;
}

/** The last fetch, the last that named a user agent, and the last by what a vendor knows: a browser is not the phone. */
export function visitsOf({ address, last_seen, phone, ...named }: Sighting): readonly Visit[] {
  const { user_agent, user_agent_at = -1, user_agent_address = address } = named;
  const last = { address, at: last_seen, user_agent: user_agent_at === last_seen ? user_agent : undefined };
  const visits = [last, { address: user_agent_address, at: user_agent_at, user_agent }];
  return [...(user_agent === undefined ? [last] : visits), ...(phone ? [phone] : [])];
}

/** What a device's fetches tell of it. Times are milliseconds since 1970. */
export interface Sighting {
  readonly device: Mac;
  /** Where the last fetch came from. */
  readonly address: string;
  readonly protocol: FetchFact['protocol'];
  /** Of the last fetch that named one (TFTP has none), with the model and firmware that it says. */
  readonly user_agent?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly user_agent_at?: number;
  readonly user_agent_address?: string;
  /** The last fetch whose user agent some vendor knows. */
  readonly phone?: Visit;
  /** What the last fetch that ended well gave, of those that are of a revision. */
  readonly revision?: string;
  readonly revision_at?: number;
  readonly first_seen: number;
  readonly last_seen: number;
}

/**
 * Folds one fetch into what is known of its device. Fetches may come in any order (a long transfer is told late); of two
 * at one instant the later told counts. A refusal of the one who asks (401, 403) says nothing of the device.
 */
export function see(known: Sighting | undefined, fact: FetchFact): Sighting | undefined {
  const { device, at, address, protocol } = fact;
  if (device === undefined || fact.status === 401 || fact.status === 403 || isExamined(fact)) return known;
  const begun = known ?? { device, address, protocol, first_seen: at, last_seen: at };
  const place = at >= begun.last_seen ? { address, protocol, last_seen: at } : {};
  const first_seen = Math.min(at, begun.first_seen);
  return {
    ...begun,
    ...agentOf(begun, fact),
    ...phoneOf(begun, fact),
    ...revisionOf(begun, fact),
    ...place,
    first_seen,
  };
}

function agentOf(known: Sighting, { at, address, user_agent, model, firmware }: FetchFact): Partial<Sighting> {
  if (user_agent === undefined || at < (known.user_agent_at ?? at)) return {};
  return { user_agent, model, firmware, user_agent_at: at, user_agent_address: address };
}

function phoneOf(known: Sighting, { at, address, user_agent, model, firmware }: FetchFact): Partial<Sighting> {
  if ((model ?? firmware) === undefined || at < (known.phone?.at ?? at)) return {};
  return { phone: { address, at, user_agent } };
}

function revisionOf(known: Sighting, { at, revision, complete, status }: FetchFact): Partial<Sighting> {
  if (revision === undefined || !complete || status >= 400 || at < (known.revision_at ?? at)) return {};
  return { revision, revision_at: at };
}

export interface Sightings {
  readonly add: (fact: FetchFact) => void;
  readonly of: (device: Mac) => Sighting | undefined;
  readonly all: () => Sighting[];
  /** Devices whose last fetch came from an address. */
  readonly at: (address: string) => readonly Mac[];
}

/**
 * Keeps the sightings in memory: begun with what the journal has seen (`journal.seen()`), then told each fetch.
 * @param most devices that are kept, since whoever can ask for a file can make up MACs; those beyond are not taken in
 */
export function createSightings(seen: Iterable<FetchFact> = [], most = 250_000): Sightings {
  const known = new Map<Mac, Sighting>();
  const there = new Map<string, Set<Mac>>();
  const add = (fact: FetchFact) => {
    if (fact.device === undefined || (known.size >= most && !known.has(fact.device))) return;
    const sighting = see(known.get(fact.device), fact);
    if (sighting === undefined) return;
    move(fact.device, known.get(fact.device)?.address, sighting.address);
    known.set(fact.device, sighting);
  };
  function move(device: Mac, from: string | undefined, to: string): void {
    if (from === to) return;
    const before = from === undefined ? undefined : there.get(from);
    before?.delete(device);
    if (from !== undefined && before?.size === 0) there.delete(from);
    there.set(to, (there.get(to) ?? new Set()).add(device));
  }
  for (const fact of seen) add(fact);
  return {
    add,
    of: (device) => known.get(device),
    all: () => [...known.values()],
    at: (address) => [...(there.get(address) ?? [])],
  };
}
