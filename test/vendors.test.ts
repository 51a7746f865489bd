import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Device } from '../src/model/device.ts';
import { Secret } from '../src/model/secret.ts';
import { identify } from '../src/model/user-agent.ts';
import type { Model, Vendor } from '../src/model/vendor.ts';
import { formatPlace } from '../src/problem.ts';
import { parseYaml } from '../src/source/yaml.ts';
import {
  bareDevice,
  bootstrapOf,
  type Example,
  filesOf,
  fullDevice,
  parameterOf,
  renderSite,
  shipped,
  templatesFolder,
  timezones,
} from './support/example-site.ts';
import { settingsOf } from './support/settings-of.ts';

/** What every vendor's folder must keep; a new one is tested by being there. */
const vendors = [...shipped.vendors.values()];
const examples = vendors.flatMap((vendor) =>
  [...vendor.models.values()].map((model): [string, Example] => [`${vendor.title} ${model.title}`, { vendor, model }]),
);

const settingsByFile = (vendor: Vendor, ...devices: Device[]) =>
  new Map(
    [...filesOf(...devices)]
      .filter(([name]) => name !== vendor.phonebook?.name.replace('{page}', '1'))
      .map(([name, { text }]) => [name, settingsOf(text, vendor)]),
  );

test('the vendor files that are shipped have no fault', () => {
  expect(shipped.problems.map((problem) => `${formatPlace(problem)} ${problem.message}`)).toEqual([]);
  expect(vendors.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['cisco', 'grandstream', 'polycom', 'yealink', 'zultys']),
  );
});

test('no two models have one name', () => {
  const titles = examples.map(([title]) => title);
  expect(titles).toEqual([...new Set(titles)]);
});

test('no two vendors have one OUI', () => {
  const ouis = vendors.flatMap(({ ouis }) => ouis);
  expect(ouis).toEqual([...new Set(ouis)]);
  for (const { id, ouis } of vendors) expect([id, ouis.length > 0]).toEqual([id, true]);
});

