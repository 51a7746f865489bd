import { plainAddress } from '../../model/cidr.ts';
import type { RequestHeaders } from './fields.ts';

/**
 * Who a request is from, told by proxies. `peer` is who spoke to us; as long as it is a listed proxy, the one that it
 * names counts, from the last of the header backwards: what stands further left may be anybody's invention. Undefined
 * when X-Forwarded-For and Forwarded (RFC 7239) name different ones, or Forwarded is malformed: a proxy writes one of the
 * two and passes the other on, and nobody knows which.
 */
export function forwardedAddress(
  headers: RequestHeaders,
  peer: string,
  isProxy: (address: string) => boolean,
): string | undefined {
  const { forwarded, 'x-forwarded-for': listed } = headers;
  if ((forwarded === undefined && listed === undefined) || !isProxy(peer)) return peer;
  const hops = [listed === undefined ? undefined : listed.toString().split(','), forwarded && readForwarded(forwarded)];
  if (hops.includes('malformed')) return undefined;
  const told = hops.filter((list) => Array.isArray(list)).map((list) => lastStranger(list, peer, isProxy));
  return told.every((address) => address === told[0]) ? told[0] : undefined;
}

/** What the client speaks with the proxy, where a listed one says so. */
export function forwardedProtocol(
  headers: RequestHeaders,
  peer: string,
  isProxy: (address: string) => boolean,
): 'http' | 'https' | undefined {
  const said = headers['x-forwarded-proto'];
  if (said === undefined || !isProxy(peer)) return undefined;
  const word = said.toString().trim().toLowerCase();
  return word === 'http' || word === 'https' ? word : undefined;
}

/** The first from the right that is no proxy; where a proxy names nobody that can be told, it stands for itself. */
function lastStranger(hops: readonly string[], peer: string, isProxy: (address: string) => boolean): string {
  let address = peer;
  for (const hop of hops.toReversed()) {
    const before = isProxy(address) ? plainAddress(withoutPort(hop.trim())) : undefined;
    if (before === undefined) break;
    address = before;
  }
  return address;
}

/** `192.0.2.1:4711`, `[2001:db8::1]`, `[2001:db8::1]:4711`: with a port as some write it. */
const withoutPort = (text: string) => text.replace(/^\[([^\]]*)\](?::\w+)?$/, '$1').replace(/^([\d.]+):\w+$/, '$1');

const token = "[!#$%&'*+.^_`|~\\w-]+";
const quoted = '"(?:[^"\\\\]|\\\\.)*"';
// Address and port are often written bare, though a token may hold no colon.
const pair = new RegExp(`[ \\t]*(${token})=(${quoted}|[^\\s",;]+)[ \\t]*(;|,|$)`, 'y');

/** What each element of a Forwarded header says of `for`, in order; nothing is an empty text. */
export function readForwarded(header: string): string[] | 'malformed' {
  const hops: string[] = [''];
  const reader = new RegExp(pair);
  for (let end = ','; end !== ''; ) {
    const match = reader.exec(header);
    if (match === null) return 'malformed';
    const [, name = '', value = '', next = ''] = match;
    if (name.toLowerCase() === 'for') {
      if (hops.at(-1) !== '') return 'malformed';
      hops[hops.length - 1] = value.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/gs, '$1');
    }
    if (next === ',') hops.push('');
    end = next;
  }
  return hops;
}
