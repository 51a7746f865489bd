import type { Mac } from './model/mac.ts';
import type { Registration } from './registry/registration.ts';
import type { Health, Pioneer, Trial } from './rollout/trial.ts';
import type { Convergence } from './state/convergence.ts';
import type { Current } from './state/current.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface WellnessOptions {
  readonly current: Pick<Current, 'device'>;
  readonly convergence: Pick<Convergence, 'stateOf'>;
  readonly whereabouts: Pick<Whereabouts, 'where'>;
  readonly now: () => number;
}

/**
 * Says how canaries are: one is well when it has fetched all of its files and, where that is wanted, registered after
 * that. Registrars list a phone for as long as its registration holds: it counts when that was renewed, or made anew.
 */
export function createWellness({ current, convergence, whereabouts, now }: WellnessOptions) {
  /** As it was registered when it had not fetched yet. */
  const before = new Map<Mac, Registration | undefined>();

  function registrationOf(mac: Mac): Registration | undefined {
    const device = current.device(mac);
    const registration = device && whereabouts.where(device)?.registration;
    return registration && (registration.expires ?? Number.POSITIVE_INFINITY) > now() ? registration : undefined;
  }

  return ({ mac, to }: Pioneer, require: Trial['require']): Health => {
    const state = convergence.stateOf(mac, now());
    if (!current.device(mac) || !state) return 'gone';
    const isCurrent = state.state === 'current' && state.revision === to;
    if (require === 'fetched') return isCurrent ? 'well' : { lacks: `${state.state}, ${state.reason}` };
    const registration = registrationOf(mac);
    if (!isCurrent || !before.has(mac)) {
      before.set(mac, registration);
      return { lacks: `${state.state}, ${state.reason}` };
    }
    const fetched = state.fetched ?? 0;
    if (registration && isAnew(registration, { fetched, before: before.get(mac) })) {
      before.delete(mac);
      return 'well';
    }
    return { lacks: 'it has fetched, and did not register since' };
  };
}

function isAnew(
  { at, expires, contact }: Registration,
  { fetched, before }: { readonly fetched: number; readonly before: Registration | undefined },
): boolean {
  if (at < fetched) return false;
  if (!before || before.contact !== contact) return true;
  if (before.expires === undefined) return true;
  return expires !== undefined && expires > before.expires;
}
