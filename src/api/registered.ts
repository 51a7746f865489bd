import type { Device } from '../model/device.ts';
import type { Mac } from '../model/mac.ts';
import type { Registration } from '../registry/registration.ts';
import type { Where } from '../registry/where.ts';
import { type FleetDeps, timeText } from './fleet.ts';
import { configUrl } from './provisioned.ts';

/** A registration as the first predecessor has it. */
export interface Registered {
  readonly extension_number: string;
  readonly ip_address: string;
  readonly mac_address: string | null;
  readonly user_agent: string | null;
  readonly contact_uri: string;
  readonly first_registered: string;
  readonly last_registered: string;
}

/** Whose registration it is, and how that is known: the phone says its MAC, or devices.yml says who has the extension. */
interface Owner {
  readonly mac: Mac;
  readonly device?: Device;
  readonly source: 'sip_registration' | 'provisioning';
}

export type RegisteredDeps = Pick<
  FleetDeps,
  'site' | 'device' | 'devicesOf' | 'devicesAt' | 'where' | 'registeredAt' | 'now'
>;

/** Undefined when nobody knows. */
export function ownerOf(registration: Registration, deps: RegisteredDeps): Owner | undefined {
  const own = registration.macs.map(deps.device).find((device) => device !== undefined);
  if (own) return { mac: own.mac, device: own, source: 'sip_registration' };
  const candidates = [...deps.devicesOf(registration.extension), ...deps.devicesAt(registration.address)];
  const device = candidates.find((one) => isOf(registration, deps.where(one)));
  if (device) return { mac: device.mac, device, source: 'provisioning' };
  const [mac] = registration.macs;
  return mac && { mac, source: 'sip_registration' };
}

const isOf = ({ extension, contact, source }: Registration, where: Where | undefined): boolean => {
  const found = where?.registration;
  return found?.extension === extension && found.contact === contact && found.source === source;
};

export function registeredOf(registration: Registration, owner: Owner | undefined, deps: RegisteredDeps): Registered {
  const { extension, address, user_agent, contact, at } = registration;
  const since = owner && deps.registeredAt(owner.mac);
  return {
    ...{ extension_number: extension, ip_address: address, mac_address: owner?.mac ?? null },
    ...{ user_agent: user_agent ?? null, contact_uri: contact },
    first_registered: timeText(Math.min(since ?? at, at)),
    last_registered: timeText(at),
  };
}

/** With what devices.yml says of it. */
export function withMac(registration: Registration, deps: RegisteredDeps) {
  const owner = ownerOf(registration, deps);
  const site = deps.site();
  const device = owner?.device;
  const known = device && site && { vendor: device.vendor, model: device.model, config_url: configUrl(device, site) };
  return { ...registeredOf(registration, owner, deps), mac_source: owner?.source ?? null, ...known };
}

/** Those that hold; a PBX lists some that are over. */
export const holds = ({ expires }: Registration, now: number): boolean => expires === undefined || expires > now;
