import type { NotifyFact } from '../model/fact.ts';
import type { NotifyEvent } from '../model/vendor.ts';
import type { Registration } from './registration.ts';

/** Something that knows registrations: a PBX, or what a PBX tells. */
export interface Source {
  readonly name: string;
  /** A word of devices.yml: `asterisk`, `kamailio`. */
  readonly kind: string;
  /** Begins to connect, and goes on until it is stopped; never throws. */
  start(): void;
  stop(): Promise<void>;
  state(): SourceState;
  /** Lists who is registered before it would by itself; absent where it is told everything as it happens. */
  readonly ask?: () => void;
  /** Has the PBX send a NOTIFY; absent where it cannot. Never rejects. */
  readonly notify?: (registration: Registration, event: NotifyEvent) => Promise<Handed>;
}

/** `since`: milliseconds since 1970. */
export type SourceState =
  | { readonly up: true; readonly since: number }
  | { readonly up: false; readonly since: number; readonly reason: string };

/** How a NOTIFY by a PBX ended: `handed` where the PBX took it and does not say what the phone answered. */
export type Handed = Pick<NotifyFact, 'outcome' | 'status' | 'reason'>;

/** Where a source puts what it learns. */
export interface Intake {
  /** All that it knows; what is not among them is gone. */
  snapshot(registrations: readonly Registration[]): void;
  put(registration: Registration): void;
  drop(extension: string, contact: string): void;
  busy(extension: string, isBusy: boolean): void;
  /** Told once for each change. */
  changed(state: SourceState): void;
}

/** More than a PBX has phones; what is beyond is not taken in. */
export const mostRegistrations = 100_000;

export interface Presence {
  state(): SourceState;
  up(): void;
  down(reason: string): void;
}

/** Whether a source is there: tells each change once, and keeps the latest reason of an absence. */
export function createPresence(changed: (state: SourceState) => void, now: () => number = Date.now): Presence {
  let state: SourceState = { up: false, since: now(), reason: 'not asked yet' };
  let told = false;
  return {
    state: () => state,
    up() {
      if (state.up) return;
      state = { up: true, since: now() };
      changed(state);
    },
    down(reason) {
      const isNews = state.up || !told;
      state = { up: false, since: isNews ? now() : state.since, reason };
      told = true;
      if (isNews) changed(state);
    },
  };
}
