import { plainAddress } from '../model/cidr.ts';
import type { Device } from '../model/device.ts';
import { ago } from '../model/duration.ts';
import { identify } from '../model/user-agent.ts';
import type { Vendor } from '../model/vendor.ts';

/** The last fetch of a device's files by one user agent. */
export interface Visit {
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Absent where the protocol has none. */
  readonly user_agent?: string;
}

/** A phone that changed from HTTP to TFTP names itself no more; before that time who does not is not believed. */
const aDay = 24 * 60 * 60_000;

type Vendors = ReadonlyMap<string, Pick<Vendor, 'id' | 'user_agents'>>;

/**
 * The visit that was the phone's own, most likely: of a user agent of its vendor's, or of none where that is a day
 * newer. One of another user agent (a browser, curl) counts only when there is no other, and is said to be foreign.
 */
export function bestVisit(
  device: Device,
  visits: readonly Visit[],
  { vendors, now }: { readonly vendors: Vendors; now(): number },
): (Visit & { readonly isForeign: boolean; readonly reason: string }) | undefined {
  const newest = visits.toSorted((a, b) => b.at - a.at);
  const of = (kind: Kind) => newest.find((visit) => kindOf(device, visit, vendors) === kind);
  const [own, unnamed, foreign] = [of('own'), of('unnamed'), of('foreign')];
  const isNewer = own && unnamed && unnamed.at > own.at + aDay;
  const chosen = isNewer ? unnamed : (own ?? unnamed ?? foreign);
  const address = chosen && plainAddress(chosen.address);
  if (!chosen || address === undefined) return undefined;
  const others = newest.find((visit) => visit !== chosen && visit.at > chosen.at && visit.address !== chosen.address);
  const passed = others ? `; the later one from ${others.address} by ${nameOf(others)} is not taken for the phone` : '';
  const doubt = chosen === foreign ? ', which is not known as a phone of this vendor' : '';
  const reason = `fetched from there ${ago(now() - chosen.at)} as ${nameOf(chosen)}${doubt}${passed}`;
  return { ...chosen, address, isForeign: chosen === foreign, reason };
}

type Kind = 'own' | 'unnamed' | 'foreign';

function kindOf({ mac, vendor }: Device, { user_agent }: Visit, vendors: Vendors): Kind {
  // Of a vendor whose user agents nobody has written down, none says anything.
  if (user_agent === undefined || vendors.get(vendor)?.user_agents.length === 0) return 'unnamed';
  const agent = identify(user_agent, vendors.values());
  return agent.vendor === vendor && (agent.mac ?? mac) === mac ? 'own' : 'foreign';
}

const nameOf = ({ user_agent }: Visit): string =>
  user_agent === undefined ? 'nobody by name' : `"${user_agent.slice(0, 60)}"`;
