import type { Socket } from 'node:net';
import { createRanges, parseAddress, plainAddress } from '../../model/cidr.ts';
import type { Certificate } from '../access/certificate.ts';
import type { Asked } from './exchange.ts';
import type { RequestHeaders } from './fields.ts';
import { forwardedAddress, forwardedProtocol } from './forwarded.ts';

/** Who is at the other end of a connection. */
export interface Client {
  readonly protocol: 'http' | 'https';
  /** Without port; what the PROXY protocol says, where a listed proxy speaks it. */
  readonly address: string;
  /** What it showed in its TLS handshake. */
  readonly certificate?: Certificate;
}

/** Whether an address is that of a listed proxy. */
export type IsProxy = (address: string) => boolean;

/** The peer of a Unix domain socket has no address; in a list of proxies it is this word. */
const localPeer = 'unix';

/** Reads a list of addresses and ranges of them, and `unix`. Throws a RangeError with a sentence about a wrong entry. */
export function createProxyList(entries: readonly string[]): IsProxy {
  if (entries.length === 0) return () => false;
  const hasLocal = entries.includes(localPeer);
  const ranges = createRanges(entries.filter((entry) => entry !== localPeer));
  return (text) => {
    if (text === localPeer) return hasLocal;
    const address = parseAddress(text);
    return address !== undefined && ranges.has(address);
  };
}

/** Without port; an IPv4 client of an IPv6 socket has an address of its own family. Empty once the connection is gone. */
export function addressOf(socket: Socket): string {
  const { remoteAddress, remoteFamily } = socket;
  if (remoteAddress === undefined) return socket.destroyed ? '' : localPeer;
  return remoteFamily === 'IPv4' ? remoteAddress : (plainAddress(remoteAddress) ?? remoteAddress);
}

/** Names of a certificate are kept up to so many characters: of no device certificate there are more. */
const mostNames = 8192;

/** A client, for another thread of ours. */
export function writeClient({ protocol, address, certificate }: Client): string {
  let room = mostNames;
  const names = certificate?.names.filter((name) => {
    room -= Buffer.byteLength(JSON.stringify(name));
    return room >= 0;
  });
  return JSON.stringify({ protocol, address, certificate: certificate && { ...certificate, names } });
}

/** The client that another thread of ours has written; undefined when it is none. */
export function readClient(text: string): Client | undefined {
  try {
    const client: unknown = JSON.parse(text);
    return isClient(client) ? client : undefined;
  } catch {
    return undefined;
  }
}

const isClient = (value: unknown): value is Client => {
  const { protocol, address, certificate } = Object(value);
  return (
    (protocol === 'http' || protocol === 'https') &&
    typeof address === 'string' &&
    (certificate === undefined || (typeof certificate.trusted === 'boolean' && Array.isArray(certificate.names)))
  );
};

interface Said {
  readonly method: string;
  readonly target: string;
  readonly headers: RequestHeaders;
}

/** A request with its client. */
export function ask({ protocol: spoken, address, certificate }: Client, said: Said, isProxy: IsProxy): Asked {
  const { method, target, headers } = said;
  const told = forwardedAddress(headers, address, isProxy);
  const protocol = forwardedProtocol(headers, address, isProxy) ?? spoken;
  return { method, target, headers, protocol, certificate, address: told ?? address, isTwo: told === undefined };
}
