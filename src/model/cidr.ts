/** Addresses and ranges of them. An IPv4 address that came by an IPv6 socket (`::ffff:192.0.2.1`) counts as what it is. */

export type Address = { readonly family: 4; readonly value: number } | { readonly family: 6; readonly value: bigint };

/** From the first to the last address, both in it. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** Undefined for what is no address. Octets in dotted decimal without leading zeros; the zone of `fe80::1%eth0` is dropped. */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseV6(text.replace(/%[^%]*$/, ''));
  if (value === undefined) return undefined;
  return value >> 32n === mapped ? { family: 4, value: Number(value & 0xffff_ffffn) } : { family: 6, value };
}

/** An address in its one form, so that texts can be compared; undefined for what is no address. */
export function plainAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address && formatAddress(address.family, BigInt(address.value));
}

/** What stands above the 32 bits of an IPv4 address in `::ffff:0:0/96` (RFC 4291 section 2.5.5.2). */
const mapped = 0xffffn;

const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

function parseV4(text: string): number | undefined {
  const octets = dotted.exec(text)?.slice(1);
  if (!octets?.every((octet) => Number(octet) <= 255 && (octet === '0' || !octet.startsWith('0')))) return undefined;
  return octets.reduce((value, octet) => value * 256 + Number(octet), 0);
}

/** RFC 4291 section 2.2: `::` once, for one group or more; the last two groups may be dotted decimal. */
function parseV6(text: string): bigint | undefined {
  const halves = withoutDots(text)?.split('::');
  if (halves === undefined || halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`);
}

function withoutDots(text: string): string | undefined {
  const at = text.lastIndexOf(':') + 1;
  if (!text.includes('.')) return text;
  const value = parseV4(text.slice(at));
  if (value === undefined) return undefined;
  return `${text.slice(0, at)}${Math.floor(value / 65536).toString(16)}:${(value % 65536).toString(16)}`;
}

/** Reads `192.168.0.0/16`, `2001:db8::/32` or a single address; in words what is wrong with it. */
export function parseCidr(text: string): AddressRange | { readonly fault: string } {
  const [network = '', length, ...rest] = text.split('/');
  const address = network.includes('%') ? undefined : parseAddress(network);
  if (address === undefined || rest.length > 0)
    return { fault: `"${text}" is no range of addresses; wanted a form such as 192.168.0.0/16 or 2001:db8::/32` };
  const isMapped = address.family === 4 && network.includes(':');
  const bits = address.family === 4 ? 32 : 128;
  const least = isMapped ? 96 : 0;
  const most = isMapped ? 128 : bits;
  const prefix = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < least || prefix > most)
    return { fault: `"${text}" has the prefix length "${length}"; wanted ${least} to ${most}` };
  const size = 1n << BigInt(most - prefix);
  const value = BigInt(address.value);
  const first = value - (value % size);
  if (first !== value) {
    const wanted = `${formatAddress(address.family, first)}/${prefix - (isMapped ? 96 : 0)}`;
    return { fault: `"${text}" has digits behind its prefix; wanted ${wanted} or a longer prefix` };
  }
  return { family: address.family, first, last: first + size - 1n };
}

export const isRange = (parsed: AddressRange | { readonly fault: string }): parsed is AddressRange =>
  'family' in parsed;

/** IPv6 with its first longest run of zero groups left out (RFC 5952 section 4). */
export function formatAddress(family: 4 | 6, value: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const zeros = [...`,${groups.join(',')},`.matchAll(/(?:,0){2,}(?=,)/g)].map(([run]) => run);
  const longest = zeros.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  const [before = '', after = ''] = splitOnce(`,${groups.join(',')},`, `${longest},`);
  return `${before.slice(1).replaceAll(',', ':')}::${after.slice(0, -1).replaceAll(',', ':')}`;
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return [text.slice(0, at), text.slice(at + by.length)];
}

/** Many ranges, each address found in the time of a few comparisons however many they are. */
export interface Ranges {
  has(address: Address): boolean;
  /** Whether every address of the range is in one of these. */
  covers(range: AddressRange): boolean;
}

/** @throws RangeError for a text that is no range */
export function createRanges(texts: readonly string[]): Ranges {
  const ranges = texts.map((text) => {
    const range = parseCidr(text);
    if (!isRange(range)) throw new RangeError(range.fault);
    return range;
  });
  const v4 = merged(ranges.filter(({ family }) => family === 4)).map(({ first, last }) => ({
    first: Number(first),
    last: Number(last),
  }));
  const v6 = merged(ranges.filter(({ family }) => family === 6));
  return {
    has: (address) =>
      address.family === 4 ? within(v4, address.value, address.value) : within(v6, address.value, address.value),
    covers: ({ family, first, last }) =>
      family === 4 ? within(v4, Number(first), Number(last)) : within(v6, first, last),
  };
}

interface Bounds<T> {
  readonly first: T;
  readonly last: T;
}

/** Sorted, and none touches the next. */
function merged(ranges: readonly AddressRange[]): Bounds<bigint>[] {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const result: { first: bigint; last: bigint }[] = [];
  for (const { first, last } of sorted) {
    const before = result.at(-1);
    if (before === undefined || first > before.last + 1n) result.push({ first, last });
    else if (last > before.last) before.last = last;
  }
  return result;
}

/** Whether one of the bounds holds both ends. */
function within<T extends number | bigint>(bounds: readonly Bounds<T>[], first: T, last: T): boolean {
  let low = 0;
  let high = bounds.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = bounds[middle] as Bounds<T>;
    if (first < found.first) high = middle - 1;
    else if (first > found.last) low = middle + 1;
    else return last <= found.last;
  }
  return false;
}

/** Addresses that the internet does not reach: RFC 1918, 6598, 3927, 4193, 4291, 5737 and 3849 (for examples), and this machine itself. */
const privateRanges = createRanges([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
]);

export const isPrivateAddress = (address: Address): boolean => privateRanges.has(address);

/** Whether no address of it is of the internet; false for what is no range. */
export function isPrivateCidr(text: string): boolean {
  const range = parseCidr(text);
  return isRange(range) && privateRanges.covers(range);
}
