import { type LdapAttributes, type LdapChoice, type LdapSource, ldapDefaults } from '../../../model/people-source.ts';
import { type Entry, firstText, idOf } from './entry.ts';

/** What a directory says of a person, besides the number. */
export const personFields = ['name', 'auth_user', 'voicemail', 'email', 'department', 'mobile', 'group'] as const;
export type PersonFields = Partial<Record<(typeof personFields)[number], string>>;

/** Somebody with a number. */
export interface Person {
  /** Stays the same whatever is renamed or moved. */
  readonly id: string;
  readonly dn: string;
  readonly number: string;
  readonly fields: PersonFields;
  /** For groups that name their members so. */
  readonly uid?: string;
}

/** An entry that is nobody with a number: `seen` is the value that no number could be made of. */
export type Nobody = { readonly why: 'disabled' | 'numberless' } | Unusable;

export interface Unusable {
  readonly why: 'unusable';
  readonly dn: string;
  readonly seen: string;
}

export interface Mapping {
  /** Attributes to ask for. */
  readonly wanted: readonly string[];
  personOf(entry: Entry): Person | Nobody;
}

export const isPerson = (one: Person | Nobody): one is Person => 'number' in one;

/** Of a number; the schema has the same of extensions. */
const number = /^[A-Za-z0-9_.*#+-]{1,32}$/;

/** How entries become people. Throws a sentence when a pattern is none. */
export function createMapping({ attributes = ldapDefaults.attributes, groups }: LdapSource): Mapping {
  const choices = (field: keyof LdapAttributes) => [attributes[field] ?? []].flat().map(pickerOf);
  const fields = personFields.map((field) => ({ field, pickers: choices(field) }));
  const extension = choices('extension').map(withoutSpaces);
  const all = [...extension, ...fields.flatMap(({ pickers }) => pickers)].map(({ attribute }) => attribute);
  // `member` of some groups is a uid, not a DN.
  const ids = ['objectGUID', 'entryUUID', 'userAccountControl', ...(groups ? ['uid'] : [])];

  return {
    wanted: [...new Map([...all, ...ids].map((name) => [name.toLowerCase(), name])).values()],
    personOf(entry) {
      if (isDisabled(entry)) return { why: 'disabled' };
      const seen = extension.flatMap((picker) => picker.pick(entry));
      const found = seen.find((value) => number.test(value));
      if (found === undefined) return nobody(entry, seen);
      const said: PersonFields = {};
      for (const { field, pickers } of fields) {
        const value = firstOf(pickers, entry);
        if (value !== undefined) said[field] = value;
      }
      const uid = groups && firstText(entry, 'uid');
      return { id: idOf(entry), dn: entry.dn, number: found, fields: said, ...(uid === undefined ? {} : { uid }) };
    },
  };
}

const nobody = ({ dn }: Entry, [seen]: readonly string[]): Nobody =>
  seen === undefined ? { why: 'numberless' } : { why: 'unusable', dn, seen };

/** ACCOUNTDISABLE, bit 2 of userAccountControl ([MS-ADTS] 2.2.16). */
const isDisabled = (entry: Entry): boolean => (Number(firstText(entry, 'userAccountControl') ?? 0) & 2) !== 0;

interface Picker {
  readonly attribute: string;
  /** What of the values counts, in their order. */
  pick(entry: Entry): string[];
}

function firstOf(pickers: readonly Picker[], entry: Entry): string | undefined {
  for (const picker of pickers) {
    const [first] = picker.pick(entry);
    if (first !== undefined) return first;
  }
  return undefined;
}

function pickerOf(choice: LdapChoice): Picker {
  const { attribute, match, digits = false, last } = typeof choice === 'string' ? { attribute: choice } : choice;
  const name = attribute.toLowerCase();
  const expression = match === undefined ? undefined : compile(match);
  const count = last === undefined ? undefined : Number(last);

  function partOf(value: string): string {
    let text = value;
    if (expression) {
      const found = expression.exec(text);
      text = found ? (found[1] ?? found[0]) : '';
    }
    if (digits) text = text.replace(/\D/g, '');
    if (count !== undefined) text = text.length < count ? '' : text.slice(-count);
    return text.trim();
  }

  return {
    attribute,
    pick({ attributes }) {
      const picked: string[] = [];
      for (const value of attributes.get(name) ?? []) {
        if (typeof value !== 'string') continue;
        const text = partOf(printable(value));
        if (text !== '') picked.push(text);
      }
      return picked;
    },
  };
}

function compile(match: string): RegExp {
  try {
    return new RegExp(match, 'u');
  } catch (error) {
    throw new Error(`${(error as Error).message}; wanted a regular expression`);
  }
}

const ordinary = /^[\x20-\x7e]*$/;

/** A line break or a control character ends a value in a phone's file; here it is a space. */
const printable = (text: string): string =>
  ordinary.test(text) ? text : text.replace(/[\p{Cc}\p{Zl}\p{Zp}\ufdd0-\ufdef\ufffe\uffff]+/gu, ' ');

/** `+49 30 / 1234` is written for people: spaces, brackets and slashes are no part of a number. */
const withoutSpaces = ({ attribute, pick }: Picker): Picker => ({
  attribute,
  pick: (entry) => pick(entry).map((value) => (number.test(value) ? value : value.replace(/[\s()/]/gu, ''))),
});
