import { createRanges, parseAddress, plainAddress } from '../model/cidr.ts';
import type { Device } from '../model/device.ts';
import { Secret } from '../model/secret.ts';
import { firstUrl } from '../model/server-url.ts';
import { usualPnp, type Vendor } from '../model/vendor.ts';
import type { Profile } from '../sip/profile-notify.ts';
import type { Untold } from './pnp.ts';

export interface Asker {
  readonly address: string;
  readonly vendor: Pick<Vendor, 'pnp' | 'models'> | undefined;
  /** The device has come by its own token already: its bootstrap token is worth nothing. */
  readonly isSpent: boolean;
}

/**
 * What a device is told that asks from an address. Of `access` what can be known of a multicast holds: `networks`, and
 * `address: device`.
 */
export function profileFor(device: Device, { address, vendor, isSpent }: Asker): Profile | Untold {
  const { access } = device.settings;
  if (access?.networks && !isWithin(address, access.networks))
    return { untold: `${address} is in none of the networks of \`access\``, refusal: 'network' };
  if (access?.address === 'device' && plainAddress(device.ip ?? '') !== plainAddress(address))
    return { untold: `the address ${address} is not the device’s`, refusal: 'address' };
  const first = firstUrl(device);
  if ('untold' in first) return { untold: first.untold, refusal: 'token' };
  // It knows its own URL: another one, which opens nothing, would keep it from that.
  if (access?.bootstrap_token && isSpent)
    return { untold: 'the bootstrap token is spent: the device’s own token was used', refusal: 'spent' };
  const { url: pattern, content_type } = vendor?.pnp ?? usualPnp;
  const model = vendor?.models.get(device.model);
  const words = { ...model?.properties, mac: device.mac, MAC: device.mac.toUpperCase(), model: device.model };
  return { url: fill(pattern, words, first.url), content_type };
}

function isWithin(address: string, networks: readonly string[]): boolean {
  const from = parseAddress(address);
  return from !== undefined && createRanges(networks).has(from);
}

/** A URL with a secret in it stays one. */
function fill(pattern: string, words: Readonly<Record<string, string>>, url: string | Secret): string | Secret {
  const filled = (base: string) =>
    pattern.replace(/\{(\w+)\}/g, (whole, word: string) => (word === 'url' ? base : (words[word] ?? whole)));
  return url instanceof Secret ? new Secret(filled(Secret.reveal(url))) : filled(url);
}
