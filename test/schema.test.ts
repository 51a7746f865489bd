import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { keyTypes } from '../src/model/device.ts';
import { builtIn } from '../src/model/layers.ts';
import { ldapDefaults } from '../src/model/people-source.ts';
import { repository } from './support/loading.ts';

type Schema = Readonly<Record<string, unknown>>;
const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const names = ['devices', 'extensions', 'vendor'].map((name) => `${name}.schema.json`);
const schemas: readonly Schema[] = names.map((name) => JSON.parse(read(`schema/${name}`)));
const [devices, extensions] = schemas;

const isMap = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce((inner, step) => Object(inner)[step], value);
const keysOf = (...path: readonly string[]): string[] => Object.keys(Object(at(devices, ...path)));

const maps = ['properties', 'definitions'];
const parts = ['items', 'additionalProperties', 'propertyNames', 'anyOf', 'allOf', ...maps];

/** Every schema within a schema, with its path; `isMapOfThem`: the value is a map of schemas, whose words are no rules. */
function within(value: unknown, path: string, isMapOfThem = false): { path: string; schema: Schema }[] {
  if (Array.isArray(value)) return value.flatMap((inner, index) => within(inner, `${path}/${index}`));
  if (!isMap(value)) return [];
  const inner = Object.entries(value)
    .filter(([word]) => isMapOfThem || parts.includes(word))
    .flatMap(([word, part]) => within(part, `${path}/${word}`, !isMapOfThem && maps.includes(word)));
  return isMapOfThem ? inner : [{ path, schema: value }, ...inner];
}

const all = schemas.flatMap((schema, index) => within(schema, names[index] ?? ''));
const properties = all.filter(({ path }) => /\/properties\/[^/]+$/.test(path));

/** What a schema says by itself, or by what it refers to. */
function resolved({ schema, path }: { schema: Schema; path: string }): Schema {
  const ref = schema.$ref;
  if (typeof ref !== 'string') return schema;
  const [file = '', pointer = ''] = ref.split('#');
  const target = schemas[names.indexOf(file || (path.split('/')[0] ?? ''))];
  return at(target, ...pointer.split('/').slice(1)) as Schema;
}

