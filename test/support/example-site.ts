import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Device, Key, KeyType, Line, Server, Settings, Sip } from '../../src/model/device.ts';
import type { Directory } from '../../src/model/directory.ts';
import { type Mac, parseMac } from '../../src/model/mac.ts';
import type { PhonebookEntry } from '../../src/model/phonebook.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Site } from '../../src/model/site.ts';
import { parsePosixTimezone } from '../../src/model/timezone.ts';
import type { Model, Vendor } from '../../src/model/vendor.ts';
import { createRenderer } from '../../src/render/render.ts';
import { createVendorReader } from '../../src/source/vendors.ts';
import { parseYaml } from '../../src/source/yaml.ts';

const root = resolve(import.meta.dirname, '../..');
export const templatesFolder = resolve(root, 'templates');

/** The vendors that are shipped, as the program reads them. */
export const shipped = createVendorReader({ schema: resolve(root, 'schema'), templates: templatesFolder })();

export const timezones: ReadonlyMap<string, string> = new Map(
  Object.entries(
    Object(parseYaml('timezones.yml', readFileSync(resolve(templatesFolder, '_shared/timezones.yml'), 'utf8')).value),
  ),
);

export interface Example {
  readonly vendor: Vendor;
  readonly model: Model;
  /** Every text of a person goes through it. */
  readonly text?: (text: string) => string;
  readonly settings?: Partial<Settings>;
  /** How many lines and keys; all that the model has when it is not said. */
  readonly lines?: number;
  readonly keys?: number;
}

const same = (text: string) => text;

/** A name that the vendor takes for one of his own parameters. */
export const parameterOf = ({ parameter_name }: Vendor): string | undefined =>
  ['contract.test.only', 'P99999', 'Contract_Test_Only'].find((name) => parameter_name.test(name));

/** A device with every setting there is, and the most lines and keys that its model has. */
export function fullDevice({ vendor, model, text = same, settings, lines, keys }: Example): Device {
  const parameter = parameterOf(vendor);
  const count = lines ?? model.lines;
  return {
    ...bareDevice({ vendor, model }),
    group: 'reception',
    ip: '192.0.2.7',
    lines: Array.from({ length: count }, (_, index) => lineOf(index + 1, text)),
    keys: keysOf(model, count, text).slice(0, keys ?? model.keys),
    settings: {
      ...bare,
      timezone: 'Europe/Berlin',
      time_format: 12,
      ntp: ['ntp1.example.com', 'ntp2.example.com'],
      codecs: Object.keys(vendor.tables.codec ?? { g722: '', pcmu: '' }),
      voicemail: text('*97'),
      pickup_code: text('*8'),
      admin_password: new Secret(text('geheim-admin')),
      user_password: new Secret(text('geheim-user')),
      vlan: { id: 100, priority: 5, pc_id: 200, pc_priority: 1 },
      refresh: { every: 720 },
      directory: directoryOf(vendor, text),
      parameters: parameter === undefined ? {} : { [parameter]: text('raw') },
      ...settings,
    },
  };
}

/** A phonebook, and a directory that is reached as safely as the vendor's phones can. */
const directoryOf = ({ tables }: Vendor, text: (text: string) => string): Directory => {
  const security = (['ldaps', 'start_tls', 'none'] as const).find((word) => word in (tables.ldap ?? {})) ?? 'none';
  return {
    phonebook: { title: text('Example Inc.'), refresh: 360 },
    ldap: {
      ...{ title: text('People'), host: 'ldap.example.com', port: security === 'ldaps' ? 636 : 389, security },
      ...{ base: text('ou=people,dc=example,dc=com'), user: text('cn=phones,ou=services,dc=example,dc=com') },
      password: new Secret(text('geheim-ldap')),
      ...{ name_filter: '(|(cn=%)(sn=%))', number_filter: '(|(telephoneNumber=%)(mobile=%))' },
      ...{ name_attributes: ['cn', 'sn'], number_attributes: ['telephoneNumber', 'mobile'], display_name: ['cn'] },
      ...{ max_hits: 50, lookup: true },
    },
  };
};

/** As a phonebook lists them. */
export const people: readonly PhonebookEntry[] = [
  { number: '1001', name: 'Ada Lovelace', mobile: '+491701001', email: 'ada@example.com', department: 'Research' },
  { number: '1002', name: 'Grace Hopper', department: 'Navy' },
  { number: '1003', name: 'Zoë & Çağla', department: 'Research' },
];

