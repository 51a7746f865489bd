import { plainAddress } from '../../model/cidr.ts';
import type { Device } from '../../model/device.ts';
import { type Mac, parseMac } from '../../model/mac.ts';
import { quoted } from '../../problem.ts';
import type { App } from '../app.ts';
import { Fault } from '../fault.ts';
import type { FleetDeps } from '../fleet.ts';
import { provisionedOf } from '../provisioned.ts';
import { holds, ownerOf, type RegisteredDeps, registeredOf } from '../registered.ts';
import { lookupSchema } from '../schemas/phone-lookup.ts';
import { olderAnswers } from '../schemas/shared.ts';

export type PhoneLookupDeps = RegisteredDeps &
  Pick<FleetDeps, 'begunAt' | 'fetchedAt' | 'sightingOf' | 'registrationsAt' | 'registrationsBy'>;

/** `GET /api/phone-lookup/{mac_or_ip}`: which phone is at an address, where one with a MAC is. */
export function phoneLookup(app: App, deps: PhoneLookupDeps): void {
  app.get<{ Params: { identifier: string } }>(
    '/api/phone-lookup/:identifier',
    {
      config: { role: 'viewer' },
      schema: {
        ...{ summary: 'Which phone is at an IP address, or where the one with a MAC is', tags: ['predecessors'] },
        params: {
          type: 'object',
          properties: {
            identifier: { type: 'string', minLength: 1, maxLength: 64, description: 'A MAC or an IP address.' },
          },
        },
        response: olderAnswers({ 200: lookupSchema }, 400),
      },
    },
    async ({ params: { identifier } }) => {
      const mac = parseMac(identifier);
      if (mac) return { identifier, type: 'mac', ...answerOf(byMac(mac, deps), deps) };
      const address = plainAddress(identifier);
      if (address !== undefined) return { identifier, type: 'ip', ...answerOf(byAddress(address, deps), deps) };
      throw new Fault(400, 'identifier', `${quoted(identifier)} is neither a MAC nor an IP address`);
    },
  );
}

/** What was found: the one, the other, or both. */
interface Found {
  readonly device?: Device;
  readonly phone?: Phone;
}

/** Where a phone is: by a registration, or by its last fetch. */
interface Phone {
  readonly extension_number: string | null;
  readonly ip_address: string;
  readonly mac_address: string | null;
  readonly user_agent: string | null;
  readonly source: 'registration' | 'fetch' | 'devices.yml';
}

function byMac(mac: Mac, deps: PhoneLookupDeps): Found {
  const device = deps.device(mac);
  if (device) return { device, phone: phoneOf(device, deps) };
  for (const one of deps.registrationsBy(mac))
    if (holds(one, deps.now()))
      return { phone: { ...registeredOf(one, ownerOf(one, deps), deps), source: 'registration' } };
  return { phone: fetched(mac, deps) };
}

function byAddress(address: string, deps: PhoneLookupDeps): Found {
  for (const one of deps.registrationsAt(address)) {
    if (!holds(one, deps.now())) continue;
    const owner = ownerOf(one, deps);
    return { device: owner?.device, phone: { ...registeredOf(one, owner, deps), source: 'registration' } };
  }
  for (const device of deps.devicesAt(address)) {
    const phone = phoneOf(device, deps);
    if (phone?.ip_address === address) return { device, phone };
  }
  return {};
}

/** Where a device is, by the best that is known. */
function phoneOf(device: Device, deps: PhoneLookupDeps): Phone | undefined {
  const where = deps.where(device);
  if (!where) return undefined;
  const { registration, address, source } = where;
  if (registration?.address === address)
    return {
      ...registeredOf(registration, { mac: device.mac, device, source: 'provisioning' }, deps),
      source: 'registration',
    };
  return {
    ...{ extension_number: device.lines[0]?.extension ?? null, ip_address: address, mac_address: device.mac },
    user_agent: deps.sightingOf(device.mac)?.user_agent ?? null,
    source: source === 'devices.yml' ? 'devices.yml' : 'fetch',
  };
}

/** Of one that is no device of the site, and asked all the same. */
function fetched(mac: Mac, { sightingOf }: PhoneLookupDeps): Phone | undefined {
  const seen = sightingOf(mac);
  if (!seen) return undefined;
  const { address, user_agent = null } = seen;
  return { extension_number: null, ip_address: address, mac_address: mac, user_agent, source: 'fetch' };
}

function answerOf({ device, phone }: Found, deps: PhoneLookupDeps) {
  return {
    registered_phone: phone ?? null,
    provisioned_device: device ? provisionedOf(device, deps) : null,
    correlation: correlationOf(device, phone),
  };
}

function correlationOf(device: Device | undefined, phone: Phone | undefined) {
  const extension = device?.lines[0]?.extension ?? phone?.extension_number ?? undefined;
  const { mac: mac_address = phone?.mac_address ?? undefined, vendor, model } = device ?? {};
  const known = { extension, mac_address, ip_address: phone?.ip_address, vendor, model };
  if (device && phone) return { matched: true, ...known };
  const message = phone
    ? 'The phone is seen, and no device of devices.yml'
    : device
      ? 'The device is in devices.yml, and nobody has seen its phone'
      : 'Nothing is known of it';
  return { matched: false, message, ...known };
}
