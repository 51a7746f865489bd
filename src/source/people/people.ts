import { relative, resolve, sep } from 'node:path';
import type { CsvSource, LdapEntry, PeopleSource } from '../../model/people-source.ts';
import { ldapDefaults } from '../../model/people-source.ts';
import type { Path, PeopleFile, SourceFile } from '../../model/sources.ts';
import { isFatal, type Problem, quoted } from '../../problem.ts';
import type { Reading } from '../read-file.ts';
import type { Document } from '../yaml.ts';
import { parseTable } from './table.ts';

/** How a file of people is read. */
export interface PeopleForm {
  /** What differs for what is read in another way. */
  readonly key: string;
  /** Absent for YAML. */
  readonly parse?: (path: string, text: string) => Document;
  /** What a file has that is not empty. */
  readonly wanted: string;
}

/** What a file of people is checked against: extensions as they stand in devices.yml, and nothing else. */
export const peopleSchema = (devices: object): object => ({
  ...{ title: 'people', type: 'object', additionalProperties: false },
  properties: { extensions: Object(Object(devices).properties).extensions },
});

export interface PeopleReading {
  /** Weakest first; absent without a list. */
  readonly people?: readonly PeopleFile[];
  readonly problems: readonly Problem[];
  readonly leftOut: readonly Path[];
  /** All that are read, or will be when they are there; relative to the project. */
  readonly paths: readonly string[];
}

export interface PeopleOptions {
  /** The project's folder. */
  readonly dir: string;
  /** The file that has the list; there is one at the most. */
  readonly owner: SourceFile | undefined;
  readonly read: (path: string, form: PeopleForm) => Promise<Reading>;
  readonly exists: (path: string) => boolean;
}

/** The files of a list, relative to the project. What a source of people is, is nothing else: no file that is included. */
export const pathsOfPeople = (dir: string, owner: SourceFile | undefined): ReadonlySet<string> =>
  new Set((owner?.content.people ?? []).flatMap((source) => (source ? [pathOf(dir, source)] : [])));

/** Reads the sources of people in their order. A file of a directory that is not written yet is nobody, and a warning. */
export async function readPeople({ dir, owner, read, exists }: PeopleOptions): Promise<PeopleReading> {
  if (!owner?.content.people) return { problems: [], leftOut: [], paths: [] };
  const entries = owner.content.people.flatMap((source, index) =>
    source ? [{ source, index, path: pathOf(dir, source) }] : [],
  );
  const waiting = entries.filter(({ source, path }) => 'ldap' in source && !exists(path));
  const there = entries.filter((entry) => !waiting.includes(entry));
  const readings = await Promise.all(there.map(({ source, path }) => read(path, formOf(source))));
  const people = readings.map(({ file }, index) => ({ file, fields: there[index]?.source.fields }));
  const isWhole = entries.length === owner.content.people.length;
  return {
    people,
    problems: [
      ...waiting.map(({ path, index }) => notYet(owner, path, index)),
      ...writtenTwice(owner, dir),
      ...readings.flatMap(({ problems }) => problems),
    ],
    leftOut: [...readings.flatMap(lacking), ...(isWhole ? [] : [['extensions']])],
    paths: entries.map(({ path }) => path),
  };
}

function pathOf(dir: string, source: PeopleSource): string {
  const path = 'file' in source ? source.file : 'csv' in source ? source.csv : intoOf(source);
  return relative(dir, resolve(dir, path)).split(sep).join('/');
}

const intoOf = ({ ldap }: LdapEntry): string => ldap.into ?? ldapDefaults.into;

function formOf(source: PeopleSource): PeopleForm {
  if (!('csv' in source)) return { key: 'people', wanted: 'a mapping with `extensions`' };
  const { columns, delimiter }: CsvSource = source;
  return {
    key: `table ${JSON.stringify([columns, delimiter])}`,
    parse: (path, text) => parseTable(path, text, { columns, delimiter }),
    wanted: 'a first line with the titles of columns, and a line for each person',
  };
}

/** Of a table that breaks off, or lacks a column, anybody may be missing. */
const lacking = ({ file, leftOut, problems }: Reading): Path[] =>
  leftOut.some((path) => path.length === 0) || problems.some((problem) => problem.code === 'csv' && isFatal(problem))
    ? [['extensions']]
    : file.content.extensions
      ? [...leftOut]
      : [];

function notYet(owner: SourceFile, path: string, index: number): Problem {
  const message = `${path} is not there yet; run \`offhook sync\`, which asks the directory and writes it`;
  return { ...owner.locate(['people', index, 'ldap'], 'key'), code: 'people-source', severity: 'warning', message };
}

function writtenTwice(owner: SourceFile, dir: string): Problem[] {
  const seen = new Set<string>();
  return (owner.content.people ?? []).flatMap((source, index): Problem[] => {
    if (!source || !('ldap' in source)) return [];
    const path = pathOf(dir, source);
    const isSecond = seen.has(path);
    seen.add(path);
    const message = `two directories are written into ${quoted(path)}; wanted an \`into\` of its own for each`;
    return isSecond
      ? [{ ...owner.locate(['people', index, 'ldap', 'into']), code: 'people-source', severity: 'error', message }]
      : [];
  });
}
