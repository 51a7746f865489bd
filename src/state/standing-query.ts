import type { ReturnFact, RevisionFact } from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import type { Convergence } from './convergence.ts';
import type { Column, DatabaseSync } from './database.ts';
import type { FetchSeen, NotifySeen } from './standing.ts';

/**
 * What convergence needs to know, without reading every row: the last revision of each device, the last whole fetch of each
 * of its files, and what came to nothing and whom it was told to since the revision was built.
 */
export const standingQueries = {
  revisions: 'SELECT device, at, revision, files, git_commit FROM wanted',
  returned: 'SELECT device, at, revision FROM returned',
  fetched: 'SELECT device, file, at, revision, address, firmware FROM fetched',
  troubles: `
    SELECT w.device, f.at, f.address, f.method, f.path, f.status, f.complete, f.reason FROM wanted AS w
    CROSS JOIN fetches AS f INDEXED BY fetches_trouble ON f.device = w.device AND f.at >= w.at
    WHERE (f.status >= 400 OR f.complete = 0)`,
  notifies: `
    SELECT w.device, n.at, n.target, n.outcome, n.status, n.reason FROM wanted AS w
    CROSS JOIN notifies AS n ON n.device = w.device AND n.at >= w.at`,
} as const;

type Name = keyof typeof standingQueries;
type Row = readonly Column[];
const names = Object.keys(standingQueries) as Name[];

/** Hundreds of thousands of rows: as lists, not as objects with names, and told one by one. */
const tellers: Readonly<Record<Name, (to: Convergence['add'], row: Row) => void>> = {
  revisions: (to, [device, at, revision, files, git_commit]) =>
    to.revisions([
      {
        ...{ at, device, revision: revision ?? undefined },
        ...{ files: files ?? undefined, git_commit: git_commit ?? undefined },
      } as RevisionFact,
    ]),
  returned: (to, [device, at, revision]) => to.return({ device, at, revision } as ReturnFact),
  fetched(to, [device, file, at, revision, address, firmware]) {
    const whole = { method: 'GET', status: 200, complete: true, path: file, reason: undefined };
    to.fetch({ device, file, at, revision, address, firmware: firmware ?? undefined, ...whole } as FetchSeen);
  },
  troubles(to, [device, at, address, method, path, status, complete, reason]) {
    const told = { at, device, address, method, path, status, reason: reason ?? undefined };
    to.fetch({ ...told, complete: complete === 1 } as FetchSeen);
  },
  notifies(to, [device, at, target, outcome, status, reason]) {
    const absent = { target: target ?? undefined, status: status ?? undefined, reason: reason ?? undefined };
    to.notify({ at, device, outcome, ...absent } as NotifySeen);
  },
};

function rowsOf(database: DatabaseSync, sql: string): Iterator<Row> {
  const query = database.prepare(sql);
  query.setReturnArrays(true);
  return query.iterate() as unknown as Iterator<Row>;
}

/** Tells all that there is. */
export function readStanding(database: DatabaseSync, to: Convergence['add']): void {
  for (const name of names) {
    const rows = rowsOf(database, standingQueries[name]);
    for (let row = rows.next(); !row.done; row = rows.next()) tellers[name](to, row.value);
  }
}

/** The same in the order of MACs, which each question has by itself. */
export const inTurnQueries = Object.fromEntries(
  names.map((name) => [
    name,
    `${standingQueries[name]} ORDER BY ${name === 'troubles' || name === 'notifies' ? 'w.device' : 'device'}`,
  ]),
) as Readonly<Record<Name, string>>;

/**
 * Tells what there is of one device after the other, by their MACs, and says when that was all of one: who needs no
 * more of it then can forget it. Of devices that are not meant to have anything nothing is told.
 */
export function readStandingInTurn(database: DatabaseSync, to: Convergence['add'], told: (mac: Mac) => void): void {
  const others = names
    .filter((name) => name !== 'revisions')
    .map((name) => ({ name, rows: rowsOf(database, inTurnQueries[name]) }))
    .map(({ name, rows }) => ({ tell: tellers[name], rows, row: rows.next() }));
  const devices = rowsOf(database, inTurnQueries.revisions);
  for (let wanted = devices.next(); !wanted.done; wanted = devices.next()) {
    const device = wanted.value[0] as Mac;
    tellers.revisions(to, wanted.value);
    for (const other of others)
      for (; !other.row.done && String(other.row.value[0]) <= device; other.row = other.rows.next())
        if (other.row.value[0] === device) other.tell(to, other.row.value);
    told(device);
  }
}
