import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Extension } from '../../src/model/extension.ts';
import { createPeople } from '../../src/model/people.ts';
import type { PersonField } from '../../src/model/people-source.ts';
import { Secret } from '../../src/model/secret.ts';
import type { RawExtension, RawFile, RawSecret, SecretAnswer, Sources } from '../../src/model/sources.ts';

const secrets = new Map<string, SecretAnswer>();
const read = (reference: RawSecret): SecretAnswer => {
  const key = JSON.stringify(reference);
  const answer = secrets.get(key) ?? new Secret(key);
  secrets.set(key, answer);
  return answer;
};

function sourcesOf(extensions: readonly RawFile['extensions'][], secretsVersion = 0, secret = read): Sources {
  const files = extensions.map((people, index) => {
    const path = `${index}.yml`;
    return { path, content: { extensions: people }, locate: () => ({ file: path }) };
  });
  const nothing = { vendors: new Map(), templates: new Map(), timezones: new Map(), problems: [] };
  return { ...nothing, files, secret, secretsVersion };
}

/** With sources of `people:`, weakest first. */
function joinedOf(own: RawFile['extensions'], sources: readonly Source[], secret = read): Sources {
  const people = sources.map(({ people, fields }, index) => {
    const path = `source-${index}.yml`;
    return { file: { path, content: { extensions: people }, locate: () => ({ file: path }) }, fields };
  });
  return { ...sourcesOf([own], 0, secret), people };
}

interface Source {
  readonly people: RawFile['extensions'];
  readonly fields?: readonly PersonField[];
}

const ada: RawExtension = { name: 'Ada', password: 'a', voicemail: '*98', auth_user: 'ada' };
const grace: RawExtension = { name: 'Grace' };

