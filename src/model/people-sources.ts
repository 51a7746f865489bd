import type { PersonField } from './people-source.ts';
import type { PeopleFile, RawDevice, RawExtension, SourceFile, Sources } from './sources.ts';

/** What one source says of a field of a person. */
export interface Saying<Value = unknown> {
  readonly file: SourceFile;
  readonly value: Value;
}

type Where = Pick<Sources, 'files' | 'people'>;

/** All that may say something of people, strongest first. Of two files that define one extension the first counts. */
export const peopleFiles = ({ files, people = [] }: Where): readonly PeopleFile[] => [
  ...people.toReversed(),
  ...files.filter(({ content }) => content.extensions).map((file) => ({ file })),
];

/** The entry of a number in a file. */
export const entryIn = ({ content: { extensions } }: SourceFile, number: string): RawExtension | undefined =>
  extensions && Object.hasOwn(extensions, number) ? extensions[number] : undefined;

/** Who says something of a field, strongest first: the first one holds, and it overrides the others. */
export function sayingsOf<Field extends PersonField>(
  sources: Where,
  number: string,
  field: Field,
): Saying<NonNullable<RawExtension[Field]>>[] {
  return peopleFiles(sources).flatMap(({ file, fields }) => {
    const value = entryIn(file, number)?.[field];
    return value === undefined || (fields && !fields.includes(field)) ? [] : [{ file, value }];
  });
}

/** The files that know a number, strongest first. */
export const knownBy = (sources: Where, number: string): readonly SourceFile[] =>
  peopleFiles(sources).flatMap(({ file }) => (entryIn(file, number) ? [file] : []));

/** The number that stands on a device's first line. */
export const firstNumber = ({ lines, extension }: RawDevice): string | undefined => lines?.[0]?.extension ?? extension;

/** The person who gives a device its group, when its own entry gives none. */
export function groupGiver(sources: Where, raw: RawDevice): (Saying<string> & { readonly number: string }) | undefined {
  const number = raw.group === undefined ? firstNumber(raw) : undefined;
  const [saying] = number === undefined ? [] : sayingsOf(sources, number, 'group');
  return saying && number !== undefined ? { ...saying, number } : undefined;
}
