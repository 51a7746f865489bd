import { hash, randomUUID } from 'node:crypto';
import { type LdapSource, ldapDefaults } from '../../../model/people-source.ts';
import { visible } from '../../../problem.ts';
import * as activeDirectory from './active-directory.ts';
import type { Asked, Changes } from './changes.ts';
import { type Entry, idOf } from './entry.ts';
import { DirectoryFailure } from './failure.ts';
import { parseFilter } from './filter.ts';
import { noteIds, readGroups } from './groups.ts';
import { createMapping, isPerson, type Mapping } from './mapping.ts';
import type { Cursor, Everybody, Memory } from './memory.ts';
import * as openldap from './openldap.ts';
import { searchPages } from './search.ts';
import { openSession, type Session } from './session.ts';
import type { Directory } from './settings.ts';

export interface ReadOptions {
  readonly source: LdapSource;
  readonly directory: Directory;
  readonly memory: Memory;
  /** Everybody, whenever that was done last. */
  readonly full?: boolean;
  readonly now?: () => number;
}

/** What a directory answered. */
export interface Reading {
  /** `nothing`: nobody is other than in the last reading. */
  readonly how: 'full' | 'changes' | 'nothing';
  readonly server: string;
  readonly cursor: Cursor;
  /** Undefined for `nothing`: then they are in the memory. */
  readonly everybody?: Everybody;
  /** Sentences for people: what was not as it should be, and did not stop the reading. */
  readonly notes: readonly string[];
}

/** Where the server is in its count, before anything is read. */
type Mark = Pick<Cursor, 'usn' | 'csn'>;

interface Work {
  readonly session: Session;
  readonly asked: Asked;
  readonly mapping: Mapping;
  readonly groups: readonly string[];
  readonly kind: Session['root']['kind'];
  readonly mark: Mark;
}

/** Asks a directory for everybody, or for what has changed since the last time. Throws a `DirectoryFailure`. */
export async function readDirectory({
  source,
  directory,
  memory,
  full,
  now = Date.now,
}: ReadOptions): Promise<Reading> {
  const mapping = createMapping(source);
  const references = new Set<string>();
  const asked = askedOf(source, mapping, references);
  const settings = hash('sha256', JSON.stringify(relevant(source)));
  const before = memory.cursor();
  const hours = source.full_every ?? ldapDefaults.full_every;
  const isDue = full || before?.settings !== settings || !(now() - before.fullAt < hours * 3_600_000);
  const startedAt = now();
  const session = await openSession(directory);
  try {
    const kind = source.kind === undefined || source.kind === 'auto' ? session.root.kind : source.kind;
    const mark = await markOf(session, kind, asked);
    const work = { session, asked, mapping, groups: Object.keys(source.groups ?? {}), kind, mark };
    const { server } = session.connection;
    const changes = isDue || !before ? undefined : await readChanges(work, before, memory);
    const clear = clearNote(directory, server);
    const notes = [...clear, ...notesOf(references)];
    if (changes) return { ...changes, cursor: { ...changes.cursor, at: startedAt }, server, notes };
    const everybody = await readEverybody(work);
    const { groups } = everybody;
    const { generation } = everybody.everybody;
    const cursor = { settings, generation, fullAt: startedAt, at: startedAt, ...mark, groups };
    const blind = await blindNote(work);
    return {
      how: 'full',
      server,
      cursor,
      everybody: everybody.everybody,
      notes: [...clear, ...notesOf(references), ...blind],
    };
  } finally {
    session.connection.close();
  }
}

/** What makes another question: not how often it is asked. */
function relevant({
  interval,
  full_every,
  max_change,
  timeout,
  into,
  page_size,
  password,
  tls,
  ...question
}: LdapSource) {
  return question;
}

function askedOf(source: LdapSource, mapping: Mapping, references: Set<string>): Asked {
  const filter = parseFilter(source.filter ?? ldapDefaults.filter);
  const scope = source.scope ?? ldapDefaults.scope;
  return {
    queries: [source.base].flat().map((base) => ({ base, scope, filter, attributes: mapping.wanted })),
    size: Number(source.page_size ?? ldapDefaults.page_size),
    onReferences: (urls) => {
      for (const url of urls) references.add(url);
    },
  };
}

async function markOf(session: Session, kind: Work['kind'], { queries }: Asked): Promise<Mark> {
  if (kind === 'active-directory') {
    const mark = await activeDirectory.usnMark(session);
    return mark ? { usn: { [mark.server]: mark.usn } } : {};
  }
  if (kind === 'openldap') {
    const csn = await openldap.csnMark(session, queries[0]?.base ?? '');
    return csn ? { csn } : {};
  }
  return {};
}

