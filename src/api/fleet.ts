import type { Device } from '../model/device.ts';
import type { Mac } from '../model/mac.ts';
import type { Site } from '../model/site.ts';
import type { Registration } from '../registry/registration.ts';
import type { Where } from '../registry/where.ts';
import type { DeviceState } from '../state/convergence.ts';
import type { Sighting } from '../state/sightings.ts';
import { Fault } from './fault.ts';

/** What is known of devices: what they are meant to be, where they are, and what they fetched. Nothing here takes long. */
export interface FleetDeps {
  /** That of the last accepted build; undefined until there is one. */
  readonly site: () => Site | undefined;
  readonly device: (mac: Mac) => Device | undefined;
  /** All of the site, by MAC. */
  readonly devices: () => readonly Device[];
  /** Those with a line of an extension. */
  readonly devicesOf: (extension: string) => readonly Device[];
  /** Those that may be at an IP address: by devices.yml, and by their last fetch. */
  readonly devicesAt: (address: string) => readonly Device[];
  readonly stateOf: (mac: Mac) => DeviceState | undefined;
  /** When a device last fetched a whole file of its own; milliseconds since 1970. */
  readonly fetchedAt: (mac: Mac) => number | undefined;
  /** Grows with each revision, fetch, NOTIFY and return that is told: what was made of them since is as it was. */
  readonly told: () => number;
  readonly sightingOf: (mac: Mac) => Sighting | undefined;
  readonly where: (device: Device) => Where | undefined;
  readonly registrations: () => Iterable<Registration>;
  readonly registrationsAt: (address: string) => Iterable<Registration>;
  readonly registrationsOf: (extension: string) => Iterable<Registration>;
  readonly registrationsBy: (mac: Mac) => Iterable<Registration>;
  /** When a device was first built, as far as it is known; milliseconds since 1970. */
  readonly begunAt: (mac: Mac) => number | undefined;
  /** When a device began to be registered; milliseconds since 1970. */
  readonly registeredAt: (mac: Mac) => number | undefined;
  readonly now: () => number;
}

/** Throws a Fault of 503 while nothing was built. */
export function demandSite({ site }: Pick<FleetDeps, 'site'>): Site {
  const known = site();
  if (known) return known;
  throw new Fault(503, 'not-ready', 'no build was accepted yet', { headers: { 'retry-after': '5' } });
}

/** `2026-05-31T08:00:00Z`: whole seconds, in UTC. */
export const timeText = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

export const timeOrNull = (at: number | undefined): string | null =>
  at === undefined || at === 0 ? null : timeText(at);
