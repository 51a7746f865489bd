import { describe, expect, test } from 'vitest';
import { createPeople } from '../../src/model/people.ts';
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

  test('stay the same objects while nothing changes, the map of them too', () => {
    const join = createPeople();
    const people = { '1001': ada };
    const first = join(sourcesOf([people]));
    const second = join(sourcesOf([people]));
    expect(second.extensions).toBe(first.extensions);
    expect([...second.changed, ...second.renamed]).toEqual([]);
    const third = join(sourcesOf([{ ...people, '1002': grace }]));
    expect(third.extensions).not.toBe(first.extensions);
    expect(third.extensions.get('1001')).toBe(first.extensions.get('1001'));
    expect([...third.changed]).toEqual(['1002']);
  });

  test('who come, go, are renamed or get another password are known by their numbers', () => {
    const join = createPeople();
    join(sourcesOf([{ '1001': ada, '1002': grace, '1003': { name: 'Alan' }, '1004': {} }]));
    const { changed, renamed } = join(
      sourcesOf([{ '1001': { ...ada, password: 'b' }, '1003': { name: 'Turing' }, '1004': {}, '1005': {} }]),
    );
    // 1004 is another object that says the same, which the reader of files would have kept.
    expect([...changed].sort()).toEqual(['1001', '1002', '1003', '1004', '1005']);
    expect([...renamed].sort()).toEqual(['1002', '1003', '1005']);
  });

  test('are looked at again when the text of a secret has changed', () => {
    const join = createPeople();
    const people = { '1001': ada, '1002': grace };
    const first = join(sourcesOf([people], 1));
    const other = new Secret('other');
    const second = join(sourcesOf([people], 2, () => other));
    expect([...second.changed]).toEqual(['1001']);
    expect([...second.renamed]).toEqual([]);
    expect(second.extensions.get('1001')?.password).toBe(other);
    expect(second.extensions.get('1002')).toBe(first.extensions.get('1002'));
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
});
