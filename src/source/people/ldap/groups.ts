import { quoted } from '../../../problem.ts';
import type { Connection } from './connection.ts';
import { firstText, normalDn, type Value } from './entry.ts';
import { DirectoryFailure } from './failure.ts';
import type { Person } from './mapping.ts';
import { readOne } from './search.ts';

/** Who is in a group of the directory: `dn:…` in one spelling, `uid:…`, and `id:…` of those who are known. */
export type Members = Set<string>;

export interface Groups {
  /** By DN, as it stands in devices.yml: changes when the group does. */
  readonly stamps: Readonly<Record<string, string>>;
  /** Those that are not as they were. */
  readonly changed: ReadonlyMap<string, Members>;
}

const memberAttributes = ['member', 'uniqueMember', 'memberUid'] as const;
const stampAttributes = ['uSNChanged', 'entryCSN', 'modifyTimestamp'];

/**
 * Looks at each group; only of those that changed the members are read. A person's own `memberOf` is not asked: in an
 * Active Directory a person who is put into a group is not changed by that.
 */
export async function readGroups(
  connection: Connection,
  dns: readonly string[],
  before: Readonly<Record<string, string>> = {},
): Promise<Groups> {
  const stamps: Record<string, string> = {};
  const changed = new Map<string, Members>();
  for (const dn of dns) {
    const step = `group ${quoted(dn)}`;
    const group = await readOne(connection, { dn, attributes: stampAttributes, step });
    if (!group)
      throw new DirectoryFailure({ server: connection.server, step, seen: 'there is no such entry', code: 32 });
    const stamp = stampAttributes.map((name) => firstText(group, name) ?? '').join(' ');
    stamps[dn] = stamp;
    if (stamp.trim() === '' || stamp !== before[dn]) changed.set(dn, await membersOf(connection, dn, step));
  }
  return { stamps, changed };
}

async function membersOf(connection: Connection, dn: string, step: string): Promise<Members> {
  const members: Members = new Set();
  let wanted: readonly string[] = memberAttributes;
  while (wanted.length > 0) {
    const entry = await readOne(connection, { dn, attributes: wanted, step });
    if (!entry) break;
    const further = new Set<string>();
    for (const [name, values] of entry.attributes) {
      const { attribute, next } = rangeOf(name, values);
      for (const value of values) members.add(keyOf(attribute, value));
      if (next !== undefined) further.add(`${attribute};range=${next}-*`);
    }
    wanted = [...further];
  }
  return members;
}

const keyOf = (attribute: string, value: Value): string =>
  attribute === 'memberuid' ? `uid:${value}` : `dn:${normalDn(String(value))}`;

/** `member;range=0-1499`: an Active Directory hands out many values in parts ([MS-ADTS] 3.1.1.3.1.3.3). */
export function rangeOf(name: string, values: readonly Value[]): { attribute: string; next?: number } {
  const [, attribute = name, last] = /^([^;]+);range=\d+-(\d+|\*)$/.exec(name) ?? [];
  if (last === undefined || last === '*' || values.length === 0) return { attribute };
  return { attribute, next: Number(last) + 1 };
}

/** A person who is renamed stays in the groups where he was: his id is noted beside his DN. */
export function noteIds(members: Members, people: Iterable<Person>): void {
  for (const { id, dn, uid } of people)
    if (members.has(`dn:${normalDn(dn)}`) || (uid !== undefined && members.has(`uid:${uid}`))) members.add(`id:${id}`);
}

/** The first group that he is in, by the order of devices.yml. */
export function createGroupOf(
  groups: Readonly<Record<string, string>>,
  members: ReadonlyMap<string, Members>,
): (person: Person) => string | undefined {
  const all = Object.entries(groups).map(([dn, group]) => ({ group, of: members.get(dn) ?? new Set<string>() }));
  if (all.length === 0) return () => undefined;
  return ({ id, dn, uid }) =>
    all.find(
      ({ of }) => of.has(`id:${id}`) || of.has(`dn:${normalDn(dn)}`) || (uid !== undefined && of.has(`uid:${uid}`)),
    )?.group;
}
