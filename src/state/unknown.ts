import { formatMac, type Mac } from '../model/mac.ts';
import type { Vendor } from '../model/vendor.ts';
import type { Askings } from './unknown-query.ts';
import { createRecognition, type Evidence, elect, type Recognition } from './votes.ts';

/** A MAC that is in no devices.yml and that files were asked for with. Times in milliseconds since 1970. */
export interface Unknown {
  readonly mac: Mac;
  /** As devices.yml writes them; absent where nothing, or too much, speaks for one. */
  readonly vendor?: string;
  readonly model?: string;
  /** What it calls its model, and its firmware. */
  readonly says?: string;
  readonly firmware?: string;
  readonly user_agent?: string;
  /** Of the last request. */
  readonly address: string;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly count: number;
  /** What it asked for, the first few. */
  readonly paths: readonly string[];
}

export interface UnknownDevices {
  /** The last seen first. */
  readonly phones: readonly Unknown[];
  /** Asked for by what no vendor's phone calls itself: browsers, scanners, and phones of vendors that nobody described. */
  readonly others: readonly Unknown[];
  /** More than are told. */
  readonly left_out: number;
}

export interface UnknownInput {
  /** Of unknown devices; all of one together. */
  readonly devices: Iterable<Askings>;
  /** Of no device: common files, which say a phone's model. Asked for when it is known who is listed. */
  readonly shared: (each: (rows: Iterable<Askings>) => void) => void;
  readonly isKnown: (mac: Mac) => boolean;
  readonly vendors: ReadonlyMap<string, Vendor>;
  /** Devices that are told; 1,000 when not given. */
  readonly most?: number;
}

/** Gathers who asked and is in no devices.yml. What is kept is bounded, however many MACs somebody made up. */
export function gatherUnknown({ devices, shared, isKnown, vendors, most = 1000 }: UnknownInput): UnknownDevices {
  const recognition = createRecognition(vendors);
  const found = createBest(most);
  let current: Gathered | undefined;
  for (const asked of devices) {
    const { device } = asked;
    if (device === undefined || isKnown(device)) continue;
    if (current?.mac !== device) {
      if (current) found.add(current);
      current = begin(device, recognition);
    }
    take(current, asked, recognition);
  }
  if (current) found.add(current);
  const all = found.take();
  if (all.length > 0) shared((rows) => addShared(all, rows, recognition));
  const told = all.map((one) => ({ isPhone: one.isPhone, unknown: tell(one) }));
  const of = (isPhone: boolean) => told.filter((one) => one.isPhone === isPhone).map(({ unknown }) => unknown);
  return { phones: of(true), others: of(false), left_out: found.leftOut() };
}

interface Gathered {
  readonly mac: Mac;
  readonly evidence: Evidence[];
  readonly paths: string[];
  isPhone: boolean;
  last?: Askings;
  named?: Askings;
  first_seen: number;
  count: number;
}

const mostPaths = 5;
/** More say nothing more, and somebody may have asked for thousands of names. */
const mostEvidence = 100;

const begin = (mac: Mac, { ofMac }: Recognition): Gathered => ({
  ...{ mac, evidence: [...ofMac(mac)], paths: [], isPhone: false },
  ...{ first_seen: Number.POSITIVE_INFINITY, count: 0 },
});

function take(one: Gathered, asked: Askings, { evidence, isPhone }: Recognition): void {
  one.count += asked.count;
  one.first_seen = Math.min(one.first_seen, asked.first);
  if (asked.last >= (one.last?.last ?? 0)) one.last = asked;
  if (asked.user_agent !== undefined && asked.last >= (one.named?.last ?? 0)) one.named = asked;
  const name = asked.protocol === 'pnp' ? 'SIP PnP' : asked.path;
  if (one.paths.length < mostPaths && !one.paths.includes(name)) one.paths.push(name);
  if (one.evidence.length < mostEvidence) one.evidence.push(...evidence(asked, one.mac));
  one.isPhone ||= looksLikePhone(asked, one.mac, isPhone);
}

/** TFTP has no user agents, and only a phone says its own MAC in one; nobody asks by multicast for the fun of it. */
function looksLikePhone({ protocol, user_agent }: Askings, mac: Mac, isPhone: Recognition['isPhone']): boolean {
  if (protocol === 'pnp' || protocol === 'tftp' || user_agent === undefined || isPhone(user_agent)) return true;
  const plain = user_agent.toLowerCase();
  return plain.includes(mac) || plain.includes(formatMac(mac).toLowerCase());
}

/** Those that look like phones before the others, the last seen first. */
function createBest(most: number) {
  let kept: Gathered[] = [];
  let leftOut = 0;
  const lastOf = ({ last }: Gathered) => last?.last ?? 0;
  const cut = () => {
    kept.sort((a, b) => Number(b.isPhone) - Number(a.isPhone) || lastOf(b) - lastOf(a));
    leftOut += Math.max(0, kept.length - most);
    kept = kept.slice(0, most);
    return kept;
  };
  return {
    add(one: Gathered) {
      kept.push(one);
      if (kept.length >= 2 * most + 100) cut();
    },
    take: cut,
    leftOut: () => leftOut,
  };
}

/** How far apart two requests of one boot may be, in milliseconds. */
const together = 10 * 60_000;

/** Where one phone alone asked from an address, common files that were asked for from there at the time are its own. */
function addShared(all: readonly Gathered[], shared: Iterable<Askings>, { evidence }: Recognition): void {
  const byAddress = Map.groupBy(all, ({ last }) => last?.address);
  for (const asked of shared) {
    const [one, ...more] = byAddress.get(asked.address) ?? [];
    if (!one?.last || more.length > 0 || one.evidence.length >= mostEvidence) continue;
    if (asked.last < one.first_seen - together || asked.first > one.last.last + together) continue;
    one.evidence.push(...evidence(asked, undefined));
  }
}

function tell({ mac, evidence, paths, last, named, first_seen, count }: Gathered): Unknown {
  const { address = '', last: last_seen = first_seen } = last ?? {};
  const { model: says, firmware, user_agent } = named ?? {};
  return { mac, ...elect(evidence), says, firmware, user_agent, address, first_seen, last_seen, count, paths };
}
