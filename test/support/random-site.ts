import fc from 'fast-check';
import type { Model, Vendor } from '../../src/model/vendor.ts';

/** A devices.yml as a value, every part of which is right; `JSON.stringify` makes YAML of it. */
export interface RandomSite {
  readonly server: object;
  readonly sip: object;
  readonly defaults: object;
  readonly groups: Readonly<Record<string, object>>;
  readonly extensions: Readonly<Record<string, object>>;
  readonly devices: readonly { readonly mac: string }[];
}

/** Words that every vendor has. */
const timezones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Europe/Dublin',
];
const hosts = ['pool.ntp.org', '192.0.2.3', 'a-b.example.com'];

/** A text as people write it: any script, marks of any format, but no control character and no dots of a password. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc
      .array(fc.constantFrom(...'& < > " \' # % $ { } {{ %} \\ ; = : , ~ $(x) [ ] 🐙 é'.split(' ')), { minLength: 1 })
      .map((parts) => parts.join(' ')),
  )
  .filter((some) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Cn}\u2022]/u.test(some) && some.trim() !== '');

const number = fc.stringMatching(/^[1-9*#+][0-9]{1,6}$/);
const host = fc.constantFrom(...hosts);

const settings = fc.record(
  {
    timezone: fc.constantFrom(...timezones),
    time_format: fc.constantFrom('12', '24'),
    language: fc.constantFrom('en', 'de', 'fr', 'de-AT'),
    ntp: fc.oneof(host, fc.uniqueArray(host, { minLength: 1, maxLength: 3 })),
    codecs: fc.shuffledSubarray(['g722', 'pcmu', 'pcma', 'g729'], { minLength: 1 }),
    dtmf: fc.constantFrom('rfc2833', 'info', 'inband'),
    srtp: fc.constantFrom('off', 'optional'),
    voicemail: number,
    pickup_code: number,
    admin_password: text,
    user_password: text,
    web: fc.constantFrom('off', 'http', 'https'),
    vlan: fc.record(
      { id: fc.integer({ min: 1, max: 4094 }), priority: fc.integer({ min: 0, max: 7 }) },
      { requiredKeys: ['id'] },
    ),
    lldp: fc.constantFrom('true', 'false'),
    refresh: fc.oneof(fc.constant({ every: 60 }), fc.constant({ at: '03:00' })),
    sip: fc.record(
      {
        server: host,
        port: fc.integer({ min: 1, max: 65535 }),
        transport: fc.constantFrom('udp', 'tcp', 'tls'),
        outbound_proxy: fc.record({ server: host }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

/** Sites that have nothing wrong, of the vendors given. */
export function randomSite(vendors: ReadonlyMap<string, Vendor>): fc.Arbitrary<RandomSite> {
  const models = [...vendors.values()].flatMap((vendor) =>
    [...vendor.models.values()].map((model) => ({ vendor, model })),
  );
  return fc
    .uniqueArray(number, { minLength: 1, maxLength: 6 })
    .chain((numbers) =>
      fc.record({
        server: fc.record(
          { address: host, protocol: fc.constantFrom('http', 'https', 'tftp') },
          { requiredKeys: ['address'] },
        ),
        sip: fc.record({ server: host, expiry: fc.integer({ min: 30, max: 86400 }) }, { requiredKeys: ['server'] }),
        defaults: settings,
        groups: fc.dictionary(fc.constantFrom('a', 'b', '__proto__', '1'), settings, { noNullPrototype: true }),
        extensions: fc
          .tuple(...numbers.map(() => person))
          .map((people) => Object.fromEntries(people.map((one, index) => [numbers[index], one]))),
        devices: fc.uniqueArray(
          fc.constantFrom(...models).chain((choice) => device(choice, numbers)),
          { maxLength: 8, selector: ({ mac }) => mac },
        ),
      }),
    )
    .map((site) => ({
      ...site,
      devices: site.devices.map((one, index) => inGroup(one, Object.keys(site.groups)[index % 3])),
    }));
}

const inGroup = <Device extends object>(one: Device, group: string | undefined): Device =>
  group === undefined ? one : { ...one, group };

const person = fc.record(
  { name: text, password: text, voicemail: number, auth_user: number },
  { requiredKeys: ['password'] },
);

function device({ vendor, model }: { vendor: Vendor; model: Model }, numbers: readonly string[]) {
  const mac = fc.uint8Array({ minLength: 5, maxLength: 5 }).map((bytes) => `02${Buffer.from(bytes).toString('hex')}`);
  return fc.integer({ min: 0, max: Math.min(model.lines, 3) }).chain((lines) => {
    const taken = model.line_keys === 'shared' ? lines : 0;
    return fc
      .record({
        mac,
        lines: fc.array(
          fc.record({ extension: fc.constantFrom(...numbers), label: text }, { requiredKeys: ['extension'] }),
          { minLength: lines, maxLength: lines },
        ),
        keys: fc.array(key(model, { lines, numbers }), { maxLength: Math.max(0, Math.min(model.keys - taken, 5)) }),
        own: settings,
      })
      .map(({ own, lines: list, keys, ...rest }) => ({
        ...{ ...own, ...rest, vendor: vendor.id, model: model.id, keys },
        ...(list.length > 0 && { lines: list }),
      }));
  });
}

const needsNumber = ['blf', 'speed_dial', 'dtmf', 'park', 'intercom', 'forward'];

/** A key of type `line` would take all lines off the keys that they have by themselves. */
function key({ key_types }: Model, { lines, numbers }: { lines: number; numbers: readonly string[] }) {
  const types = key_types.filter((type) => type !== 'line');
  return fc.constantFrom(...types, 'none').chain((type) => {
    const value = type === 'blf' ? fc.constantFrom(...numbers) : number;
    const rest = { label: text, line: fc.integer({ min: 1, max: Math.max(1, lines) }) };
    return needsNumber.includes(type)
      ? fc.record({ type: fc.constant(type), value, ...rest }, { requiredKeys: ['type', 'value'] })
      : fc.record({ type: fc.constant(type), ...rest }, { requiredKeys: ['type'] });
  });
}
