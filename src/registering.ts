import { type Arrivals, type ArrivalsOptions, createDeviceOf } from './arrivals.ts';
import type { ReturnFact } from './model/fact.ts';
import { postedName } from './registry/posts.ts';
import type { Registration } from './registry/registration.ts';
import type { Convergence } from './state/convergence.ts';

export interface RegisteringOptions {
  /** Who hears of registrations besides. */
  readonly arrivals: Arrivals;
  readonly current: ArrivalsOptions['current'];
  readonly convergence: Pick<Convergence, 'stateOf' | 'add'>;
  readonly record: (fact: ReturnFact) => void;
  readonly now?: () => number;
}

/** Times that a PBX says of the same registration differ by so much: it counts the seconds that are left. */
const blur = 5_000;

/**
 * Notes of each device the first registration that was made after it had fetched all of what it is meant to have. What a
 * PBX lists may be old: it counts when its expiry has moved on, or its contact is new to a source that has listed all.
 */
export function createRegistering({
  arrivals,
  current,
  convergence,
  record,
  now = Date.now,
}: RegisteringOptions): Arrivals {
  const deviceOf = createDeviceOf(current);
  /** When each registration is over, as it was said last. */
  const expiries = new Map<string, number | undefined>();
  const listed = new Set<string>([postedName]);

  function isAnew(registration: Registration): boolean {
    const key = keyOf(registration);
    const isKnown = expiries.has(key);
    const { expires } = registration;
    const before = expiries.get(key);
    // An event may know no expiry; the next listing does.
    if (!isKnown || expires !== undefined) expiries.set(key, expires);
    if (!isKnown) return listed.has(registration.source);
    return expires !== undefined && before !== undefined && expires > before + blur;
  }

  function note(registration: Registration): void {
    const device = deviceOf(registration);
    const state = device && convergence.stateOf(device, now());
    if (state?.state !== 'current' || state.registered !== undefined) return;
    const at = now();
    if (at <= (state.fetched ?? 0)) return;
    const fact = { at, device: state.mac, revision: state.revision };
    convergence.add.return(fact);
    record(fact);
  }

  return {
    told: arrivals.told,
    comings: {
      put(registration, before) {
        arrivals.comings.put(registration, before);
        if (isAnew(registration)) note(registration);
      },
      dropped(key, registration) {
        arrivals.comings.dropped(key, registration);
        expiries.delete(keyOf(key));
      },
      listed(source) {
        arrivals.comings.listed(source);
        listed.add(source);
      },
    },
  };
}

const keyOf = ({ source, extension, contact }: Pick<Registration, 'source' | 'extension' | 'contact'>): string =>
  `${source}\n${extension}\n${contact}`;
