import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyType } from '../src/model/device.ts';
import type { Model, Vendor } from '../src/model/vendor.ts';

export interface SiteOptions {
  /** The project's folder. */
  readonly dir: string;
  /** Every model of these, in turn. */
  readonly vendors: ReadonlyMap<string, Vendor>;
  readonly devices: number;
  /** Included files that people and devices are split into; fewer when there are fewer devices. */
  readonly files?: number;
  /** Where the device in the middle listens for a NOTIFY; the others have no address. */
  readonly phone?: { readonly address: string; readonly port: number };
}

export interface GeneratedSite {
  /** The extension of the device in the middle, and the included file that it is in, relative to the project. */
  readonly number: string;
  readonly path: string;
  /** The text of that file with the extension's person called `name`. */
  textWith(name: string): string;
}

/**
 * Writes a project of many devices: each file is a place of its own with its people, its group and its devices, six keys
 * each (where the model has so many), among them BLF of the neighbours. The same options give the same bytes.
 */
export function writeSite(options: SiteOptions): GeneratedSite {
  const { dir, devices } = options;
  const each = Math.ceil(devices / Math.min(options.files ?? 100, devices));
  const count = Math.ceil(devices / each);
  const ranges = Array.from({ length: count }, (_, index) => ({
    name: `place-${String(index).padStart(4, '0')}`,
    from: index * each,
    to: Math.min(devices, (index + 1) * each),
  }));
  mkdirSync(join(dir, 'sites'), { recursive: true });
  writeFileSync(join(dir, 'devices.yml'), mainFile);
  for (const range of ranges) writeFileSync(join(dir, pathOf(range)), placeFile(range, options));
  const middle = middleOf(devices);
  const place = ranges[Math.floor(middle / each)]!;
  return {
    number: numberOf(middle),
    path: pathOf(place),
    textWith: (name) => placeFile(place, options, new Map([[middle, name]])),
  };
}

const mainFile = `server: { address: 192.0.2.1, http: { port: 8080 } }
sip: { server: pbx.example.com, transport: udp }
notify: { mode: auto, per_second: 20 }
defaults:
  timezone: Europe/Berlin
  ntp: pool.ntp.org
  language: de
  codecs: [g722, pcmu, pcma]
  voicemail: "*97"
  pickup_code: "*8"
  admin_password: correct-horse-battery
include: [sites/*.yml]
`;

/** Devices from the first index up to, not including, the last. */
interface Range {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const pathOf = ({ name }: Range): string => `sites/${name}.yml`;
const middleOf = (devices: number): number => Math.floor(devices / 2);
const numberOf = (index: number): string => String(100_000 + index);

function placeFile(range: Range, options: SiteOptions, names: ReadonlyMap<number, string> = new Map()): string {
  const models = [...options.vendors.values()].flatMap((vendor) =>
    [...vendor.models.values()].map((model) => ({ vendor, model })),
  );
  const indices = Array.from({ length: range.to - range.from }, (_, offset) => range.from + offset);
  const people = indices.map((index) => personEntry(index, names.get(index) ?? nameOf(index)));
  const devices = indices.map((index) => deviceEntry({ ...models[index % models.length]!, index, range, options }));
  const group = `groups:\n  ${range.name}:\n    timezone: ${pick(zones, range.from)}\n    vlan: { id: ${100 + (range.from % 900)} }\n`;
  return `${group}extensions:\n${people.join('')}devices:\n${devices.join('')}`;
}

const personEntry = (index: number, name: string): string =>
  `  "${numberOf(index)}": { name: ${JSON.stringify(name)}, password: ${passwordOf(index)} }\n`;

interface Entry {
  readonly vendor: Vendor;
  readonly model: Model;
  readonly index: number;
  readonly range: Range;
  readonly options: SiteOptions;
}

function deviceEntry(entry: Entry): string {
  const { vendor, model, index, range, options } = entry;
  const { phone, devices } = options;
  const place = `group: ${range.name}${
    phone && index === middleOf(devices) ? `, ip: ${phone.address}, sip_port: ${phone.port}` : ''
  }`;
  const identity = `mac: "${macOf(vendor, index)}", vendor: ${vendor.id}, model: ${model.id}`;
  return `  - { ${identity}, extension: "${numberOf(index)}", ${place}, keys: [ ${keysOf(entry).join(', ')} ] }\n`;
}

const wantedKeys: readonly KeyType[] = ['blf', 'speed_dial', 'blf', 'voicemail', 'blf', 'speed_dial'];

/** Six keys; less where the model has no room for them, and speed dials where it has no such key. */
function keysOf({ model, index, range }: Entry): string[] {
  const room = model.line_keys === 'shared' ? model.keys - 1 : model.keys;
  return wantedKeys.slice(0, room).map((wanted, key) => {
    const type = model.key_types.includes(wanted) ? wanted : 'speed_dial';
    if (type === 'blf') return `{ type: blf, value: "${numberOf(neighbour(index + key + 1, range))}" }`;
    if (type === 'voicemail') return '{ type: voicemail, value: "*97", label: Messages }';
    return `{ type: speed_dial, value: "+4930${1_000_000 + index}", label: ${pick(shops, index + key)} }`;
  });
}

const neighbour = (index: number, { from, to }: Range): number => from + ((index - from) % (to - from));

function macOf({ ouis }: Vendor, index: number): string {
  const digits = `${ouis[0]}${index.toString(16).padStart(6, '0')}`;
  return digits.replace(/..(?=.)/g, '$&:');
}

const given = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Zoë', 'Ken', 'Radia', 'Jürgen', 'Frances'];
const family = ['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Knuth', "O'Brien", 'Perlman', 'Allen & Co'];
const shops = ['Taxi', 'Reception', 'Porter', 'Pizza'];
const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney', 'Europe/London'];

const pick = <Item>(items: readonly Item[], index: number): Item => items[index % items.length]!;
const nameOf = (index: number): string => `${pick(given, index)} ${pick(family, index * 7)}`;
/** Looks random, is not: 16 digits. */
const passwordOf = (index: number): string => `p${((index + 1) * 0x9e3779b97f4a7).toString(36).slice(0, 15)}`;
