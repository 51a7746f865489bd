import { describe, expect, test } from 'vitest';
import { differenceOf, refusalOf } from '../../../../src/source/people/ldap/difference.ts';
import type { PersonFields } from '../../../../src/source/people/ldap/mapping.ts';
import { type People, readPeople, writePeople } from '../../../../src/source/people/ldap/people-text.ts';
import { parseYaml } from '../../../../src/source/yaml.ts';

const people = (entries: Readonly<Record<string, PersonFields | string>>): People =>
  new Map(Object.entries(entries).map(([number, one]) => [number, typeof one === 'string' ? { name: one } : one]));

const many = (count: number, from = 1000): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [String(from + index), `Person ${index}`]));

describe('a difference', () => {
  test('is who has another name, other fields, another number, who is new and who is gone', () => {
    const before = people({ 1: 'Ada', 2: { name: 'Bob', email: 'b@x' }, 3: 'Carl', 4: 'Dora', 5: 'Eve', 6: 'Same' });
    const after = people({
      1: 'Ada King',
      2: { name: 'Bob', email: 'bob@x' },
      13: 'Carl',
      7: 'Frank',
      5: 'Eve',
      6: 'Same',
    });
    const { renamed, changed, renumbered, added, gone } = differenceOf(before, after);
    expect(renamed).toMatchObject([{ number: '1', before: { name: 'Ada' }, after: { name: 'Ada King' } }]);
    expect(changed).toMatchObject([{ number: '2' }]);
    expect(renumbered).toMatchObject([{ from: '3', number: '13' }]);
    expect(added).toEqual([{ number: '7', after: { name: 'Frank' } }]);
    expect(gone).toEqual([{ number: '4', before: { name: 'Dora' } }]);
  });

  test('knows who has another number by the e-mail address first, and not when two might be meant', () => {
    const before = people({ 1: { name: 'Ada', email: 'Ada@x' }, 2: 'Bob', 3: 'Bob' });
    const after = people({ 11: { name: 'Ada King', email: 'ada@x' }, 12: 'Bob', 13: 'Bob' });
    const { renumbered, added, gone } = differenceOf(before, after);
    expect(renumbered).toMatchObject([{ from: '1', number: '11' }]);
    expect([added.length, gone.length]).toEqual([2, 2]);
  });
});

describe('the guard', () => {
  const refusal = (before: People, after: People, most = 10) =>
    refusalOf(differenceOf(before, after), { before, after, most });

  test('refuses when more than so many percent would go or have another number, and always when nobody would be left', () => {
    const before = people(many(100));
    expect(refusal(before, people(many(90)))).toBeUndefined();
    expect(refusal(before, people(many(89)))).toBe(
      '11 of 100 would be gone and 0 have another number: 11 %, and max_change is 10 %',
    );
    expect(refusal(before, people(many(100, 2000)))).toMatch('0 of 100 would be gone and 100 have another number');
    expect(refusal(before, people({}), 100)).toBe('nobody would be left of 100');
    expect(refusal(before, people(many(99)), 0)).toMatch('1 of 100 would be gone');
  });

  test('lets names, new people and a first sync through', () => {
    const renamed = people(Object.fromEntries(Object.keys(many(100)).map((number) => [number, 'Other'])));
    expect(refusal(people(many(100)), renamed)).toBeUndefined();
    expect(refusal(people(many(10)), people(many(1000)))).toBeUndefined();
    expect(refusal(people({}), people({}))).toBeUndefined();
  });
});

describe('the file', () => {
  test('says the same to YAML, and to who wrote it, whatever the names are', () => {
    const odd = people({
      '1': { name: '"quoted" \\ back', email: "o'brien@x" },
      '*98#': { name: '{ a: [1] } # & * !', department: 'Überraschung 😀' },
      '+49301': { name: 'דנה לוי', mobile: '+49 170' },
      '12': {},
      __proto__x: { name: 'no: yes' },
    });
    const text = writePeople(odd, { base: 'dc=test' });
    expect(readPeople(text)).toEqual(odd);
    const { value, problems } = parseYaml('x.yml', text);
    expect(problems).toEqual([]);
    expect(Object(value).extensions).toEqual(Object.fromEntries(odd));
    expect(readPeople(`${text}# by hand\n  "x": name\n`)).toBeUndefined();
    expect(writePeople(people({}), { base: ['a\nb', 'c'] })).toMatch(
      /^# Written .* below a\\u000ab and c\.\n# .*\nextensions: \{\}\n$/,
    );
  });
});
