import type { LdapSource } from '../../../model/people-source.ts';
import { quoted, visible } from '../../../problem.ts';
import { normalDn } from './entry.ts';
import { createGroupOf } from './groups.ts';
import { type Person, type PersonFields, personFields } from './mapping.ts';
import type { Everybody } from './memory.ts';

/** People by number, in the order of numbers. */
export type People = ReadonlyMap<string, PersonFields>;

/** At most so many of one kind are named. */
const most = 5;

/** Who has which number. Of two with one number the first by DN counts; what was left out is said. */
export function joinPeople(
  { people, members, unusable }: Everybody,
  groups: NonNullable<LdapSource['groups']> = {},
): { people: People; notes: string[] } {
  const groupOf = createGroupOf(groups, members);
  const byNumber = new Map<string, Person>();
  const twice: string[] = [];
  const isBefore = (one: Person, other: Person) => normalDn(one.dn) < normalDn(other.dn);
  for (const person of people.values()) {
    const other = byNumber.get(person.number);
    const [first, second] = !other || isBefore(person, other) ? [person, other] : [other, person];
    byNumber.set(person.number, first);
    if (second)
      twice.push(
        `two people have the number ${person.number}: ${quoted(first.dn)} counts, ${quoted(second.dn)} does not`,
      );
  }
  const sorted = [...byNumber].sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
  const bad = [...unusable.values()].map(
    ({ dn, seen }) => `${quoted(dn)} is left out: ${quoted(seen)} is no extension`,
  );
  return {
    people: new Map(sorted.map(([number, person]) => [number, withGroup(person, groupOf(person))])),
    notes: [
      ...some(twice.sort(), 'numbers that two people have'),
      ...some(bad.sort(), 'people without a usable number'),
    ],
  };
}

const withGroup = ({ fields }: Person, group: string | undefined): PersonFields =>
  group === undefined ? fields : { ...fields, group };

const some = (notes: readonly string[], what: string): string[] =>
  notes.length <= most ? [...notes] : [...notes.slice(0, most), `and ${notes.length - most} more ${what}`];

/** The file: a line a person, so that a change is a line of a diff. The same people give the same bytes. */
export function writePeople(people: People, { base }: Pick<LdapSource, 'base'>): string {
  const from = [base].flat().map(visible).join(' and ');
  const lines = [...people].map(([number, fields]) => `  ${JSON.stringify(number)}: ${fieldsText(fields)}\n`);
  return [
    `# Written by \`offhook sync\` from the directory below ${from}.\n`,
    '# Do not edit it: the next sync writes it anew. A file later in `people:` corrects what the directory says.\n',
    lines.length === 0 ? 'extensions: {}\n' : 'extensions:\n',
    ...lines,
  ].join('');
}

function fieldsText(fields: PersonFields): string {
  const parts = personFields.flatMap((field) => {
    const value = fields[field];
    return value === undefined ? [] : [`"${field}": ${JSON.stringify(value)}`];
  });
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

/** What `writePeople` wrote. Undefined when it is not of that form: somebody else wrote in it. */
export function readPeople(text: string): People | undefined {
  const people = new Map<string, PersonFields>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line === 'extensions:' || line === 'extensions: {}') continue;
    const found = /^ {2}("(?:[^"\\]|\\.)*"): (\{.*\})$/.exec(line);
    if (!found) return undefined;
    try {
      people.set(String(JSON.parse(found[1] ?? '')), JSON.parse(found[2] ?? ''));
    } catch {
      return undefined;
    }
  }
  return people;
}
