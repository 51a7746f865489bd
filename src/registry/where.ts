import { plainAddress } from '../model/cidr.ts';
import type { Device, Transport } from '../model/device.ts';
import { ago } from '../model/duration.ts';
import type { Mac } from '../model/mac.ts';
import { identify } from '../model/user-agent.ts';
import type { Vendor } from '../model/vendor.ts';
import type { Registration } from './registration.ts';
import type { View } from './view.ts';
import { bestVisit, type Visit } from './visits.ts';

/** Of 100: what is less sure than this is not believed while there is anything else. */
const atLeast = 40;

/** Where a device is, and why that is believed. */
export interface Where {
  readonly address: string;
  readonly port: number;
  readonly transport: Transport;
  /** `devices.yml`, `fetch log`, or the name of a source. */
  readonly source: string;
  /** A sentence for people. */
  readonly reason: string;
  /** What a PBX knows the device by; absent when none knows it. */
  readonly registration?: Registration;
  /** How sure it is that the registration is the device's: of 100. */
  readonly confidence?: number;
}

/** What is known besides the registrations. */
export interface Surroundings {
  readonly view: View;
  readonly vendors: ReadonlyMap<string, Pick<Vendor, 'id' | 'user_agents'>>;
  isDevice(mac: Mac): boolean;
  /** How many devices have a line of this extension. */
  owners(extension: string): number;
  visits(mac: Mac): readonly Visit[];
  isUp(source: string): boolean;
  now(): number;
}

/**
 * The best of: the fixed `ip`; a registration that holds, the surest first and of equally sure ones the latest; the
 * last fetch; a registration that is over; a fetch by what is no phone of the vendor's.
 */
export function whereIs(device: Device, around: Surroundings): Where | undefined {
  const visit = bestVisit(device, around.visits(device.mac), around);
  const found = matches(device, visit, around);
  const fresh = found.find(({ registration, confidence }) => confidence >= atLeast && isFresh(registration, around));
  const last = found.find(({ registration }) => !isFresh(registration, around));
  const fixed = device.ip === undefined ? undefined : plainAddress(device.ip);
  if (fixed !== undefined) return fixedPlace(device, fixed, fresh);
  if (fresh) return registered(fresh, around);
  if (visit && !visit.isForeign) return fetched(device, visit, last);
  if (last) return registered(last, around);
  return visit && fetched(device, visit, last);
}

interface Match {
  readonly registration: Registration;
  readonly confidence: number;
  readonly because: string;
}

type BestVisit = ReturnType<typeof bestVisit>;

function matches(device: Device, visit: BestVisit, around: Surroundings): Match[] {
  const { view } = around;
  const near = new Set(view.ofMac(device.mac));
  for (const { extension } of device.lines) for (const found of view.ofExtension(extension)) near.add(found);
  if (visit && !visit.isForeign) for (const found of view.ofAddress(visit.address)) near.add(found);
  const all = [...near].map((registration) => weigh(registration, { device, visit, around }));
  const later = (a: Match, b: Match) => b.confidence - a.confidence || b.registration.at - a.registration.at;
  return all.filter((match) => match !== undefined).sort(later);
}

function weigh(
  registration: Registration,
  { device, visit, around }: { device: Device; visit: BestVisit; around: Surroundings },
): Match | undefined {
  const { macs, extension, user_agent } = registration;
  const match = (confidence: number, because: string): Match => ({ registration, confidence, because });
  if (macs.includes(device.mac)) return match(90, 'it says the device’s MAC');
  if (macs.some((mac) => around.isDevice(mac))) return undefined;
  const isThere = visit?.address === registration.address && !visit.isForeign;
  const agent = user_agent === undefined ? {} : identify(user_agent, around.vendors.values());
  const fits = agent.vendor === device.vendor;
  const foreign = agent.vendor !== undefined && !fits ? 40 : 0;
  const owners = device.lines.some((line) => line.extension === extension) ? around.owners(extension) : 0;
  if (owners === 1 && isThere)
    return match(80 - foreign, `no other device has extension ${extension}, and it fetched from there`);
  if (owners === 1) return match(70 - foreign, `no other device has extension ${extension}`);
  if (owners > 1 && isThere) return match(60 - foreign, `of those with extension ${extension} it fetched from there`);
  if (owners === 0 && isThere && fits && around.owners(extension) === 0) return match(45, 'it fetched from there');
  return undefined;
}

/** Without a time of its own a registration holds for an hour, or as long as its source is there. */
function isFresh({ expires, at, source }: Registration, { now, isUp }: Surroundings): boolean {
  return expires === undefined ? isUp(source) || at + 3_600_000 > now() : expires > now();
}

function fixedPlace(device: Device, address: string, match: Match | undefined): Where {
  const registration = match?.registration;
  const known = { source: 'devices.yml', registration, confidence: match?.confidence };
  if (registration?.address === address && device.sip_port === 5060)
    return {
      ...{ address, port: registration.port, transport: registration.transport, ...known },
      reason: `its \`ip\` in devices.yml; it registered from there with ${registration.source}`,
    };
  return { address, port: device.sip_port, transport: 'udp', ...known, reason: 'its `ip` in devices.yml' };
}

function registered({ registration, confidence, because }: Match, around: Surroundings): Where {
  const { address, port, transport, source, extension, at } = registration;
  const when = ago(around.now() - at);
  const held = isFresh(registration, around) ? '' : ', which is over by now';
  const away = around.isUp(source) ? '' : `; ${source} is away`;
  return {
    ...{ address, port, transport, source, registration, confidence },
    reason: `registered with ${source} as ${extension} (${because}), as of ${when}${held}${away}`,
  };
}

function fetched(device: Device, visit: NonNullable<BestVisit>, last: Match | undefined): Where {
  return {
    ...{ address: visit.address, port: device.sip_port, transport: 'udp', source: 'fetch log' },
    ...{ reason: visit.reason, registration: last?.registration, confidence: last?.confidence },
  };
}
