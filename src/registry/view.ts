import type { Mac } from '../model/mac.ts';
import type { Comings } from './comings.ts';
import type { Registration } from './registration.ts';
import { mostRegistrations } from './source.ts';

/** All registrations of all sources, found by what a device is known by. */
export interface View {
  snapshot(source: string, registrations: readonly Registration[]): void;
  put(registration: Registration): void;
  drop(source: string, extension: string, contact: string): void;
  busy(source: string, extension: string, isBusy: boolean): void;
  /** The source is no more. */
  forget(source: string): void;
  ofMac(mac: Mac): Iterable<Registration>;
  ofExtension(extension: string): Iterable<Registration>;
  ofAddress(address: string): Iterable<Registration>;
  isBusy(source: string, extension: string): boolean;
  all(): Iterable<Registration>;
  /** Those of a source. */
  of(source: string): Iterable<Registration>;
  count(source: string): number;
}

/** What is long over says nothing of where a phone is now. */
const keptAfterExpiry = 24 * 60 * 60_000;

/** One registration for each source, extension and contact; each source has room for `most`. `comings` hears of changes. */
export function createView(most = mostRegistrations, now: () => number = Date.now, comings?: Comings): View {
  const bySource = new Map<string, Map<string, Registration>>();
  const busyOf = new Map<string, Set<string>>();
  const macs = createIndex<Mac>();
  const extensions = createIndex<string>();
  const addresses = createIndex<string>();

  function link(registration: Registration): void {
    for (const mac of registration.macs) macs.add(mac, registration);
    extensions.add(registration.extension, registration);
    addresses.add(registration.address, registration);
  }

  function unlink(registration: Registration): void {
    for (const mac of registration.macs) macs.remove(mac, registration);
    extensions.remove(registration.extension, registration);
    addresses.remove(registration.address, registration);
  }

  const known = (source: string) => bySource.get(source) ?? new Map<string, Registration>();

  function remove(all: Map<string, Registration>, key: string): Registration | undefined {
    const registration = all.get(key);
    if (!registration) return undefined;
    all.delete(key);
    unlink(registration);
    return registration;
  }

  /** It is over, and not only moved or forgotten. */
  function drop(all: Map<string, Registration>, key: { source: string; extension: string; contact: string }): void {
    const gone = remove(all, keyOf(key.extension, key.contact));
    comings?.dropped(key, gone);
  }

  function put(registration: Registration): void {
    const all = known(registration.source);
    bySource.set(registration.source, all);
    const key = keyOf(registration.extension, registration.contact);
    if (!all.has(key) && all.size >= most) prune(all);
    if (!all.has(key) && all.size >= most) return;
    const before = all.get(key);
    remove(all, key);
    const merged = before ? withMore(registration, before) : registration;
    all.set(key, merged);
    link(merged);
    comings?.put(merged, before);
  }

  function prune(all: Map<string, Registration>): void {
    const moment = now() - keptAfterExpiry;
    for (const [key, { expires = Number.POSITIVE_INFINITY }] of all) if (expires < moment) remove(all, key);
  }

  return {
    snapshot(source, registrations) {
      const all = known(source);
      const keys = new Set(registrations.map(({ extension, contact }) => keyOf(extension, contact)));
      for (const [key, gone] of [...all]) if (!keys.has(key)) drop(all, gone);
      for (const registration of registrations) put(registration);
      comings?.listed(source);
    },
    put,
    drop: (source, extension, contact) => drop(known(source), { source, extension, contact }),
    busy(source, extension, isBusy) {
      const all = busyOf.get(source) ?? new Set();
      busyOf.set(source, all);
      if (!isBusy) all.delete(extension);
      else if (all.size < most) all.add(extension);
    },
    forget(source) {
      for (const key of known(source).keys()) remove(known(source), key);
      bySource.delete(source);
      busyOf.delete(source);
    },
    ofMac: macs.of,
    ofExtension: extensions.of,
    ofAddress: addresses.of,
    isBusy: (source, extension) => busyOf.get(source)?.has(extension) ?? false,
    *all() {
      for (const registrations of bySource.values()) yield* registrations.values();
    },
    of: (source) => known(source).values(),
    count: (source) => known(source).size,
  };
}

const keyOf = (extension: string, contact: string): string => `${extension}\n${contact}`;

/** An event says less than a listing: what it leaves out is what was known of the same contact. */
function withMore(fresh: Registration, before: Registration): Registration {
  const knowsMore = fresh.user_agent === undefined && fresh.instance === undefined;
  return {
    ...fresh,
    ...(knowsMore && { user_agent: before.user_agent, instance: before.instance, macs: before.macs }),
    handles: { ...before.handles, ...fresh.handles },
  };
}

interface Index<Key> {
  add(key: Key, registration: Registration): void;
  remove(key: Key, registration: Registration): void;
  of(key: Key): Iterable<Registration>;
}

function createIndex<Key>(): Index<Key> {
  const found = new Map<Key, Set<Registration>>();
  return {
    add(key, registration) {
      const some = found.get(key) ?? new Set();
      found.set(key, some.add(registration));
    },
    remove(key, registration) {
      const some = found.get(key);
      some?.delete(registration);
      if (some?.size === 0) found.delete(key);
    },
    of: (key) => found.get(key) ?? [],
  };
}
