import { parseAddress } from '../model/cidr.ts';
import type { DhcpOption, VendorDhcp } from '../model/vendor.ts';

/** Options of DHCP (RFC 2132) that say where the files are, ready to be written for a server. */

/** An option with its bytes. */
export interface Option {
  readonly code: number;
  /** `text` and `addresses` may be written as such; `bytes` only as bytes. */
  readonly type: 'text' | 'addresses' | 'bytes';
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Phones of one vendor, told from others by what they say in option 60. */
export interface PhoneClass {
  /** Letters, digits and dashes: fit for a name everywhere. */
  readonly name: string;
  readonly vendor: string;
  /** What stands there, at its beginning or anywhere. */
  readonly says: string;
  readonly match: VendorDhcp['class_match'];
  readonly options: readonly Option[];
}

export interface DhcpPlan {
  /** For whoever asks: what all vendors that read it want alike. */
  readonly everybody: readonly Option[];
  readonly classes: readonly PhoneClass[];
  /** What could not be said, in sentences. */
  readonly notes: readonly string[];
}

/** What a vendor's phones are told. */
export interface VendorWish {
  /** The vendor's folder. */
  readonly id: string;
  readonly title: string;
  readonly dhcp: VendorDhcp;
  readonly place: PlaceWords;
}

export interface PlaceWords {
  readonly protocol: 'http' | 'https' | 'tftp';
  /** Each stands for the placeholder of its name. */
  readonly url: string;
  readonly server: string;
  readonly location: string;
  readonly address: string;
}

/** Longer ones are cut in pieces by RFC 3396, which phones need not know. */
const longest = 255;
/** Vendor specific information: it means nothing, or something else, to whoever is no phone of the vendor. */
const vendorSpecific = 43;

/**
 * What each vendor wants, in as few words as possible. What vendors want differently, and what is vendor specific, goes to
 * the vendor's class alone.
 */
export function planDhcp(wishes: readonly VendorWish[]): DhcpPlan {
  const notes: string[] = [];
  const wanted = wishes.map((wish) => ({ wish, options: optionsOf(wish, notes) }));
  const byCode = Map.groupBy(
    wanted.flatMap(({ wish, options }) => options.map((option) => ({ wish, option }))),
    ({ option }) => option.code,
  );
  const everybody = new Map<number, Option>();
  for (const [code, of] of byCode) {
    const [first, ...others] = of;
    const unclassed = of.find(({ wish }) => wish.dhcp.vendor_class === undefined);
    const isAlike = others.every(({ option }) => same(option, first?.option));
    const chosen =
      code === vendorSpecific ? (wishes.length === 1 ? unclassed : undefined) : isAlike ? first : unclassed;
    if (chosen) everybody.set(code, chosen.option);
  }
  const classes = wanted.flatMap(({ wish, options }) => classOf(wish, options, { everybody, notes }));
  return { everybody: [...everybody.values()].sort((a, b) => a.code - b.code), classes, notes };
}

interface Shared {
  readonly everybody: ReadonlyMap<number, Option>;
  readonly notes: string[];
}

function classOf(
  { id, title, dhcp }: VendorWish,
  options: readonly Option[],
  { everybody, notes }: Shared,
): PhoneClass[] {
  const own = options.filter((option) => !same(option, everybody.get(option.code)));
  if (own.length === 0) return [];
  const { vendor_class: says, class_match: match } = dhcp;
  if (says !== undefined) return [{ name: `offhook-${id}`, vendor: title, says, match, options: own }];
  const codes = own.map(({ code }) => code).join(', ');
  notes.push(
    `what ${title} says in option 60 is not known (vendor_class in vendor.yml): option ${codes} is left out for it`,
  );
  return [];
}

const same = (one: Option | undefined, other: Option | undefined): boolean =>
  one !== undefined && other !== undefined && Buffer.compare(one.bytes, other.bytes) === 0;

/** The options of a vendor; sub-options of one code put together (RFC 2132 section 8.4: code, length, value). */
function optionsOf({ title, dhcp, place }: VendorWish, notes: string[]): Option[] {
  const said = dhcp.options.filter(({ protocols }) => protocols?.includes(place.protocol) !== false);
  const options = [...Map.groupBy(said, ({ code }) => code)].flatMap(([code, parts]) => {
    const made = parts.map((part) => readValue(part, place));
    const missing = made.find((value) => typeof value === 'string');
    if (missing !== undefined) notes.push(`${title}: option ${code} is left out: ${missing}`);
    return missing === undefined ? [joined(code, parts, made as Value[])] : [];
  });
  return options.filter(({ code, bytes }) => {
    if (bytes.length <= longest) return true;
    notes.push(
      `${title}: option ${code} is left out: it has ${bytes.length} bytes, and an option has room for ${longest}`,
    );
    return false;
  });
}

type Value = Omit<Option, 'code'>;

/** In words why there is none. */
function readValue({ value, type }: DhcpOption, place: PlaceWords): Value | string {
  const words = place as unknown as Readonly<Record<string, string>>;
  const text = value.replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole);
  if (type === 'text') return { type, text, bytes: Buffer.from(text) };
  const address = parseAddress(text);
  if (address?.family !== 4) return `it takes an IPv4 address, and ${text} is none`;
  return { type, text, bytes: Buffer.from(text.split('.').map(Number)) };
}

function joined(code: number, parts: readonly DhcpOption[], values: readonly Value[]): Option {
  const [only] = values;
  if (only && parts.every(({ suboption }) => suboption === undefined)) return { code, ...only };
  const pieces = parts.map(({ suboption = 0 }, index) => {
    const bytes = values[index]?.bytes ?? new Uint8Array();
    return Buffer.from([suboption, Math.min(bytes.length, 255), ...bytes]);
  });
  const text = parts.map(({ suboption }, index) => `${suboption}: ${values[index]?.text}`).join(', ');
  return { code, type: 'bytes', text, bytes: Buffer.concat(pieces) };
}

/** `0115…`, with something between the bytes. */
export const hexOf = ({ bytes }: Option, between = ''): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(between);

/** Where a name may begin in option 60 that has numbers before it: few servers have a test for "somewhere". */
const furthest = 24;

/** Where the text of a class may begin. */
export const placesOf = (match: PhoneClass['match']): readonly number[] =>
  match === 'begins' ? [0] : Array.from({ length: furthest + 1 }, (_, place) => place);
