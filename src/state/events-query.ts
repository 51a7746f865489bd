import type { Mac } from '../model/mac.ts';
import type { DatabaseSync } from './database.ts';
import { columnsOf, type Facts, factOf, type Stored, type Table } from './journal-schema.ts';

/** An event as the journal keeps it: its number, and the fact that tells of it. */
/** Who asked the API for what is nobody's to follow. */
export type EventTable = Exclude<Table, 'audits' | 'returns'>;

export type StoredEvent = {
  [T in EventTable]: { readonly id: number; readonly source: T; readonly fact: Facts[T] };
}[EventTable];

export interface EventsFilter {
  /** Those after this one. */
  readonly after: number;
  readonly sources: readonly EventTable[];
  /** At most so many, and fewer when many others are in between. */
  readonly limit: number;
}

/** Some events in their order. Who reads on from `next` misses none. */
export interface EventsPage {
  readonly events: readonly StoredEvent[];
  /** `after`, when there is nothing later. */
  readonly next: number;
  /** The last of those whose facts are kept no more; absent when there are none. */
  readonly gone?: number;
}

/** Numbers that one page looks at, so that a page of what is rare takes no longer than another. */
const span = 20_000;

export function readEvents(database: DatabaseSync, { after, sources, limit }: EventsFilter): EventsPage {
  const last = lastEvent(database);
  const from = Math.max(after, (firstEvent(database) ?? last) - 1);
  const until = Math.min(last, from + span);
  if (until <= after) return { events: [], next: after };
  const places = database
    .prepare(
      `SELECT id, source, row FROM events WHERE id > ? AND id <= ?
       AND source IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?`,
    )
    .all(from, until, JSON.stringify(sources), limit) as unknown as Place[];
  const facts = new Map(sources.map((source) => [source, factsAt(database, source, places)]));
  const events = places.flatMap(({ id, source, row }) => {
    const fact = facts.get(source)?.get(row);
    return fact ? [{ id, source, fact } as StoredEvent] : [];
  });
  const gone = places.findLast(({ source, row }) => !facts.get(source)?.has(row))?.id;
  const next = places.length === limit ? (places.at(-1)?.id ?? until) : until;
  return { events, next, ...(gone !== undefined && { gone }) };
}

interface Place {
  readonly id: number;
  readonly source: EventTable;
  readonly row: number;
}

function factsAt<T extends Table>(database: DatabaseSync, table: T, places: readonly Place[]) {
  const rows = places.filter(({ source }) => source === table).map(({ row }) => row);
  const found = new Map<number, Stored<Facts[T]>>();
  if (rows.length === 0) return found;
  const query = database.prepare(
    `SELECT id, ${columnsOf(table)} FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`,
  );
  for (const row of query.iterate(JSON.stringify(rows))) found.set(Number(row.id), factOf(table, row));
  return found;
}

/** The number of the last event that there was, be it pruned. */
export const lastEvent = (database: DatabaseSync): number =>
  Number(database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get()?.seq ?? 0);

/** Undefined when there is none. */
export const firstEvent = (database: DatabaseSync): number | undefined => {
  const first = database.prepare('SELECT min(id) AS first FROM events').get()?.first;
  return first === null || first === undefined ? undefined : Number(first);
};

/** Deletes at most `step` of the oldest that are too old or too many; true when there may be more. */
export function pruneEvents(
  database: DatabaseSync,
  { since, rows, step }: { readonly since: number; readonly rows: number; readonly step: number },
): boolean {
  const { changes } = database
    .prepare(
      `DELETE FROM events WHERE id IN (SELECT id FROM (SELECT id, at FROM events ORDER BY id LIMIT ?)
       WHERE at < ? OR id <= (SELECT max(id) FROM events) - ?)`,
    )
    .run(step, since, rows);
  return Number(changes) === step;
}

/** What was registered when the last of it was written down. */
export interface KnownRegistration {
  readonly source: string;
  readonly extension: string;
  readonly contact: string;
  readonly address?: string;
  /** The MAC of the device that it was, if that was known. */
  readonly macs?: readonly Mac[];
}

export const readRegistered = (database: DatabaseSync): KnownRegistration[] =>
  database
    .prepare('SELECT source, extension, contact, device, address FROM registered')
    .all()
    .map(({ source, extension, contact, device, address }) => ({
      ...{ source: String(source), extension: String(extension), contact: String(contact) },
      ...(address !== null && { address: String(address) }),
      ...(device !== null && { macs: [String(device) as Mac] }),
    }));

/** The state of each device that was told last, by MAC. */
export const readStood = (database: DatabaseSync): [device: string, state: string][] =>
  database
    .prepare('SELECT device, state FROM stood')
    .all()
    .map(({ device, state }) => [String(device), String(state)]);
