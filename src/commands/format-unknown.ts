import { ago } from '../model/duration.ts';
import { formatMac } from '../model/mac.ts';
import type { Vendor } from '../model/vendor.ts';
import { visible } from '../problem.ts';
import type { Unknown, UnknownDevices } from '../state/unknown.ts';
import { entryOf } from '../state/unknown-entry.ts';

export type UnknownFormat = 'text' | 'json';

export interface FormatInput {
  readonly found: UnknownDevices;
  readonly vendors: ReadonlyMap<string, Vendor>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Phones first, each on a line, then what to paste; what is no phone in a line for each at the end. */
export function formatUnknown({ found, vendors, now }: FormatInput): string {
  const { phones, others, left_out } = found;
  const entries = phones.map((phone) => `  ${entryOf(phone, vendors)}`);
  const parts = [
    phones.length === 0 ? ['no phone asked that devices.yml does not have'] : phones.map((phone) => line(phone, now)),
    phones.length === 0 ? [] : ['# for devices.yml, with the words in capitals replaced:', 'devices:', ...entries],
    others.length === 0
      ? []
      : ['# asked for as well, by what no vendor.yml knows as a phone:', ...others.map((one) => `# ${line(one, now)}`)],
    left_out === 0 ? [] : [`# and ${left_out} more MACs, which are not told`],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function line(one: Unknown, now: number): string {
  const { mac, vendor = '?', model, says, address, first_seen, last_seen, count, user_agent, paths } = one;
  const kind = `${vendor}/${model ?? says ?? '?'}`;
  const times = count === 1 ? 'once' : `${count} times`;
  const asked = `${times} since ${new Date(first_seen).toISOString()}, last ${ago(now - last_seen)}`;
  const agent = user_agent === undefined ? '' : ` as ${JSON.stringify(user_agent)}`;
  return visible(`${formatMac(mac)}  ${kind.padEnd(20)}  ${address.padEnd(15)}  ${asked}: ${paths.join(', ')}${agent}`);
}

/** On one line; absent words are left out. */
export function unknownJson({ found, vendors }: Omit<FormatInput, 'now'>): string {
  const withEntry = (one: Unknown) => ({ ...one, entry: entryOf(one, vendors) });
  const { phones, others, left_out } = found;
  return `${JSON.stringify({ unknown: phones.map(withEntry), others, left_out })}\n`;
}
