import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatPlace } from '../../src/problem.ts';
import { createVendorReader } from '../../src/source/vendors.ts';

const schema = resolve(import.meta.dirname, '../../schema');
const acme = `title: Acme
ouis: ["0a1b2c"]
format: cfg
files:
  - { name: "{mac}.cfg", template: mac.cfg.njk }
  - { name: "{common}", template: common.njk, format: xml }
user_agents: ['^Acme (?<model>\\w+)$']
notify: { resync: { event: check-sync }, reboot: { event: "check-sync;reboot=true" } }
parameter_name: '^a|b$'
tables: { transport: { udp: 0, tls: 2 }, key: { blf: 16, line: 15 } }
defaults: { codecs: [pcma], parameters: { a: 1 } }
models:
  one: { title: One, lines: 2, keys: 4, common: one.xml, defaults: { time_format: 12, parameters: { b: 2 } } }
  two: { title: Two, lines: 1, keys: 0, common: two.xml, key_types: [blf], line_keys: separate }
`;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vendors-'));
  write('templates/_shared/empty.njk', '');
  write('templates/acme/vendor.yml', acme);
  write('templates/acme/mac.cfg.njk', 'mac {{ mac }}');
  write('templates/acme/common.njk', '<common/>');
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const reader = () => {
  const read = createVendorReader({ schema, templates: join(root, 'templates') });
  return (own?: string) => read(own === undefined ? undefined : { dir: join(root, own), name: own });
};
const problemsOf = (own?: string) =>
  reader()(own).problems.map((problem) => `${formatPlace(problem)} ${problem.message}`);
const change = (from: string | RegExp, to: string) => write('templates/acme/vendor.yml', acme.replace(from, to));

describe('a folder of templates', () => {
  test('becomes vendors and templates', () => {
    const { vendors, templates, problems, files } = reader()();
    expect(problems).toEqual([]);
    expect([...templates.keys()]).toEqual(['_shared/empty.njk', 'acme/common.njk', 'acme/mac.cfg.njk']);
    expect(files).toEqual([join(root, 'templates')]);
    const vendor = vendors.get('acme');
    expect(vendor).toMatchObject({ id: 'acme', title: 'Acme', ouis: ['0a1b2c'], tables: { transport: { udp: '0' } } });
    expect('Acme X1'.match(vendor?.user_agents[0] ?? /-/)?.groups?.model).toBe('X1');
    expect(['a', 'b', 'ax', 'xb'].map((name) => vendor?.parameter_name.test(name))).toEqual([true, true, false, false]);
    expect(vendor?.models.get('one')).toEqual({
      ...{ id: 'one', title: 'One', lines: 2, keys: 4, line_keys: 'shared', key_types: ['line', 'blf'] },
      properties: { common: 'one.xml' },
      files: [
        { name: '{mac}.cfg', also: [], template: 'acme/mac.cfg.njk', format: 'cfg' },
        { name: '{common}', also: [], template: 'acme/common.njk', format: 'xml' },
      ],
      defaults: { codecs: ['pcma'], time_format: 12, parameters: { a: '1', b: '2' } },
    });
    expect(vendor?.models.get('two')).toMatchObject({ key_types: ['blf'], line_keys: 'separate' });
  });

  test('is the same object for as long as nothing changes, and what did not change is so afterwards', () => {
    write('templates/beta/vendor.yml', acme.replace('Acme', 'Beta'));
    write('templates/beta/mac.cfg.njk', 'beta');
    write('templates/beta/common.njk', 'beta');
    const read = reader();
    const first = read();
    expect(read()).toBe(first);
    change('One', 'Uno');
    const second = read();
    expect(second).not.toBe(first);
    expect(second.templates).toBe(first.templates);
    expect(second.vendors.get('acme')).not.toBe(first.vendors.get('acme'));
    expect(second.vendors.get('beta')).toBe(first.vendors.get('beta'));
    write('templates/acme/mac.cfg.njk', 'other');
    const third = read();
    expect(third.vendors).toBe(second.vendors);
    expect(third.templates.get('acme/mac.cfg.njk')).toBe('other');
  });
});