const server: Server = {
  address: '192.168.1.14',
  protocol: 'http',
  http: { port: 8080 },
  tftp: { port: 69 },
};

const bare: Settings = {
  timezone: 'UTC',
  time_format: 24,
  language: 'en',
  ntp: [],
  codecs: ['pcma'],
  dtmf: 'rfc2833',
  srtp: 'off',
  voicemail: '',
  pickup_code: '',
  web: 'https',
  lldp: true,
  parameters: {},
};

/** A device with every optional setting absent, and no line. */
export function bareDevice({ vendor, model, settings }: Example): Device {
  return {
    mac: macOf(vendor, model),
    vendor: vendor.id,
    model: model.id,
    sip_port: 5060,
    server,
    lines: [],
    keys: [],
    settings: { ...bare, ...settings },
  };
}

/** Of the vendor's, and another for each of his models. */
export function macOf(vendor: Vendor, model: Model): Mac {
  const number = [...vendor.models.keys()].indexOf(model.id) + 1;
  const mac = parseMac(`${vendor.ouis[0] ?? '020000'}0000${String(number).padStart(2, '0')}`);
  if (mac === undefined) throw new Error(`${vendor.id} has no OUI`);
  return mac;
}

const sip: Sip = {
  server: 'pbx.example.com',
  port: 5060,
  transport: 'udp',
  expiry: 3600,
  outbound_proxy: { server: 'proxy.example.com', port: 5070 },
  backup: { server: 'backup.example.com', port: 5062 },
};

const lineOf = (index: number, text: (text: string) => string): Line => ({
  index,
  extension: `${1000 + index}`,
  name: text(`Ada Lovelace ${index}`),
  label: text(`Ada ${index}`),
  auth_user: text(`auth${1000 + index}`),
  password: new Secret(text(`geheim-${1000 + index}`)),
  voicemail: text('*97'),
  sip,
});

/** Every position taken, every type of key of the model in turn. */
function keysOf(model: Model, lines: number, text: (text: string) => string): Key[] {
  const types = model.key_types.filter((type) => type !== 'line' && type !== 'none');
  const shared = model.line_keys === 'shared' && model.key_types.includes('line') ? lines : 0;
  return Array.from({ length: model.keys }, (_, index) => {
    const position = index + 1;
    if (position <= shared)
      return { position, type: 'line', line: position, value: '', label: text(`Ada ${position}`) };
    const type: KeyType = types[(index - shared) % Math.max(1, types.length)] ?? 'none';
    return { position, type, line: 1, value: text(`${2000 + position}`), label: text(`Key ${position}`) };
  });
}

/** A resolved site of these devices and people; its models have the settings of the first. */
export function siteOf(devices: readonly Device[], vendors = shipped, phonebook = people): Site {
  const settings = devices[0]?.settings ?? bare;
  return {
    devices,
    server,
    notify: { mode: 'auto', per_second: 20, per_address: 5 },
    prefixes: [],
    phonebook,
    vendors: vendors.vendors,
    templates: vendors.templates,
    timezone: (name) => parsePosixTimezone(name, timezones.get(name) ?? ''),
    settingsOfModel: () => settings,
  };
}

const renderer = createRenderer();

/** All files of the devices, those that they share among them, by name; throws on any problem. */
export function filesOf(...devices: readonly Device[]): Map<string, { text: string; masked: string }> {
  const { files, problems } = renderSite(devices);
  if (problems.length > 0)
    throw new Error(problems.map(({ file, line, message }) => `${file}:${line} ${message}`).join('\n'));
  return new Map(
    files.map(({ path, bytes, secrets }) => {
      const masked = Buffer.from(bytes);
      for (const { start, end } of secrets) masked.fill('*', start, end);
      return [path, { text: bytes.toString('utf8'), masked: masked.toString('utf8') }];
    }),
  );
}

/** What the device gets before it has proved itself, by name. */
export function bootstrapOf(device: Device): Map<string, string> {
  const { bootstrap, problems } = renderer(siteOf([device])).device(device);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  return new Map(bootstrap.map(({ path, bytes }) => [path, bytes.toString('utf8')]));
}

export function renderSite(devices: readonly Device[], listed = people) {
  const rendering = renderer(siteOf(devices, shipped, listed));
  const parts = [rendering.shared(), ...devices.map((device) => rendering.device(device))];
  return {
    files: parts.flatMap(({ files }) => files),
    problems: [...rendering.problems, ...parts.flatMap(({ problems }) => problems)],
  };
}
