import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import type { Directory } from '../../src/model/directory.ts';
import type { PhonebookEntry } from '../../src/model/phonebook.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Model, Vendor } from '../../src/model/vendor.ts';
import { bareDevice, type Example, filesOf, fullDevice, people, renderSite, shipped } from '../support/example-site.ts';

/** What every vendor's phonebook and directory must keep; a new one is tested by being there. */
const vendors = [...shipped.vendors.values()];
const examples = vendors.flatMap((vendor) =>
  [...vendor.models.values()].map((model): [string, Example] => [`${vendor.title} ${model.title}`, { vendor, model }]),
);
const firstModel = ({ models }: Vendor): Model => {
  const [model] = models.values();
  if (!model) throw new Error('no model');
  return model;
};

const nameOf = (vendor: Vendor, page = 1): string => vendor.phonebook?.name.replace('{page}', String(page)) ?? '';

/** The pages of a vendor's phonebook as text, and the warnings. */
function phonebookOf(vendor: Vendor, listed: readonly PhonebookEntry[] = people) {
  const device = bareDevice({ vendor, model: firstModel(vendor), settings: { directory: { phonebook } } });
  const { files, problems } = renderSite([device], listed);
  const names = new Set(Array.from({ length: 200 }, (_, page) => nameOf(vendor, page + 1)));
  const pages = files.filter(({ path }) => names.has(path));
  return { pages, texts: pages.map(({ bytes }) => bytes.toString()), problems };
}

const phonebook = { title: 'Example Inc.', refresh: 360 };

/** Every text of an XML file, in order; throws on one that is malformed. */
function textsIn(xml: string): string[] {
  const texts: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('text', (text) => void texts.push(text));
  parser.write(xml).close();
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}

const elementsIn = (xml: string): number => [...xml.matchAll(/<[A-Za-z]/g)].length;

const manyPeople = (count: number): PhonebookEntry[] =>
  Array.from({ length: count }, (_, index) => ({ number: `${10_000 + index}`, name: `Person ${10_000 + index}` }));

const hostile = [
  `&<>"']]>--><!--<x>`,
  '<Name>x</Name>',
  '{{ 7*7 }}{% for %}',
  '$(reboot) $PROXY %NULL%',
  'עדה \u202eלאבלייס\u202c',
  'أحمد',
  '👩‍🚀😀',
  'Zoe\u0301',
];

describe.each(vendors.map((vendor): [string, Vendor] => [vendor.title, vendor]))('the phonebook of %s', (_, vendor) => {
  test('lists people by name and number, well-formed', () => {
    const { texts, problems } = phonebookOf(vendor);
    expect(problems).toEqual([]);
    const found = texts.flatMap(textsIn);
    for (const { name, number } of people) {
      expect(found).toContain(name);
      expect(found).toContain(number);
    }
    // In their order.
    expect(found.filter((text) => people.some(({ name }) => name === text))).toEqual(people.map(({ name }) => name));
  });

  test('lists names as they are, whatever is in them', () => {
    const plain = hostile.map((__, index) => ({
      number: String(index),
      name: `Ada ${index}`,
      department: `D${index}`,
    }));
    const listed = hostile.map((name, index) => ({ number: String(index), name, department: name }));
    const { texts } = phonebookOf(vendor, listed);
    const found = texts.flatMap(textsIn);
    for (const name of hostile) expect(found).toContain(name);
    expect(texts.map(elementsIn)).toEqual(phonebookOf(vendor, plain).texts.map(elementsIn));
  });

  test('cuts what is too long, never through a character', () => {
    const listed = ['x'.repeat(10_000), 'é'.repeat(10_000), '👩‍🚀'.repeat(1000), '李'.repeat(1000)];
    const { texts, problems } = phonebookOf(
      vendor,
      listed.map((name, index) => ({ number: String(index), name, department: name, mobile: '1'.repeat(1000) })),
    );
    expect(problems).toEqual([]);
    for (const text of texts.flatMap(textsIn)) {
      expect(text.length).toBeLessThan(500);
      expect(text.isWellFormed()).toBe(true);
    }
  });

  test('holds nobody, where there is nobody', () => {
    const { texts, problems } = phonebookOf(vendor, []);
    expect([texts.length, problems]).toEqual([1, []]);
    textsIn(texts[0] ?? '');
  });

  test('holds as many people as phones take, and says so once where there are more', () => {
    const most = vendor.phonebook?.most ?? 0;
    expect(most).toBeGreaterThan(0);
    const { texts, problems } = phonebookOf(vendor, manyPeople(most + 1));
    const found = new Set(texts.flatMap(textsIn));
    expect(found.has(`Person ${10_000 + most - 1}`)).toBe(true);
    expect(found.has(`Person ${10_000 + most}`)).toBe(false);
    expect(problems.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      expect.stringContaining(`warning: the phonebook of ${vendor.title} takes ${most} people of ${most + 1}`),
    ]);
    expect(phonebookOf(vendor, manyPeople(most)).problems).toEqual([]);
  });

  test('has pages that lead to one another, where it has several', () => {
    const { per_file } = vendor.phonebook ?? {};
    const { texts } = phonebookOf(vendor, manyPeople(3 * (per_file ?? 100)));
    expect(texts.length).toBe(per_file === undefined ? 1 : 3);
    if (per_file === undefined) return;
    const url = (page: number) => `http://192.168.1.14:8080/${nameOf(vendor, page)}`;
    const links = texts.map((text) => textsIn(text).filter((found) => found.startsWith('http')));
    expect(links).toEqual([[url(2)], [url(3), url(1)], [url(2)]]);
  });

  test('is told to nobody when it changes', () => {
    const { pages } = phonebookOf(vendor);
    expect(pages.map(({ audience }) => audience)).toEqual(pages.map(() => ({ vendor: vendor.id, unannounced: true })));
  });

  test('gives the same bytes each time', () => {
    expect(phonebookOf(vendor).texts).toEqual(phonebookOf(vendor).texts);
  });

  test('is not there where no phone has one', () => {
    for (const directory of [undefined, { phonebook: 'off' }, { ldap: 'off' }] satisfies (Directory | undefined)[]) {
      const device = bareDevice({ vendor, model: firstModel(vendor), settings: { directory } });
      expect([...filesOf(device).keys()]).not.toContain(nameOf(vendor));
    }
  });
});

