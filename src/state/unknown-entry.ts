import { formatMac } from '../model/mac.ts';
import type { Vendor } from '../model/vendor.ts';
import { visible } from '../problem.ts';
import type { Unknown } from './unknown.ts';

/** What stands for what a person must say. */
const blank = { vendor: 'VENDOR', model: 'MODEL', extension: 'EXTENSION' } as const;

/**
 * The entry of devices.yml, on one line: passes `check` once the words in capitals are replaced. Behind it, as a comment,
 * what is known of a model that no vendor.yml has.
 */
export function entryOf({ mac, vendor, model, says }: Unknown, vendors: ReadonlyMap<string, Vendor>): string {
  const known = vendor === undefined ? [] : [...(vendors.get(vendor)?.models.keys() ?? [])];
  const words = [vendor ?? blank.vendor, model ?? blank.model, blank.extension].map((word) => JSON.stringify(word));
  const [of, is, extension] = words;
  const entry = `- { mac: "${formatMac(mac)}", vendor: ${of}, model: ${is}, extension: ${extension} }`;
  if (model !== undefined) return entry;
  const notes = [says && `calls itself ${says}`, known.length > 0 && `${vendor} has ${known.join(', ')}`];
  const note = notes.filter(Boolean).join('; ');
  return note === '' ? entry : visible(`${entry} # ${note}`);
}