describe('a fault', () => {
  test.each<[what: string, from: string | RegExp, to: string, expected: string]>([
    ['an unknown key', 'ouis:', 'oui:', 'templates/acme/vendor.yml:2:1 unknown key "oui"; did you mean "ouis"?'],
    ['syntax', 'ouis: [', 'ouis: [[', 'templates/acme/vendor.yml:3:'],
    ['a regular expression', '(?<model>', '(?<model', ':7:16 no regular expression: Invalid regular expression'],
    ['a loose parameter name', "'^a|b$'", "'a'", ':9:18 parameter_name is "a"; wanted a regular expression'],
    [
      'a template that is not there',
      'mac.cfg.njk',
      'mc.cfg.njk',
      ':5:36 there is no template "acme/mc.cfg.njk"; did you mean "acme/mac.cfg.njk"?',
    ],
    [
      'an unknown placeholder',
      '{common}',
      '{comon}',
      ':6:5 unknown placeholder "{comon}": one has no such property; did you mean "{common}"?',
    ],
    ['two files of one name', '{common}', '{mac}.CFG', ':6:5 two files of one have the name "{mac}.cfg"'],
    ['no {mac}.cfg', '{mac}.cfg', '{mac}.xml', ':13:8 one has no file "{mac}.cfg"'],
    [
      'names of two kinds',
      'template: mac',
      'also: [all.cfg], template: mac',
      ':5:5 "{mac}.cfg" is of a device, but "all.cfg" would be of a vendor',
    ],
    [
      'a model without lines',
      'lines: 2',
      'lines: 0',
      ':13:29 models.one.lines is "0"; wanted a number of lines, 1 to 64',
    ],
    ['a misspelt key of a model', 'line_keys:', 'line_kes:', 'unknown key "line_kes"; did you mean "line_keys"?'],
    ['a key type without a word', '[blf]', '[dnd]', 'the table "key" has no word for keys of type dnd'],
    ['an unknown setting', 'time_format', 'time_fromat', 'did you mean "time_format"?'],
    ['a language that is none', 'tables: {', 'tables: { language: { German: x },', '"German" is no language tag'],
    [
      'a phonebook without a template',
      'files:',
      'phonebook: { name: a.xml, template: mc.cfg.njk }\nfiles:',
      'there is no template "acme/mc.cfg.njk"; did you mean "acme/mac.cfg.njk"?',
    ],
    [
      'a phonebook of pages with one name',
      'files:',
      'phonebook: { name: a.xml, template: mac.cfg.njk, per_file: 32 }\nfiles:',
      'a phonebook of several files has {page} in its name; "a.xml" has not',
    ],
    [
      'a phonebook of one file with a number',
      'files:',
      'phonebook: { name: "a-{page}.xml", template: mac.cfg.njk }\nfiles:',
      '"a-{page}.xml" has {page}, and the phonebook is one file; wanted `per_file` besides',
    ],
    [
      'a name that is a path',
      '"{mac}.cfg"',
      '"a/{mac}.cfg"',
      ':5:14 files[1].name is "a/{mac}.cfg"; wanted a file name',
    ],
  ])('%s is found, with its place', (_, from, to, expected) => {
    change(from, to);
    expect(problemsOf().join('\n')).toContain(expected);
  });

  test('does not hide the others', () => {
    change(/lines: 2|mac\.cfg\.njk|\{common\}|\^Acme/g, '($&');
    expect(problemsOf().length).toBeGreaterThan(3);
  });

  test('of a model or a section leaves the rest usable, so that devices are not faults as well', () => {
    change(/lines: 2|ouis: \[/g, '$&x');
    const vendor = reader()().vendors.get('acme');
    expect(vendor?.models.get('one')).toMatchObject({ lines: 64, keys: 1000 });
    expect(vendor?.models.get('two')).toMatchObject({ lines: 1 });
    expect(vendor).toMatchObject({ ouis: [], title: 'Acme' });
  });

  test('of one vendor leaves the others alone', () => {
    write('templates/beta/vendor.yml', 'title: [');
    write('templates/gamma/mac.cfg.njk', '');
    const { vendors, problems } = reader()();
    expect([...vendors.keys()]).toEqual(['acme', 'beta']);
    expect(problems.map(({ file }) => file)).toEqual(['templates/gamma', 'templates/beta/vendor.yml']);
  });

  test('of two models that share a file made from different templates is found', () => {
    change(
      'common: two.xml',
      'common: one.xml, files: [{ name: "{mac}.cfg", template: mac.cfg.njk }, { name: "{common}", template: mac.cfg.njk }]',
    );
    expect(problemsOf()).toEqual([expect.stringContaining('"one.xml" of two and of one are made from different')]);
  });

  test('of whatever kind is never an exception', () => {
    const read = reader();
    const words = ['title', 'files', 'models', 'one', 'tables', 'key', 'notify', 'name', 'key_types', 'defaults'];
    const key = fc.oneof(fc.constantFrom(...words), fc.string());
    const anything = fc.anything({
      key,
      withNullPrototype: false,
      maxDepth: 4,
      values: [fc.constantFrom(...words), fc.string(), fc.nat()],
    });
    fc.assert(
      fc.property(
        fc.record(
          { models: anything, files: anything, tables: anything, phonebook: anything, x: anything },
          { requiredKeys: [] },
        ),
        (value) => {
          write('templates/acme/vendor.yml', acme);
          write('own/acme/vendor.yml', JSON.stringify(value) ?? '');
          expect(read('own').vendors.has('acme')).toBe(true);
        },
      ),
    );
  });

  test('of the file system is a problem, not an exception', () => {
    write('own/acme/vendor.yml', Buffer.from([0x74, 0x3a, 0xff]));
    symlinkSync('/nowhere', join(root, 'own/acme/x.njk'));
    expect(problemsOf('own')).toEqual([
      expect.stringContaining('own/acme/vendor.yml cannot be read: it is not UTF-8'),
      expect.stringContaining('own/acme/x.njk cannot be read: it is not there'),
    ]);
    expect(problemsOf('nope')).toEqual(['nope cannot be read: it is not there; wanted a folder of templates']);
  });
});

test('the schema is the manual: every field has a title, a description and an example', () => {
  const missing: string[] = [];
  const visit = (node: Record<string, unknown>, path: string): void => {
    const fields = { ...Object(node.properties), ...(path === '' ? Object(node.definitions) : {}) };
    for (const [name, field] of Object.entries<Record<string, unknown>>(fields)) {
      if (field.$ref !== undefined) continue;
      const told = ['enum', 'default', 'examples'].some((word) => field[word] !== undefined);
      if (!field.title || !field.description || !told) missing.push(`${path}/${name}`);
      visit(field, `${path}/${name}`);
    }
    for (const inner of [node.items, node.additionalProperties])
      if (typeof inner === 'object') visit(Object(inner), `${path}/*`);
  };
  visit(JSON.parse(readFileSync(join(schema, 'vendor.schema.json'), 'utf8')), '');
  expect(missing).toEqual([]);
});

describe('a folder of one’s own', () => {
  test('overrides templates file by file', () => {
    write('own/acme/mac.cfg.njk', 'mine');
    const { templates, paths, problems } = reader()('own');
    expect(problems).toEqual([]);
    expect(templates.get('acme/mac.cfg.njk')).toBe('mine');
    expect(templates.get('acme/common.njk')).toBe('<common/>');
    expect(paths.get('acme/mac.cfg.njk')).toBe('own/acme/mac.cfg.njk');
  });

  test('adds vendors and models; maps merge, lists replace', () => {
    write(
      'own/acme/vendor.yml',
      'ouis: ["ffffff"]\nmodels: { three: { title: Three, lines: 3, keys: 3, common: x.xml }, one: { keys: 9 } }',
    );
    write(
      'own/beta/vendor.yml',
      acme
        .replace('Acme', 'Beta')
        .replaceAll('mac.cfg.njk', '_shared/empty.njk')
        .replaceAll('common.njk', '_shared/empty.njk'),
    );
    const { vendors, problems } = reader()('own');
    expect(problems).toEqual([]);
    expect([...(vendors.get('acme')?.models.keys() ?? [])]).toEqual(['one', 'two', 'three']);
    expect(vendors.get('acme')?.models.get('one')).toMatchObject({ lines: 2, keys: 9 });
    expect(vendors.get('acme')?.ouis).toEqual(['ffffff']);
    expect(vendors.get('beta')?.models.get('one')?.files[0]?.template).toBe('_shared/empty.njk');
  });

  test('with a fault leaves the shipped vendor standing, and says the right file', () => {
    write('own/acme/vendor.yml', 'title: Mine\nmodels: { one: { keys: nine } }');
    const { vendors, problems } = reader()('own');
    expect(vendors.get('acme')?.models.get('two')?.title).toBe('Two');
    expect(problems.map(formatPlace)).toEqual(['own/acme/vendor.yml:2:24']);
  });

  test('with a template with placeholders makes a model of it, or replaces the device’s file', () => {
    write('own/acme_X9.template', '<x a="{{EXTENSION_NUMBER_2}}"/>');
    write('own/acme_one.template', 'a={{EXTENSION_NUMBER}}');
    write('own/nova_a_b.template', '{{SIP_SERVER}}');
    const { vendors, templates, problems } = reader()('own');
    expect(problems).toEqual([]);
    expect(templates.get('acme_one.template')).toBe('a={{EXTENSION_NUMBER}}');
    const models = vendors.get('acme')?.models;
    expect(models?.get('one')?.files.map(({ template }) => template)).toEqual(['acme_one.template', 'acme/common.njk']);
    expect(models?.get('x9')).toMatchObject({
      ...{ lines: 2, keys: 0, title: 'X9' },
      files: [{ name: '{mac}.cfg', template: 'acme_X9.template', format: 'xml' }],
    });
    expect(vendors.get('nova')?.models.get('a_b')).toMatchObject({ lines: 1 });
    expect(vendors.get('nova')?.parameter_name.test('a')).toBe(false);
    write('own/nothing.template', '');
    expect(problemsOf('own')).toEqual([
      'own/nothing.template wanted a name such as acme_x9.template: vendor, _, model',
    ]);
  });
});
