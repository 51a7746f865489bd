import type { Asked, Changes } from './changes.ts';
import { showDeleted } from './controls.ts';
import { type Entry, firstText, idOf } from './entry.ts';
import { atLeast, both, everything } from './filter.ts';
import { readOne, searchOnce, searchPages } from './search.ts';
import type { Session } from './session.ts';

// Active Directory counts its changes, each server for itself: `uSNChanged` of an entry is the number of the last one, and
// the count belongs to the data base that the server names by its invocationId ([MS-ADTS] 3.1.1.1.9).

export interface UsnMark {
  readonly server: string;
  readonly usn: string;
}

/** How far this server has counted. To be asked before the reading that it is the mark of. */
export async function usnMark({ connection, root }: Session): Promise<UsnMark | undefined> {
  if (root.serviceName === undefined || root.highestUsn === undefined) return undefined;
  const asked = { dn: root.serviceName, attributes: ['invocationId'], step: 'invocationId of the server' };
  const id = (await readOne(connection, asked))?.attributes.get('invocationid')?.[0];
  return { server: Buffer.isBuffer(id) ? id.toString('hex') : root.serviceName, usn: root.highestUsn };
}

/**
 * Whether this account is shown what was deleted; by default an administrator is, and nobody else. The container itself
 * is shown to others, too: only what stands in it tells.
 */
export async function seesDeleted({ connection, root }: Session): Promise<boolean> {
  let isAnySeen = false;
  const onEntry = () => {
    isAnySeen = true;
  };
  const query = { base: `CN=Deleted Objects,${root.defaultContext}`, scope: 'one', filter: everything() } as const;
  // One is enough: what the server says of its limits, or of rights, is no failure.
  const asked = { attributes: ['objectGUID'], controls: [showDeleted()], limit: 1, allowed: [4, 11, 32, 50] };
  await searchOnce(connection, { ...query, ...asked, step: 'deleted objects' }, { onEntry });
  return isAnySeen;
}

/** What changed since `usn`. */
export async function changesSince({ connection, root }: Session, asked: Asked, usn: string): Promise<Changes> {
  if (usn === root.highestUsn) return { changed: new Map() };
  const since = atLeast('uSNChanged', String(BigInt(usn) + 1n));
  const changed: Changes['changed'] = new Map();
  const { size, onReferences } = asked;
  // Everything that changed, whether or not it is, or still is, one of those who are asked for: who no longer fits, was
  // moved away or was deleted comes only here. Before the people: who changes in between is then one of them.
  const anything = {
    base: root.defaultContext ?? '',
    scope: 'sub',
    filter: since,
    attributes: ['objectGUID'],
  } as const;
  const onOne = (entry: Entry) => changed.set(idOf(entry), undefined);
  // From the top of a domain others are always referred to: its configuration, its zones.
  await searchPages(connection, { ...anything, size, controls: [showDeleted()] }, { onEntry: onOne });
  if (changed.size === 0) return { changed };
  const onEntry = (entry: Entry) => {
    // What was deleted keeps some of its attributes, and fits many a filter.
    if (firstText(entry, 'isDeleted') === undefined) changed.set(idOf(entry), entry);
  };
  for (const query of asked.queries)
    await searchPages(connection, { ...query, filter: both(query.filter, since), size }, { onEntry, onReferences });
  return { changed };
}