/** Undefined when there is no way to ask for changes: everybody is read then. */
async function readChanges(
  work: Work,
  before: Cursor,
  memory: Memory,
): Promise<Omit<Reading, 'server' | 'notes'> | undefined> {
  try {
    const changes = await changesOf(work, before);
    if (!changes) return undefined;
    const groups = await readGroups(work.session.connection, work.groups, before.groups);
    const cursor = { ...before, csn: work.mark.csn, usn: { ...before.usn, ...work.mark.usn }, groups: groups.stamps };
    if (changes.changed.size === 0 && !changes.present && groups.changed.size === 0) return { how: 'nothing', cursor };
    const everybody = memory.everybody();
    if (everybody?.generation !== before.generation) return undefined;
    const altered = apply(changes, everybody, work.mapping);
    if (altered === 0 && groups.changed.size === 0) return { how: 'nothing', cursor };
    for (const [dn, members] of groups.changed) everybody.members.set(dn, members);
    for (const members of everybody.members.values()) noteIds(members, everybody.people.values());
    const generation = randomUUID();
    return { how: 'changes', cursor: { ...cursor, generation }, everybody: { ...everybody, generation } };
  } catch (error) {
    // The server says that it cannot: it has forgotten, or is not the one that it was.
    const isRefusal = error instanceof DirectoryFailure && error.code !== undefined && !error.step.startsWith('group');
    if (isRefusal || error instanceof openldap.MixedPhases) return undefined;
    throw error;
  }
}

async function changesOf({ session, asked, kind, mark }: Work, before: Cursor): Promise<Changes | undefined> {
  if (kind === 'openldap' && before.csn && mark.csn) {
    if (before.csn.join() === mark.csn.join()) return { changed: new Map() };
    return openldap.changesSince(session, asked, before.csn);
  }
  const [server] = Object.keys(mark.usn ?? {});
  const usn = server === undefined ? undefined : before.usn?.[server];
  if (kind !== 'active-directory' || usn === undefined) return undefined;
  // A data base that counts less than before is not the one that it was.
  if (BigInt(session.root.highestUsn ?? 0) < BigInt(usn)) return undefined;
  return activeDirectory.changesSince(session, asked, usn);
}

/** Gives how many are not as they were. */
function apply({ changed, present }: Changes, everybody: Everybody, mapping: Mapping): number {
  const { people, unusable } = everybody;
  let altered = 0;
  for (const id of present ? [...people.keys(), ...unusable.keys()] : [])
    if (!present?.has(id) && !changed.has(id)) altered += Number(people.delete(id) || unusable.delete(id));
  for (const [id, entry] of changed) {
    const before = JSON.stringify([people.get(id), unusable.get(id)]);
    people.delete(id);
    unusable.delete(id);
    if (entry) add(entry, everybody, mapping);
    altered += Number(before !== JSON.stringify([people.get(id), unusable.get(id)]));
  }
  return altered;
}

function add(entry: Entry, { people, unusable }: Everybody, mapping: Mapping): void {
  const one = mapping.personOf(entry);
  if (isPerson(one)) people.set(one.id, one);
  else if (one.why === 'unusable') unusable.set(idOf(entry), one);
}

async function readEverybody({ session, asked, mapping, groups }: Work) {
  const everybody: Everybody = { generation: randomUUID(), people: new Map(), members: new Map(), unusable: new Map() };
  const onEntry = (entry: Entry) => add(entry, everybody, mapping);
  const { size, onReferences } = asked;
  for (const query of asked.queries)
    await searchPages(session.connection, { ...query, size }, { onEntry, onReferences });
  const { stamps, changed } = await readGroups(session.connection, groups);
  for (const [dn, members] of changed) {
    noteIds(members, everybody.people.values());
    everybody.members.set(dn, members);
  }
  return { everybody, groups: stamps };
}

const notesOf = (references: ReadonlySet<string>): string[] =>
  references.size === 0
    ? []
    : [`the server refers to others, which are not asked: ${[...references].sort().map(visible).join(', ')}`];

/** On this machine nobody listens in. */
function clearNote({ login, startTls }: Directory, server: string): string[] {
  const isClear = server.startsWith('ldap:') && !startTls && 'password' in login;
  if (!isClear || /^ldap:\/\/(?:localhost|127\.[\d.]+|\[::1\]):/.test(server)) return [];
  return [`the password goes to ${server} in the clear: wanted ldaps:// or start_tls`];
}

async function blindNote({ session, kind, mark }: Work): Promise<string[]> {
  if (kind === 'active-directory' && !(await activeDirectory.seesDeleted(session)))
    return ['the account is not shown deleted objects: who is deleted goes with the next full reading (full_every)'];
  if (kind === 'openldap' && !mark.csn)
    return ['the server does not say what changes (overlay syncprov, contextCSN): each sync reads everybody'];
  return [];
}
