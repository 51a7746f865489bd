import type { BuildFact, FetchFact, NotifyFact, PhoneFact, RevisionFact, RolloutFact } from '../model/fact.ts';
import type { EventType, LiveEvent } from '../model/live-event.ts';
import { formatMac, type Mac } from '../model/mac.ts';
import type { EventTable, StoredEvent } from './events-query.ts';
import { resultOf } from './metrics.ts';

/** What people know a device by; as it is when the event is told, not when it happened. */
export interface About {
  extensionOf(mac: Mac): string | undefined;
  /** Its IP address, as far as anybody knows. */
  addressOf(mac: Mac): string | undefined;
}

/** Which tables tell of each type. */
const sourcesOf: Readonly<Record<EventType, readonly EventTable[]>> = {
  'phone.registered': ['phones'],
  'phone.unregistered': ['phones'],
  'phone.status_changed': ['phones'],
  'phone.config_changed': ['phones', 'revisions'],
  'build.finished': ['builds'],
  'fetch.finished': ['fetches'],
  'notify.finished': ['notifies'],
  'rollout.began': ['rollouts'],
  'rollout.stopped': ['rollouts'],
  'rollout.released': ['rollouts'],
  'rollout.ended': ['rollouts'],
};

export const sourcesFor = (types: Iterable<EventType>): readonly EventTable[] =>
  [...new Set([...types].flatMap((type) => sourcesOf[type]))].sort();

/** The event that a fact tells: `data` of phones has `extension`, `ip` and `timestamp`, as scripts of a former system know it. */
export function toLiveEvent(stored: StoredEvent, about: About): LiveEvent {
  const { id, source, fact } = stored;
  const device = 'device' in fact ? fact.device : undefined;
  const { event, data } = makers[source](fact as never, about);
  const time = new Date(Math.min(Math.max(fact.at, 0), latest)).toISOString();
  return { id, event, time, ...(device && { device: formatMac(device) }), data: { ...present(data), timestamp: time } };
}

/** ECMA-262, 21.4.1.1: later times have no date. */
const latest = 8.64e15;

interface Made {
  readonly event: EventType;
  readonly data: Readonly<Record<string, unknown>>;
}

const makers: { readonly [T in EventTable]: (fact: (StoredEvent & { source: T })['fact'], about: About) => Made } = {
  builds: ofBuild,
  fetches: ofFetch,
  notifies: ofNotify,
  revisions: ofRevision,
  phones: ofPhone,
  rollouts: ofRollout,
};

const named = (device: Mac | undefined, about: About) =>
  device && { extension: about.extensionOf(device), ip: about.addressOf(device), mac: formatMac(device) };

function ofBuild({ at: _, ...data }: BuildFact): Made {
  return { event: 'build.finished', data };
}

function ofFetch(fact: FetchFact, about: About): Made {
  const { at: _, device, address, ...rest } = fact;
  return { event: 'fetch.finished', data: { ...named(device, about), ip: address, result: resultOf(fact), ...rest } };
}

function ofNotify({ at: _, device, event, ...rest }: NotifyFact, about: About): Made {
  return { event: 'notify.finished', data: { ...named(device, about), sip_event: event, ...rest } };
}

function ofRevision({ device, revision, git_commit: commit }: RevisionFact, about: About): Made {
  return { event: 'phone.config_changed', data: { ...named(device, about), revision: revision ?? null, commit } };
}

function ofRollout({ at: _, state, cohort, began, ...data }: RolloutFact): Made {
  const group = cohort === '' ? undefined : cohort;
  return { event: `rollout.${state}`, data: { group, began: new Date(began).toISOString(), ...data } };
}

const ofKind: Readonly<Record<PhoneFact['kind'], EventType>> = {
  registered: 'phone.registered',
  unregistered: 'phone.unregistered',
  status: 'phone.status_changed',
  call: 'phone.status_changed',
  config: 'phone.config_changed',
};

function ofPhone({ kind, device, ...fact }: PhoneFact, about: About): Made {
  const known = named(device, about);
  const { extension = known?.extension, address: ip = known?.ip } = fact;
  const { user_agent, source, state: status, before: previous, reason } = fact;
  return {
    event: ofKind[kind],
    data: { extension, ip, mac: known?.mac, user_agent, source, status, previous, reason },
  };
}

const present = (data: Made['data']): Made['data'] =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
