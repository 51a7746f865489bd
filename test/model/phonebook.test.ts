import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Extension } from '../../src/model/extension.ts';
import { createPhonebook } from '../../src/model/phonebook.ts';

const mapOf = (people: readonly Extension[]) => new Map(people.map((person) => [person.number, person]));
const nobody: ReadonlySet<string> = new Set();
const namesOf = (people: readonly Extension[]) =>
  createPhonebook()({ extensions: mapOf(people), changed: nobody, isWanted: true })?.map(({ name }) => name);

/** In order. */
const names = [
  'Ada',
  'Émile',
  'Emily',
  'Øystein',
  'Room 2',
  'Room 10',
  'Straße',
  'Zoe',
  'zoë',
  'Ολυμπία',
  'Иван',
  'עדה',
  'أحمد',
  '李',
];
const numbered = names.map((name, index) => ({ name, number: String(1000 + index) }));

describe('a phonebook', () => {
  test('is in the order of Unicode, whatever the order in which people come', () => {
    expect(namesOf(numbered)).toEqual(names);
    expect(namesOf(numbered.toReversed())).toEqual(names);
  });

  test('is in the same order where the machine speaks another language', () => {
    const script = `
      const { createPhonebook } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/model/phonebook.ts'))});
      const extensions = new Map(JSON.parse(process.argv[1]).map((one) => [one.number, one]));
      const list = createPhonebook()({ extensions, changed: new Set(), isWanted: true });
      console.log(JSON.stringify(list.map(({ name }) => name)));`;
    const people = JSON.stringify([...numbered, { name: 'Ångström', number: '1' }]);
    for (const language of ['sv_SE.UTF-8', 'C', 'lt_LT']) {
      const env = { ...process.env, LC_ALL: language, LANG: language, LANGUAGE: language };
      const args = ['--input-type=module', '-e', script, people];
      const answer = JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' }));
      expect([language, answer]).toEqual([language, ['Ada', 'Ångström', ...names.slice(1)]]);
    }
  });

  test('has those who have a name, and of the others nobody', () => {
    const people = [
      { number: '1', name: 'Ada' },
      { number: '2', name: '2' },
      { number: '3', name: ' ' },
    ];
    expect(namesOf(people)).toEqual(['Ada']);
  });

  test('tells people of one name apart by their numbers', () => {
    const list = createPhonebook()({
      extensions: mapOf(['12', '2', '101'].map((number) => ({ number, name: 'Ada' }))),
      ...{ changed: nobody, isWanted: true },
    });
    expect(list?.map(({ number }) => number)).toEqual(['101', '12', '2']);
  });

  test('has what a phone can show: no password, and no control characters from wherever they came', () => {
    const ada = { number: '1', name: 'Ada\n\u0000 Love\ud800lace\u2028', mobile: '\t', department: 'R\u0007D' };
    const list = createPhonebook()({ extensions: mapOf([ada]), changed: nobody, isWanted: true });
    expect(list).toEqual([{ number: '1', name: 'Ada  Love\ufffdlace', department: 'R D' }]);
  });

  test('is the same list while it says the same', () => {
    const list = createPhonebook();
    const people = mapOf(numbered);
    const first = list({ extensions: people, changed: nobody, isWanted: true });
    people.set('1000', { number: '1000', name: 'Ada', voicemail: '*98' });
    expect(list({ extensions: people, changed: new Set(['1000']), isWanted: true })).toBe(first);
    people.set('1000', { number: '1000', name: 'Ada', mobile: '1' });
    expect(list({ extensions: people, changed: new Set(['1000']), isWanted: true })).not.toBe(first);
  });

  test('is nothing where no phone has one, and whole when one has it again', () => {
    const list = createPhonebook();
    const people = mapOf(numbered);
    list({ extensions: people, changed: nobody, isWanted: true });
    people.set('1000', { number: '1000', name: 'Zuse' });
    expect(list({ extensions: people, changed: new Set(['1000']), isWanted: false })).toBeUndefined();
    const again = list({ extensions: people, changed: nobody, isWanted: true });
    expect(again?.find(({ number }) => number === '1000')?.name).toBe('Zuse');
  });

  test('is after any changes what it would be from the beginning', () => {
    const number = fc.nat(12).map(String);
    const name = fc.constantFrom('Ada', 'ada', 'Äda', 'Bob', 'Bob', 'Room 2', 'Room 10', '', 'Zoë');
    const change = fc.tuple(number, fc.option(name, { nil: undefined }));
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 8 }), (rounds) => {
        const list = createPhonebook();
        const people = new Map<string, Extension>();
        for (const round of rounds) {
          for (const [who, called] of round)
            if (called === undefined) people.delete(who);
            else people.set(who, { number: who, name: called });
          const changed = new Set(round.map(([who]) => who));
          const whole = createPhonebook()({ extensions: people, changed: nobody, isWanted: true });
          expect(list({ extensions: people, changed, isWanted: true })).toEqual(whole);
        }
      }),
    );
  });
});