describe.each(examples)('a %s', (_, { vendor, model }) => {
  const textOf = (settings: Example['settings']) => {
    const files = filesOf(fullDevice({ vendor, model, settings }));
    files.delete(nameOf(vendor));
    return [...files.values()].map(({ text }) => text).join('\n');
  };
  const { ldap } = fullDevice({ vendor, model }).settings.directory ?? {};
  if (typeof ldap !== 'object') throw new Error('the example has no directory');

  test('is told the directory as it is', () => {
    const text = textOf({ directory: { ldap } });
    const said = ['ldap.example.com', 'ou=people,dc=example,dc=com', 'cn=phones,ou=services,dc=example,dc=com'];
    for (const value of [...said, 'geheim-ldap', 'telephoneNumber']) expect(text).toContain(value);
    expect(text).toMatch(/\bcn\b/);
  });

  test('is told the directory in its own file alone, its password marked', () => {
    const files = filesOf(fullDevice({ vendor, model, settings: { directory: { ldap } } }));
    const own = fullDevice({ vendor, model }).mac;
    for (const [name, { text, masked }] of files) {
      expect(masked).not.toContain('geheim-ldap');
      if (!name.includes(own)) expect([name, text.includes('geheim-ldap')]).toEqual([name, false]);
    }
  });

  test('is told every way to reach a directory that its vendor has a word for, and each in another way', () => {
    const ways = Object.keys(vendor.tables.ldap ?? {}) as (typeof ldap.security)[];
    expect(ways.length).toBeGreaterThan(0);
    const told = ways.map((security) => textOf({ directory: { ldap: { ...ldap, security } } }));
    expect(new Set(told).size).toBe(ways.length);
  });

  test('may ask without an account, and is then told none', () => {
    const text = textOf({ directory: { ldap: { ...ldap, user: undefined, password: undefined } } });
    expect(text).not.toMatch(/geheim-ldap|cn=phones|undefined/);
  });

  test('is told nothing where nothing is said, and no account where it is off', () => {
    const off = textOf({ directory: { ldap: 'off', phonebook: 'off' } });
    const unsaid = textOf({ directory: undefined });
    for (const text of [off, unsaid]) expect(text).not.toMatch(/ldap\.example\.com|phonebook\.xml|geheim-ldap/);
  });

  test('is led to the phonebook, or begins with it, with the token of its own files', () => {
    const token = new Secret('geheim-token-0001');
    const text = textOf({ directory: { phonebook }, access: { token } });
    const name = nameOf(vendor);
    const isSeed = name.startsWith('000000000000');
    const isNamed = text.includes(`192.168.1.14:8080/t/geheim-token-0001/${name}`);
    // The phone puts the name behind the folder by itself.
    const isFolder = text.includes('>192.168.1.14:8080/t/geheim-token-0001<') && name === 'phonebook.xml';
    expect([isSeed, isNamed, isFolder].filter(Boolean)).toHaveLength(1);
  });
});