describe('the schemas', () => {
  test('say of every word what is wanted, and what it is', () => {
    const silent = properties.filter((property) => {
      const { title, description, allOf } = resolved(property);
      return typeof description !== 'string' || description === '' || !(typeof title === 'string' || allOf);
    });
    expect(silent.map(({ path }) => path)).toEqual([]);
    expect(properties.length).toBeGreaterThan(80);
  });

  test('have an example, a default, or a list of the words for every plain value', () => {
    const bare = properties.filter((property) => {
      const { type, examples, default: value, enum: words, minimum } = resolved(property);
      const isPlain = [type].flat().some((name) => ['string', 'number'].includes(String(name)));
      return isPlain && !examples && value === undefined && !words && minimum === undefined;
    });
    // Names of variables and files within a password, whose examples stand with the password; a vendor's own words.
    expect(bare.map(({ path }) => path).filter((path) => !/anyOf|tables/.test(path))).toEqual([]);
  });

  test('have titles in words that can end a sentence', () => {
    const titled = all.flatMap(({ path, schema }) =>
      typeof schema.title === 'string' ? [{ path, title: schema.title }] : [],
    );
    for (const { path, title } of titled)
      expect({ path, title }).toEqual({ path, title: expect.stringMatching(/[^.]$/) });
  });

  test('refuse words that they do not know', () => {
    const open = all.filter(({ schema }) => schema.type === 'object' && schema.additionalProperties === undefined);
    expect(open.map(({ path }) => path)).toEqual([]);
  });

  test('have examples and defaults that they take', () => {
    const ajv = new Ajv({ strict: false, schemas: [...schemas] });
    const wrong = all.flatMap(({ path, schema }) => {
      const [file = '', ...steps] = path.split('/');
      const validate = ajv.getSchema(steps.length === 0 ? file : `${file}#/${steps.join('/')}`);
      const examples = [...(Array.isArray(schema.examples) ? schema.examples : []), schema.default];
      return examples
        .filter((example) => example !== undefined && validate?.(example) !== true)
        .map((example) => `${path}: ${JSON.stringify(example)} ${ajv.errorsText(validate?.errors)}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('the settings', () => {
  const settings = keysOf('definitions', 'settings', 'properties');

  test('are the same for a device as for the layers below it', () => {
    const device = keysOf('definitions', 'device', 'properties');
    const own = device.filter((word) => !settings.includes(word));
    expect(own.sort()).toEqual(
      ['extension', 'group', 'ip', 'lines', 'mac', 'model', 'note', 'sip_port', 'vendor'].sort(),
    );
    expect(settings.filter((word) => !device.includes(word))).toEqual([]);
    for (const word of settings)
      expect(at(devices, 'definitions', 'device', 'properties', word)).toEqual(
        at(devices, 'definitions', 'settings', 'properties', word),
      );
  });

  test.each([
    ['RawFile', ['properties']],
    ['RawSettings', ['definitions', 'settings', 'properties']],
    ['RawKey', ['definitions', 'key', 'properties']],
    ['RawLine', ['definitions', 'line', 'properties']],
    ['RawServer', ['properties', 'server', 'properties']],
    ['RawSip', ['properties', 'sip', 'properties']],
    ['RawNotify', ['properties', 'notify', 'properties']],
  ])('are the same in the schema as in %s', (name, path) => {
    expect(fieldsOf(name)).toEqual(keysOf(...path).sort());
  });

  test('of a person are the same in the schema as in RawExtension', () => {
    expect(fieldsOf('RawExtension')).toEqual(Object.keys(Object(extensions?.properties)).sort());
  });

  test('have the defaults that hold when nobody says anything', () => {
    const { sip, ...rest } = builtIn;
    const defaults = (...path: string[]) =>
      Object.fromEntries(
        keysOf(...path).flatMap((word) => {
          const value = resolved({ schema: at(devices, ...path, word) as Schema, path: names[0] ?? '' }).default;
          return value === undefined ? [] : [[word, value]];
        }),
      );
    expect(defaults('properties', 'sip', 'properties')).toEqual(sip);
    expect(defaults('definitions', 'sip', 'properties')).toEqual(sip);
    // What is empty is not shown as a default.
    const said = Object.entries(rest).filter(
      ([, value]) =>
        (value !== '' && Object.keys(Object(value)).length !== 0) || (typeof value !== 'object' && value !== ''),
    );
    expect(defaults('definitions', 'settings', 'properties')).toEqual(Object.fromEntries(said));
  });

  test('of a directory have the defaults that hold when nobody says anything', () => {
    const words = ['properties', 'people', 'items', 'anyOf', '2', 'properties', 'ldap', 'properties'];
    const said = keysOf(...words).flatMap((word) => {
      const value = at(devices, ...words, word, 'default');
      return value === undefined ? [] : [[word, value]];
    });
    expect(Object.fromEntries(said)).toEqual(ldapDefaults);
  });

  test('of a key have the types that the model knows', () => {
    expect(at(devices, 'definitions', 'key', 'properties', 'type', 'enum')).toEqual(keyTypes);
    const vendor = schemas[2];
    expect(at(vendor, 'definitions', 'key_type', 'enum')).toEqual(keyTypes);
    expect(Object.keys(Object(at(vendor, 'properties', 'tables', 'properties', 'key', 'properties')))).toEqual(
      keyTypes,
    );
  });
});

/** The fields of an interface of src/model/sources.ts, those that it has of another one left aside. */
function fieldsOf(name: string): string[] {
  const source = read('src/model/sources.ts');
  const [, body = ''] = new RegExp(`export interface ${name}[^{]*\\{\\n(.*?)\\n\\}`, 's').exec(source) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field = '']) => field).sort();
}
