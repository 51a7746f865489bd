import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type LdapSource, ldapDefaults } from './model/people-source.ts';
import type { Sources } from './model/sources.ts';
import { type Difference, differenceOf, isNothing, refusalOf } from './source/people/ldap/difference.ts';
import type { PersonFields } from './source/people/ldap/mapping.ts';
import type { Cursor, Everybody, Memory } from './source/people/ldap/memory.ts';
import { joinPeople, type People, readPeople, writePeople } from './source/people/ldap/people-text.ts';
import { type Reading, readDirectory } from './source/people/ldap/read.ts';
import { directoryOf } from './source/people/ldap/settings.ts';
import { replaceFile } from './source/replace-file.ts';
import { parseYaml } from './source/yaml.ts';
import { openCursor } from './state/directories.ts';
import { createKept } from './state/kept.ts';

export interface SyncOptions {
  readonly source: LdapSource;
  /** The project's folder, and what its references to secrets stand for. */
  readonly dir: string;
  readonly secret: Sources['secret'];
  readonly memory: Memory;
  /** Everybody is read, whenever that was done last. */
  readonly full?: boolean;
  /** However many would go. */
  readonly accept?: boolean;
  /** Nothing is written, and nothing remembered. */
  readonly dryRun?: boolean;
  /** Nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** What came of asking a directory. */
export interface Synced {
  /** The file, relative to the project. */
  readonly into: string;
  readonly server: string;
  readonly how: Reading['how'];
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How many people the file has, or would have; undefined when nothing had to be looked at. */
  readonly people?: number;
  readonly difference: Difference;
  /** Why the file stays as it is although people changed. */
  readonly refusal?: string;
  readonly written: boolean;
  /** What stands in the file, or would. Undefined when it stays what it is. */
  readonly text?: string;
  readonly notes: readonly string[];
}

const noDifference: Difference = { renamed: [], changed: [], renumbered: [], added: [], gone: [] };

export const intoOf = ({ into }: LdapSource): string => into ?? ldapDefaults.into;

/** Directories of a project, in the order of `people:`. */
export const ldapSources = ({ files }: Pick<Sources, 'files'>): LdapSource[] =>
  files.flatMap(({ content }) =>
    (content.people ?? []).flatMap((source) => (source && 'ldap' in source ? [source.ldap] : [])),
  );

/** Asks a directory and writes its file. Throws a `DirectoryFailure`, or a sentence; then the file is as it was. */
export async function syncDirectory(options: SyncOptions): Promise<Synced> {
  const { source, dir, memory, dryRun = false, full = false } = options;
  const into = intoOf(source);
  const directory = { ...directoryOf(source, options), signal: options.signal };
  let reading = await readDirectory({ source, directory, memory, full });
  const bytes = readIfThere(resolve(dir, into));
  const about = () => ({ into, server: reading.server, how: reading.how, at: reading.cursor.at });
  if (reading.how === 'nothing' && bytes !== undefined && reading.cursor.text === digest(bytes)) {
    if (!dryRun) memory.keepCursor(reading.cursor);
    const { people } = reading.cursor;
    return { ...about(), people, difference: noDifference, written: false, notes: reading.notes };
  }
  const current = bytes?.toString('utf8');
  const known = reading.everybody ?? memory.everybody();
  const isWhole = known?.generation === reading.cursor.generation;
  // What was remembered is lost: another process was faster, or somebody tidied up.
  if (!isWhole) reading = await readDirectory({ source, directory, memory, full: true });
  const everybody = (isWhole ? known : reading.everybody) as Everybody;
  const joined = joinPeople(everybody, source.groups);
  const text = writePeople(joined.people, source);
  const people = joined.people.size;
  if (!dryRun) remember(memory, { ...reading.cursor, text: digest(text), people }, reading.everybody);
  const notes = [...reading.notes, ...joined.notes];
  if (text === current) return { ...about(), people, difference: noDifference, written: false, notes };
  const before = current === undefined ? new Map<string, PersonFields>() : peopleOf(into, current);
  const difference = differenceOf(before, joined.people);
  const most = Number(source.max_change ?? ldapDefaults.max_change);
  const refusal = options.accept ? undefined : refusalOf(difference, { before, after: joined.people, most });
  const written = !dryRun && refusal === undefined;
  if (written) write(resolve(dir, into), text);
  return { ...about(), people, difference, refusal, written, text, notes };
}

/** Whether nobody is other than before: the file may be written in another way. */
export const isSame = ({ difference }: Synced): boolean => isNothing(difference);

function remember(memory: Memory, cursor: Cursor, everybody: Everybody | undefined): void {
  if (everybody) memory.keepEverybody(everybody);
  memory.keepCursor(cursor);
}

/** In the state folder, for the next reading to begin where this one ended. */
export function keptMemory(state: string, source: LdapSource): Memory {
  const name = `directory-${digest(intoOf(source)).slice(0, 12)}`;
  const cursor = openCursor<Cursor>(state, name);
  const everybody = createKept<Everybody>(join(state, `${name}.people`), 'directory people 1');
  return {
    cursor: () => keptIn(cursor.read()),
    everybody: () => keptIn(everybody.read()),
    keepCursor: (value) => cursor.write({ ...value, into: intoOf(source) }),
    keepEverybody: everybody.write,
  };
}

const keptIn = <T>(read: { readonly value: T } | 'none' | 'damaged'): T | undefined =>
  typeof read === 'string' ? undefined : read.value;

const digest = (text: string | Buffer): string => hash('sha256', text);

/** Also when somebody else wrote it, or wrote in it. */
function peopleOf(path: string, text: string): People {
  const own = readPeople(text);
  if (own) return own;
  const value = parseYaml(path, text).value as { extensions?: Record<string, PersonFields> } | undefined;
  return new Map(Object.entries(value?.extensions ?? {}));
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function write(path: string, text: string): void {
  try {
    replaceFile(path, text, 0o666);
  } catch (error) {
    throw new Error(`${path} cannot be written: ${(error as Error).message}`);
  }
}
