import { plainAddress } from '../model/cidr.ts';
import type { Transport } from '../model/device.ts';
import { type Mac, parseMac } from '../model/mac.ts';
import { parseContact, parseUri, type SipUri } from '../sip/uri.ts';

/** A phone that a PBX says is registered with it. Times are milliseconds since 1970. */
export interface Registration {
  /** User of the address of record, most often the number. */
  readonly extension: string;
  /** The domain behind it, where the source says one. */
  readonly domain?: string;
  /** MACs that the contact, the user agent and the instance may speak of, the surest first; who knows the devices chooses. */
  readonly macs: readonly Mac[];
  /** Where its packets come from: an IP address in its plain form. */
  readonly address: string;
  readonly port: number;
  readonly transport: Transport;
  /** The URI that it registered, without brackets. */
  readonly contact: string;
  /** Whether the contact itself leads to `address`, and no NAT is in between. */
  readonly isDirect: boolean;
  readonly user_agent?: string;
  /** `urn:uuid:…` (RFC 5626). */
  readonly instance?: string;
  /** What the PBX itself knows it by: a Call-ID, an endpoint, a profile. */
  readonly handles: Readonly<Record<string, string>>;
  /** Name of the source. */
  readonly source: string;
  /** When the source last spoke of it. */
  readonly at: number;
  readonly expires?: number;
  /** In a call, where the source knows. */
  readonly busy?: boolean;
}

/** A registration as a source words it; nothing in it has been looked at. */
export interface Claim {
  readonly extension: string;
  readonly domain?: string;
  /** A Contact with or without brackets. */
  readonly contact: string;
  /** Where the packets came from, when the PBX says so besides the contact: a URI, or an address with a port. */
  readonly received?: string;
  readonly user_agent?: string;
  readonly instance?: string;
  readonly handles?: Readonly<Record<string, string>>;
  readonly at: number;
  readonly expires?: number;
}

/** What is kept of a text that a phone made up. */
const longest = 256;
const printable = /^[^\p{Cc}\p{Zl}\p{Zp}]*$/u;

/** Undefined when no packet can be sent by it: no SIP contact, or no IP address anywhere. */
export function toRegistration(claim: Claim, source: string): Registration | undefined {
  const contact = parseContact(claim.contact);
  const { extension, domain, handles = {}, at, expires } = claim;
  if (!contact || extension === '' || extension.length > longest || !printable.test(extension)) return undefined;
  const own = placeOf(contact.parts);
  const place = receivedAt(claim.received) ?? own;
  if (place === undefined) return undefined;
  const user_agent = cut(claim.user_agent);
  const instance = cut((claim.instance ?? contact.parameters.get('+sip.instance'))?.replace(/^<|>$/g, ''));
  return {
    ...{ extension, domain: cut(domain), macs: macsOf(contact.uri, user_agent, instance), ...place },
    ...{ transport: transportOf(contact.parts), contact: contact.uri, isDirect: isSamePlace(own, place) },
    ...{ user_agent, instance, handles, source, at, expires },
  };
}

interface Place {
  readonly address: string;
  readonly port: number;
}

function placeOf({ host, port, ...uri }: SipUri): Place | undefined {
  const address = plainAddress(host);
  return address === undefined ? undefined : { address, port: port ?? (transportOf(uri) === 'tls' ? 5061 : 5060) };
}

/** `sip:192.0.2.7:5071`, `192.0.2.7:5071`; anything else is nothing. */
function receivedAt(text: string | undefined): Place | undefined {
  const uri = text === undefined ? undefined : parseUri(/^sips?:/i.test(text) ? text : `sip:${text}`);
  return uri && placeOf(uri);
}

const isSamePlace = (one: Place | undefined, other: Place): boolean =>
  one?.address === other.address && one.port === other.port;

function transportOf({ scheme, parameters }: Pick<SipUri, 'scheme' | 'parameters'>): Transport {
  const word = parameters.get('transport')?.toLowerCase();
  if (word === 'tls' || scheme === 'sips') return 'tls';
  return word === 'tcp' ? 'tcp' : 'udp';
}

const cut = (text: string | undefined): string | undefined =>
  text === undefined || text === ''
    ? undefined
    : text
        .slice(0, longest)
        .toWellFormed()
        .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');

/** Twelve digits that stand alone, or six pairs; and what ends a UUID (RFC 4122: its node, in version 1 a MAC). */
const spelt = /(?<![0-9a-f])(?:[0-9a-f]{12}|[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})(?![0-9a-f])/gi;
const most = 8;

function macsOf(...texts: readonly (string | undefined)[]): readonly Mac[] {
  const found = texts.flatMap((text) =>
    [...(text ?? '').slice(0, 1_024).matchAll(spelt)].map(([mac]) => parseMac(mac)),
  );
  return [...new Set(found.filter((mac) => mac !== undefined))].slice(0, most);
}
