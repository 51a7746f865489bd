import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Hop } from './way.ts';

/** How long an address is believed, in milliseconds. */
const life = 60_000;

/** Finds the address of a proxy that is known by name; what is an address stays. Rejects when there is no such name. */
export function createNames(find: (name: string) => Promise<string> = ask): (hop: Hop) => Promise<Hop> {
  const known = new Map<string, { readonly address: Promise<string>; readonly until: number }>();
  return async (hop) => {
    if (isIP(hop.address) !== 0) return hop;
    const now = performance.now();
    const before = known.get(hop.address);
    const found = before && before.until > now ? before : { address: find(hop.address), until: now + life };
    known.set(hop.address, found);
    found.address.catch(() => known.delete(hop.address));
    return { ...hop, address: await found.address };
  };
}

const ask = async (name: string): Promise<string> => (await lookup(name)).address;
