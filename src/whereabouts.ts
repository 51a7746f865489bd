import type { Arrivals } from './arrivals.ts';
import type { Log } from './log.ts';
import type { Device } from './model/device.ts';
import type { Mac } from './model/mac.ts';
import type { Site } from './model/site.ts';
import type { Way } from './notify/way.ts';
import { createRegistry, type Registry } from './registry/registry.ts';
import { createView } from './registry/view.ts';
import type { Visit } from './registry/visits.ts';
import { whereIs } from './registry/where.ts';
import { type Sightings, visitsOf } from './state/sightings.ts';
import { waysTo } from './ways.ts';

export interface Whereabouts extends Registry {
  /** The ways by which a device is notified, in order. */
  waysTo(device: Device, site: Pick<Site, 'notify'>): readonly Way[];
  /** Whether there is any. */
  isReachable(device: Device, site: Pick<Site, 'notify'>): boolean;
}

export interface WhereaboutsOptions {
  readonly sightings: Pick<Sightings, 'of'>;
  readonly log: Log;
  /** Hears who comes and who goes. */
  readonly arrivals?: Arrivals;
}

/** Where devices are, by all that is known: devices.yml, those who have them registered, and what they fetched. */
export function createWhereabouts({ sightings, log, arrivals }: WhereaboutsOptions): Whereabouts {
  const visits = (mac: Mac) => {
    const sighting = sightings.of(mac);
    return sighting ? visitsOf(sighting) : [];
  };
  const registry = createRegistry({ visits, log, ...arrivals });
  const ways: Whereabouts['waysTo'] = (device, { notify }) =>
    waysTo(device, {
      ...{ site: notify, where: registry.where(device), isShared: () => registry.isShared(device) },
      notifyBy: registry.notifyBy,
    });
  return {
    ...registry,
    waysTo: ways,
    isReachable: (device, site) => ways(device, site).some(({ kind }) => kind !== 'none'),
  };
}

/** The same without asking anybody who knows registrations: by devices.yml and the fetches. */
export function lastWaysTo(
  device: Device,
  {
    vendors,
    visits,
    notify,
    devices,
  }: Pick<Site, 'vendors' | 'notify' | 'devices'> & { readonly visits: readonly Visit[] },
): readonly Way[] {
  const nobody = { view: createView(), isDevice: () => false, owners: () => 0, isUp: () => false };
  const where = whereIs(device, { ...nobody, vendors, visits: () => visits, now: Date.now });
  const [line] = device.lines;
  const hasLine = (other: Device) =>
    other !== device && other.lines.some(({ extension }) => extension === line?.extension);
  const known = { site: notify, where, isShared: () => devices.some(hasLine), notifyBy: () => undefined };
  const ways = waysTo(device, known).filter(({ name }) => name !== 'pbx');
  // Only the daemon talks to PBXs.
  return ways.length > 0
    ? ways
    : waysTo({ ...device, settings: { ...device.settings, notify: { route: ['direct'] } } }, known);
}