describe('people', () => {
  test('are joined from all files, with what is not said filled in', () => {
    const { extensions } = createPeople()(sourcesOf([{ '1001': ada }, undefined, { '1002': grace, '1003': {} }]));
    expect([...extensions]).toEqual([
      ['1001', { number: '1001', name: 'Ada', password: expect.any(Secret), voicemail: '*98', auth_user: 'ada' }],
      ['1002', { number: '1002', name: 'Grace' }],
      ['1003', { number: '1003', name: '1003' }],
    ]);
  });

  test('of two entries of one number are the first', () => {
    const { extensions } = createPeople()(sourcesOf([{ '1001': ada }, { '1001': grace }]));
    expect(extensions.get('1001')?.name).toBe('Ada');
  });

  test('stay the same objects while nothing changes', () => {
    const join = createPeople();
    const people = { '1001': ada };
    const first = join(sourcesOf([people])).extensions.get('1001');
    const second = join(sourcesOf([people]));
    expect(second.extensions.get('1001')).toBe(first);
    expect([...second.changed, ...second.renamed]).toEqual([]);
    const third = join(sourcesOf([{ ...people, '1002': grace }]));
    expect(third.extensions.get('1001')).toBe(first);
    expect([...third.changed]).toEqual(['1002']);
  });

  test('are in each round who they would be if it were the first', () => {
    const names = fc.constantFrom('Ada', 'Grace', 'Alan');
    const section = fc.dictionary(
      fc.constantFrom('1', '2', '3', '4'),
      fc.record({ name: names }, { requiredKeys: [] }),
    );
    const sections = fc.array(section, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sections, fc.array(fc.uniqueArray(fc.nat(4), { maxLength: 4 })), (all, rounds) => {
        const join = createPeople();
        let before = new Map<string, Extension>();
        for (const round of rounds) {
          const files = round.map((index) => all[index]).filter((people) => people !== undefined);
          const sources = sourcesOf(files);
          const { extensions, changed, renamed } = join(sources);
          const isSomebodyTwice =
            files.length > 1 && new Set(files.flatMap(Object.keys)).size < files.flatMap(Object.keys).length;
          // Two entries of one number are a fault; of whom it is the number is then of no importance.
          if (!isSomebodyTwice) expect(extensions).toEqual(createPeople()(sources).extensions);
          const numbers = new Set([...before.keys(), ...extensions.keys()]);
          const other = [...numbers].filter((number) => before.get(number) !== extensions.get(number));
          expect([...changed].sort()).toEqual(other.sort());
          const called = other.filter((number) => before.get(number)?.name !== extensions.get(number)?.name);
          expect([...renamed].sort()).toEqual(called.sort());
          before = new Map(extensions);
        }
      }),
    );
  });

  test('who come, go, are renamed or get another password are known by their numbers', () => {
    const join = createPeople();
    join(sourcesOf([{ '1001': ada, '1002': grace, '1003': { name: 'Alan' }, '1004': {} }]));
    const { changed, renamed } = join(
      sourcesOf([{ '1001': { ...ada, password: 'b' }, '1003': { name: 'Turing' }, '1004': {}, '1005': {} }]),
    );
    // The entry of 1004 is another object, but says the same.
    expect([...changed].sort()).toEqual(['1001', '1002', '1003', '1005']);
    expect([...renamed].sort()).toEqual(['1002', '1003', '1005']);
  });

  test('are looked at again when the text of a secret has changed', () => {
    const join = createPeople();
    const people = { '1001': ada, '1002': grace };
    const first = new Map(join(sourcesOf([people], 1)).extensions);
    const other = new Secret('other');
    const second = join(sourcesOf([people], 2, () => other));
    expect([...second.changed]).toEqual(['1001']);
    expect([...second.renamed]).toEqual([]);
    expect(second.extensions.get('1001')?.password).toBe(other);
    expect(second.extensions.get('1002')).toBe(first.get('1002'));
  });

  test('who share one entry by an alias are two, and stay who they are', () => {
    const join = createPeople();
    const first = join(sourcesOf([{ '1001': ada, '1002': ada }]));
    expect([...first.extensions.values()].map(({ number }) => number)).toEqual(['1001', '1002']);
    const second = join(sourcesOf([{ '1001': ada, '1002': ada, '1003': grace }]));
    expect([...second.changed]).toEqual(['1003']);
  });

  test('whose password cannot be read are faults of their file, in every round', () => {
    const join = createPeople();
    const unreadable = { unreadable: 'file x is not there' };
    const people: RawFile['extensions'][] = [{}, { '1001': ada, '1002': grace }];
    for (let round = 0; round < 2; round++) {
      const sources = sourcesOf(people, 1, () => unreadable);
      const { faults, extensions } = join(sources);
      expect(faults).toEqual([{ file: sources.files[1], number: '1001', ...unreadable }]);
      expect(faults[0]?.file).toBe(sources.files[1]);
      expect(extensions.get('1001')?.password).toBeUndefined();
    }
    expect(join(sourcesOf(people, 2)).faults).toEqual([]);
  });

  test('have of each field what the last source says that gives it', () => {
    const { extensions } = createPeople()(
      joinedOf({ '1001': ada, '1002': grace }, [
        { people: { '1001': { name: 'Ada Lovelace', email: 'ada@example.com' }, '1003': { name: 'Alan' } } },
        {
          people: { '1001': { name: 'A. L.', password: 'b', group: 'engines' }, '1004': {} },
          fields: ['name', 'group'],
        },
      ]),
    );
    expect(extensions.get('1001')).toEqual({
      ...{ number: '1001', name: 'A. L.', auth_user: 'ada', voicemail: '*98' },
      ...{ email: 'ada@example.com', group: 'engines', password: read('a') },
    });
    expect([...extensions.values()].map(({ name }) => name)).toEqual(['A. L.', 'Grace', 'Alan', '1004']);
  });

  test('whose password cannot be read are faults of the source that gives it, and of no weaker one', () => {
    const sources = joinedOf({ '1001': ada }, [{ people: { '1001': { password: { env: 'X' } } } }], (reference) =>
      typeof reference === 'string' ? read(reference) : { unreadable: 'X is not set' },
    );
    const [fault, ...more] = createPeople()(sources).faults;
    expect(fault?.file).toBe(sources.people?.[0]?.file);
    expect(more).toEqual([]);
  });

  test('of sources are in each round who they would be if it were the first', () => {
    const person = fc.record(
      {
        name: fc.constantFrom('Ada', 'Grace'),
        password: fc.constantFrom('a', 'b'),
        group: fc.constantFrom('g', 'h'),
      },
      { requiredKeys: [] },
    );
    const section = fc.dictionary(fc.constantFrom('1', '2', '3'), person);
    const fields = fc.option(fc.uniqueArray(fc.constantFrom<PersonField>('name', 'password'), { minLength: 1 }), {
      nil: undefined,
    });
    const all = fc.array(fc.record({ people: fc.option(section, { nil: undefined }), fields }), {
      minLength: 5,
      maxLength: 5,
    });
    const rounds = fc.array(fc.record({ own: fc.nat(4), order: fc.array(fc.nat(4), { maxLength: 3 }) }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(all, rounds, (sources, orders) => {
        const join = createPeople();
        let before = new Map<string, Extension>();
        for (const { own, order } of orders) {
          const round = joinedOf(
            sources[own]?.people,
            order.flatMap((index) => sources[index] ?? []),
          );
          const { extensions, changed, renamed } = join(round);
          expect(extensions).toEqual(createPeople()(round).extensions);
          const numbers = new Set([...before.keys(), ...extensions.keys()]);
          const other = [...numbers].filter((number) => before.get(number) !== extensions.get(number));
          expect([...changed].sort()).toEqual(other.sort());
          const called = other.filter((number) => before.get(number)?.name !== extensions.get(number)?.name);
          expect([...renamed].sort()).toEqual(called.sort());
          before = new Map(extensions);
        }
      }),
    );
  });

  test('are looked at alone when one of thousands is renamed in one of the sources', () => {
    const numbers = Array.from({ length: 5000 }, (_, index) => String(10_000 + index));
    const names = Object.fromEntries(
      numbers.map((number): [string, RawExtension] => [number, { name: `Person ${number}` }]),
    );
    const passwords = Object.fromEntries(
      numbers.map((number): [string, RawExtension] => [number, { password: number }]),
    );
    const asked: RawSecret[] = [];
    const ask = (reference: RawSecret) => {
      asked.push(reference);
      return read(reference);
    };
    const join = createPeople();
    const before = new Map(join(joinedOf(undefined, [{ people: names }, { people: passwords }], ask)).extensions);
    expect(asked.splice(0)).toHaveLength(5000);
    const renamed = { ...names, '12345': { name: 'Ada Lovelace' } };
    const round = join(joinedOf(undefined, [{ people: renamed }, { people: passwords }], ask));
    expect(asked).toEqual(['12345']);
    expect([...round.renamed]).toEqual(['12345']);
    expect(numbers.filter((number) => round.extensions.get(number) !== before.get(number))).toEqual(['12345']);
  });
});
