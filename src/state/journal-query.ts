import { examinedWords } from '../model/examination.ts';
import type { FetchFact, RevisionFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import type { DatabaseSync, Value } from './database.ts';
import { columnsOf, type Facts, factOf, type Stored, type Table } from './journal-schema.ts';
import { standingQueries } from './standing-query.ts';

export interface Filter {
  /** From this time on, milliseconds since 1970. */
  readonly since?: number;
  /** 100 by default; `Infinity` for all. */
  readonly limit?: number;
  /** By time; `newest` by default. */
  readonly order?: 'newest' | 'oldest';
  /** Only rows written after this one, in the order of writing, whatever `order` says: to follow the journal. */
  readonly afterId?: number;
  /** Only rows that come after this one in the order of `newest`: the next page behind it. */
  readonly before?: { readonly at: number; readonly id: number };
}
export interface DeviceFilter extends Filter {
  readonly device?: Mac;
}

export interface Query {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Each way of asking has an index that finds the rows in their order, so that a limit ends the work early. */
export function factsQuery(table: Table, { device, since, limit = 100, order, afterId, before }: DeviceFilter): Query {
  const follows = afterId !== undefined;
  const terms: readonly (readonly [string, Value | undefined])[] = [
    ['id > ?', afterId],
    // The plus keeps SQLite from gathering all rows of a device only to sort them by id.
    [follows ? '+device = ?' : 'device = ?', device],
    ['at >= ?', since],
  ];
  const given = terms.filter(([, value]) => value !== undefined);
  const page = before ? ['(at, id) < (?, ?)'] : [];
  const demands = [...given.map(([term]) => term), ...page];
  const where = demands.length === 0 ? '' : `WHERE ${demands.join(' AND ')}`;
  const by = follows ? 'id' : order === 'oldest' ? 'at, id' : 'at DESC, id DESC';
  return {
    sql: `SELECT id, ${columnsOf(table)} FROM ${table} ${where} ORDER BY ${by} LIMIT ?`,
    values: [
      ...given.map(([, value]) => value as Value),
      ...(before ? [before.at, before.id] : []),
      Number.isFinite(limit) ? limit : -1,
    ],
  };
}

export function readFacts<T extends Table>(database: DatabaseSync, table: T, filter: DeviceFilter): Stored<Facts[T]>[] {
  const { sql, values } = factsQuery(table, filter);
  return database
    .prepare(sql)
    .all(...values)
    .map((row) => factOf(table, row));
}

/** When each device was first told a revision, of those that are kept. */
export const readBegun = (database: DatabaseSync): (readonly [Mac, number])[] =>
  database
    .prepare('SELECT device, min(at) AS at FROM revisions GROUP BY device')
    .all()
    .map(({ device, at }) => [device as Mac, Number(at)] as const);

/** When a device last registered, where it was not registered before. */
export const readRegisteredAt = (database: DatabaseSync, device: Mac): number[] =>
  database
    .prepare("SELECT max(at) AS at FROM phones WHERE device = ? AND kind = 'registered'")
    .all(device)
    .flatMap(({ at }) => (at === null ? [] : [Number(at)]));

/** The fetch of each device that comes first in an order; refusals of the one who asks, and examinations, say nothing of the device. */
const firstOf = (order: string, which = '') => `
  SELECT (SELECT id FROM fetches
          WHERE fetches.device = devices.device AND status NOT IN (401, 403)
            AND (reason IS NULL OR reason NOT GLOB '${examinedWords}*') ${which} ORDER BY ${order} LIMIT 1)
  FROM devices WHERE device IS NOT NULL`;

/** The devices are found by stepping through the index, not by reading every row. */
export const seenQuery = `
  WITH RECURSIVE devices (device) AS (
    SELECT min(device) FROM fetches WHERE device IS NOT NULL
    UNION ALL
    SELECT (SELECT min(device) FROM fetches WHERE fetches.device > devices.device)
    FROM devices WHERE devices.device IS NOT NULL
  )
  SELECT id, ${columnsOf('fetches')} FROM fetches WHERE id IN (
    ${firstOf('at, id')}
    UNION ${firstOf('at DESC, id DESC')}
    UNION ${firstOf('at DESC, id DESC', 'AND user_agent IS NOT NULL')}
    UNION ${firstOf('at DESC, id DESC', 'AND (model IS NOT NULL OR firmware IS NOT NULL)')}
    UNION ${firstOf('at DESC, id DESC', 'AND revision IS NOT NULL AND complete AND status < 400')}
  ) ORDER BY at, id`;

/** The first and the last fetch of every device, and the last that told its user agent, one that a vendor knows, and its revision. */
export const readSeen = (database: DatabaseSync): Stored<FetchFact>[] =>
  database
    .prepare(seenQuery)
    .all()
    .map((row) => factOf('fetches', row));

export const readWanted = (database: DatabaseSync, device: Mac): RevisionFact[] =>
  database
    .prepare(`${standingQueries.revisions} WHERE device = ?`)
    .all(device)
    .map((row) => factOf('revisions', row));

export interface Keep {
  /** Rows older than this go, milliseconds since 1970. */
  readonly since: number;
  /** Of each table, the newest so many stay. */
  readonly rows: number;
}

/** Deletes at most `step` rows of a table for either reason; true when there may be more. */
export function pruneTable(
  database: DatabaseSync,
  table: Table,
  { since, rows, step }: Keep & { step: number },
): boolean {
  const some = (which: string) => `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${which} LIMIT ?)`;
  const old = database.prepare(some('at < ? ORDER BY at')).run(since, step);
  const surplus = database.prepare(some(`id <= (SELECT max(id) FROM ${table}) - ? ORDER BY id`)).run(rows, step);
  return old.changes === step || surplus.changes === step;
}
