import type { PhoneFact } from './model/fact.ts';
import type { Mac } from './model/mac.ts';
import type { Site } from './model/site.ts';
import { type Comings, createComings } from './registry/comings.ts';
import type { News } from './registry/posts.ts';
import type { Registration } from './registry/registration.ts';
import type { Current } from './state/current.ts';
import type { JournalThread } from './state/journal-thread.ts';

export interface ArrivalsOptions {
  readonly journal: Pick<JournalThread, 'add' | 'registered'>;
  readonly current: Pick<Current, 'build' | 'device'>;
  readonly now?: () => number;
}

/** What the registry is to tell of phones that come and go: each is a fact in the journal. */
export interface Arrivals {
  readonly comings: Comings;
  readonly told: (news: News) => void;
}

export function createArrivals({ journal, current, now = Date.now }: ArrivalsOptions): Arrivals {
  const deviceOf = createDeviceOf(current);
  let facts: PhoneFact[] = [];

  /** Those of one listing are written together. */
  function add(fact: PhoneFact): void {
    facts.push(fact);
    if (facts.length === 1) setImmediate(write);
  }

  function write(): void {
    const written = facts;
    facts = [];
    void journal.add.phones(written);
  }

  const came = (registration: Registration) => {
    const { extension, address, contact, user_agent, source } = registration;
    const device = deviceOf(registration);
    add({ at: now(), kind: 'registered', device, extension, address, contact, user_agent, source });
  };

  const comings = createComings({
    remembered: journal.registered(),
    came,
    went(gone) {
      const { extension, address, contact, source } = gone;
      add({ at: now(), kind: 'unregistered', device: deviceOf(gone), extension, address, contact, source });
    },
  });
  return {
    comings,
    told: ({ extension, ...news }) =>
      add({ at: now(), ...news, extension, device: deviceOf({ extension }), source: 'webhook' }),
  };
}

/** Whose registration it is: by its MAC, or because nobody else has its extension. */
export function createDeviceOf(current: ArrivalsOptions['current']) {
  const ownersOf = createOwners();
  return ({ macs = [], extension }: { macs?: readonly Mac[]; extension: string }): Mac | undefined => {
    const named = macs.find((mac) => current.device(mac));
    const site = current.build()?.site;
    return named ?? (site && (ownersOf(site).get(extension) || undefined));
  };
}

/** Whose each extension is; nobody's, where several devices have it. Made when it is asked for, once for each site. */
function createOwners(): (site: Site) => ReadonlyMap<string, Mac | ''> {
  let last: { readonly devices: Site['devices']; readonly owners: ReadonlyMap<string, Mac | ''> } | undefined;
  return ({ devices }) => {
    if (last?.devices === devices) return last.owners;
    const owners = new Map<string, Mac | ''>();
    for (const { mac, lines } of devices)
      for (const { extension } of lines) {
        const other = owners.get(extension);
        owners.set(extension, other === undefined || other === mac ? mac : '');
      }
    last = { devices, owners };
    return owners;
  };
}
