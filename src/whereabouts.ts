import type { Log } from './log.ts';
import type { Device } from './model/device.ts';
import type { Mac } from './model/mac.ts';
import type { Site } from './model/site.ts';
import { createRegistry, type Registry } from './registry/registry.ts';
import { createView } from './registry/view.ts';
import type { Visit } from './registry/visits.ts';
import { type Where, whereIs } from './registry/where.ts';
import { type Sightings, visitsOf } from './state/sightings.ts';

/** Where devices are, by all that is known: devices.yml, those who have them registered, and what they fetched. */
export function createWhereabouts({ sightings, log }: { sightings: Pick<Sightings, 'of'>; log: Log }): Registry {
  const visits = (mac: Mac) => {
    const sighting = sightings.of(mac);
    return sighting ? visitsOf(sighting) : [];
  };
  return createRegistry({ visits, log });
}

/** The same without anybody who knows registrations: by devices.yml and the fetches. */
export function lastPlaceOf(
  device: Device,
  { vendors, visits }: Pick<Site, 'vendors'> & { readonly visits: readonly Visit[] },
): Where | undefined {
  const nobody = { view: createView(), isDevice: () => false, owners: () => 0, isUp: () => false };
  return whereIs(device, { ...nobody, vendors, visits: () => visits, now: Date.now });
}