describe.each(examples)('%s', (_, { vendor, model }) => {
  const full = fullDevice({ vendor, model });
  const rendered = () => settingsByFile(vendor, full);

  test('renders with every setting, well-formed and no setting twice', () => {
    const settings = rendered();
    for (const [name, names] of settings) {
      const twice = names.filter((setting, index) => names.indexOf(setting) !== index);
      expect([name, twice]).toEqual([name, []]);
    }
    const own = settings.get(`${full.mac}.cfg`);
    expect(own).toBeDefined();
    expect([...settings.values()].flat().length).toBeGreaterThan(30);
  });

  test('renders with every optional setting absent, with one line and with none', () => {
    for (const lines of [[], full.lines.slice(0, 1).map((line) => ({ ...line, voicemail: '', sip: plainSip }))])
      for (const names of settingsByFile(vendor, { ...bareDevice({ vendor, model }), lines }).values())
        expect(names).toEqual([...new Set(names)]);
  });

  test('renders every word of its tables, and every way to refresh', () => {
    for (const settings of variations(vendor))
      expect(() => settingsByFile(vendor, fullDevice({ vendor, model, settings, lines: 1 }))).not.toThrow();
    const transports = Object.keys(vendor.tables.transport ?? { udp: '' }) as ('udp' | 'tcp' | 'tls')[];
    for (const transport of transports) {
      const lines = full.lines.map((line) => ({ ...line, sip: { ...line.sip, transport } }));
      expect(() => settingsByFile(vendor, { ...full, lines })).not.toThrow();
    }
  });

  test('renders every time zone', () => {
    for (const timezone of timezones.keys()) {
      const files = filesOf(fullDevice({ vendor, model, lines: 1, keys: 1, settings: { timezone } }));
      const odd = [...files.values()].filter(({ text }) => /NaN|undefined|null|\[object/.test(text));
      expect([timezone, odd]).toEqual([timezone, []]);
    }
  });

  test.each(Object.entries(hostile))(
    'a value with %s neither breaks a file nor adds or takes away a setting',
    (_, value) => {
      const made = settingsByFile(vendor, fullDevice({ vendor, model, text: (text) => text + value }));
      expect(made).toEqual(rendered());
    },
  );

  test('a value with a line break is refused, and not shown', () => {
    for (const character of ['\n', '\r', '\0', '\x1b', '\u0001']) {
      const { files, problems } = renderSite([
        fullDevice({ vendor, model, text: (text) => `${text}${character}P2=x` }),
      ]);
      expect(files.filter(({ bytes }) => bytes.toString().includes('P2=x'))).toEqual([]);
      expect(problems).not.toEqual([]);
      expect(problems.map(({ message }) => message).join()).not.toContain('geheim');
    }
  });

  test('gives the same bytes each time', () => {
    expect(filesOf(fullDevice({ vendor, model }))).toEqual(filesOf(full));
  });

  test('has every secret marked, so that a plan can mask it', () => {
    const masked = [...filesOf(full).values()].map(({ masked }) => masked).join('\n');
    expect(masked).not.toContain('geheim');
    const text = [...filesOf(full).values()].map(({ text }) => text).join('\n');
    for (const { password } of full.lines) expect(text).toContain(Secret.reveal(password));
  });

  test('tells a phone the credentials and the token of its own files, and marks them', () => {
    const credentials = { user: 'phones', password: new Secret('geheim-provisioning'), scheme: 'both' } as const;
    const access = { credentials, token: new Secret('geheim-token-0001') };
    const files = filesOf(fullDevice({ vendor, model, settings: { access } }));
    const text = [...files.values()].map((file) => file.text).join('\n');
    expect(text).toContain('phones');
    expect(text).toContain('geheim-provisioning');
    expect(text).toContain('192.168.1.14:8080/t/geheim-token-0001');
    expect([...files.values()].map(({ masked }) => masked).join('\n')).not.toContain('geheim');
    const shared = [...files].filter(([name]) => !name.includes(full.mac));
    for (const [, file] of shared) expect(file.text).not.toContain('geheim');
    // Without them nothing of the kind is told.
    const plain = [...filesOf(full).values()].map((file) => file.text).join('\n');
    expect(plain).not.toMatch(/\/t\/|undefined|geheim-provisioning/);
  });

  test('has a bootstrap that says where the device’s files are, and holds no other secret', () => {
    const credentials = { user: 'phones', password: new Secret('geheim-provisioning'), scheme: 'both' } as const;
    const token = new Secret('the-token-0001');
    const access = { credentials, token, bootstrap_token: new Secret('geheim-bootstrap-1') };
    const files = bootstrapOf(fullDevice({ vendor, model, settings: { access } }));
    const text = [...files.values()].join('\n');
    expect(text).toContain('192.168.1.14:8080/t/the-token-0001');
    expect(text).not.toContain('geheim');
    const asked = new Set(filesOf(full).keys());
    expect([...files.keys()].some((name) => asked.has(name))).toBe(true);
    for (const text of files.values()) {
      const settings = settingsOf(text, vendor);
      expect(settings).toEqual([...new Set(settings)]);
    }
    expect(bootstrapOf(full).size).toBe(0);
  });

  test('never needs a reboot for a new name, label or number', () => {
    const renamed = fullDevice({ vendor, model, text: (text) => `${text}7` });
    const before = filesOf(full);
    for (const [name, { text }] of filesOf({ ...renamed, settings: full.settings })) {
      const old = new Set(before.get(name)?.text.split('\n'));
      const changed = text.split('\n').filter((line) => !old.has(line));
      expect(changed.filter((line) => vendor.reboot_when.some((pattern) => pattern.test(line)))).toEqual([]);
    }
  });
});

const hostile = {
  'characters of XML': `&<>"']]>--><!--<x>`,
  'a percent sign': '%NULL% %s',
  'a hash': ' # x',
  'a shell’s substitution': '$(reboot) `x` $MA $USER',
  'a template': '{{ 7*7 }}{% for %}{# x #}',
  'an equals sign': ' = 1',
  'separators of lists': ';|,:@/\\',
  emoji: '👩‍🚀😀',
  'letters from right to left': 'עדה \u202eלאבלייס\u202c',
  'ten thousand characters': 'x'.repeat(10_000),
};

const plainSip = { server: 'pbx.example.com', port: 5060, transport: 'udp', expiry: 3600 } as const;

function* variations({ tables }: Vendor): Generator<Example['settings']> {
  for (const language of Object.keys(tables.language ?? {})) yield { language };
  for (const codec of Object.keys(tables.codec ?? {})) yield { codecs: [codec] };
  for (const dtmf of ['rfc2833', 'info', 'inband'] as const)
    if (dtmf in (tables.dtmf ?? { [dtmf]: '' })) yield { dtmf };
  for (const srtp of ['off', 'optional', 'required'] as const)
    if (srtp in (tables.srtp ?? { [srtp]: '' })) yield { srtp };
  for (const web of ['off', 'http', 'https'] as const) yield { web };
  for (const time_format of [12, 24] as const) yield { time_format };
  for (const refresh of [{ every: 1 }, { every: 43_200 }, { at: '03:00' }, { at: '23:59' }, {}, undefined])
    yield { refresh };
  for (const vlan of [{ id: 1 }, { id: 4094, priority: 0 }, { id: 2, pc_id: 3 }, undefined]) yield { vlan };
  for (const lldp of [true, false]) yield { lldp };
  for (const ntp of [[], ['a.example.com'], ['a', 'b', 'c', 'd']]) yield { ntp };
  yield { admin_password: undefined };
  yield { user_password: undefined };
  yield { pickup_code: '' };
  yield { parameters: {} };
}

describe.each(vendors.map((vendor): [string, Vendor] => [vendor.title, vendor]))('%s', (_, vendor) => {
  const folder = join(templatesFolder, vendor.id);
  const document: unknown = parseYaml('vendor.yml', readFileSync(join(folder, 'vendor.yml'), 'utf8')).value;
  const seen: { user_agent: string; model?: string; firmware?: string; mac?: string }[] =
    Object(document).examples ?? [];

  test('is told by its user agents, and by nobody else’s', () => {
    expect(seen.length).toBeGreaterThan(0);
    for (const { user_agent, ...agent } of seen)
      expect([user_agent, identify(user_agent, vendors)]).toEqual([user_agent, { vendor: vendor.id, ...agent }]);
  });

  test('takes a raw parameter, and no name that could break out', () => {
    expect(parameterOf(vendor)).toBeDefined();
    for (const name of ['', 'a b', 'a=b', 'a\nb', '<a', 'a>', 'a"b', "a'b", 'a&b', 'a/b', 'ä', 'a:b', '#a'])
      expect([name, vendor.parameter_name.test(name)]).toEqual([name, false]);
  });

  test('has a README that owns up to what is not certain', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(readme).toMatch(/^## Sources$/m);
    expect(readme).toMatch(/hardware/);
    for (const file of readdirSync(folder).filter((name) => /\.(?:njk|yml)$/.test(name)))
      for (const [mark] of readFileSync(join(folder, file), 'utf8').matchAll(/\[(?:INF|GK|1)\]/g))
        expect(readme).toContain(mark);
  });

  test('has samples that are what is rendered', () => {
    const files = filesOf(...[...vendor.models.values()].map((model) => sampleDevice(vendor, model)));
    const samples = join(folder, 'samples');
    if (process.env.UPDATE_SAMPLES) {
      rmSync(samples, { recursive: true, force: true });
      mkdirSync(samples);
      for (const [name, { text }] of files) writeFileSync(join(samples, name), text);
    }
    expect(existsSync(samples) ? readdirSync(samples).sort() : 'none: run with UPDATE_SAMPLES=1').toEqual(
      [...files.keys()].sort(),
    );
    for (const [name, { text }] of files) expect(readFileSync(join(samples, name), 'utf8')).toBe(text);
  });
});

/** As a user would have it: two lines where there is room for them, and one key of each type. */
function sampleDevice(vendor: Vendor, model: Model): Device {
  const lines = Math.min(2, model.lines);
  const types = model.key_types.filter((type) => type !== 'none').length;
  return fullDevice({
    ...{ vendor, model, lines, keys: Math.min(model.keys, lines + types) },
    settings: {
      time_format: 24,
      codecs: ['g722', 'pcma', 'pcmu'],
      language: 'de',
      parameters: {},
      refresh: { at: '03:00' },
    },
  });
}
