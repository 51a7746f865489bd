import { statSync } from 'node:fs';
import type { Log } from '../log.ts';
import {
  type DatabaseSync,
  isBadRow,
  isBusy,
  isCorrupt,
  isNewer,
  moveAside,
  openDatabase,
  type StatementSync,
  sentenceOf,
  transaction,
  type Value,
} from './database.ts';
import { insertInto, type Table, tables } from './journal-schema.ts';

/** A fact on its way into its table: what stands in its columns, in their order. */
export interface Row {
  readonly table: Table;
  readonly values: readonly Value[];
}

interface Connection {
  readonly database: DatabaseSync;
  readonly inserts: Readonly<Record<Table, StatementSync>>;
  /** Of the file, to find out that somebody removed it. */
  readonly inode: number;
}

/** Devices come in no order, and each has its places in the indexes: read again for each row, they cost three times the row. */
const cacheKib = 32 * 1024;

/**
 * The file behind the journal, opened anew when it fails or is gone.
 * @throws Error when the file is of a later version of offhook
 */
export function createStore(given: { path: string; migrations: readonly string[]; log: Log; now: () => number }) {
  const options = { ...given, cache: cacheKib };
  const { path, log } = options;
  let connection: Connection | undefined;
  let saidBadRow = false;

  const disconnect = () => {
    connection?.database.close();
    connection = undefined;
  };

  const connect = (): Connection => {
    if (connection !== undefined && inodeOf(path) !== connection.inode) disconnect();
    connection ??= connectionTo(openDatabase(options), path);
    return connection;
  };

  const failed = (error: unknown) => {
    if (isBusy(error)) return;
    disconnect();
    if (isCorrupt(error)) moveAside(options, error);
  };

  const insert = ({ inserts }: Connection, { table, values }: Row) => {
    try {
      inserts[table].run(...values);
    } catch (error) {
      if (!isBadRow(error)) throw error;
      if (!saidBadRow)
        log.error('a fact does not fit the journal and is left out', { table, reason: sentenceOf(error) });
      saidBadRow = true;
    }
  };

  const write = (rows: readonly Row[]) => {
    try {
      const current = connect();
      transaction(current.database, () => {
        for (const row of rows) insert(current, row);
      });
    } catch (error) {
      failed(error);
      throw error;
    }
  };

  /** Nothing is known while the file cannot be opened, nor of a file that had to be moved aside. */
  const use = <T>(query: (database: DatabaseSync) => T[]): T[] => {
    try {
      return query(connect().database);
    } catch (error) {
      const wasOpen = connection !== undefined;
      failed(error);
      if (wasOpen && !isCorrupt(error)) throw error;
      return [];
    }
  };

  try {
    connect();
  } catch (error) {
    if (isNewer(error)) throw error;
    log.warn('the journal cannot be opened; it is tried again with the next fact', { path, reason: sentenceOf(error) });
  }
  return { write, use, close: disconnect };
}

function connectionTo(database: DatabaseSync, path: string): Connection {
  const inserts = Object.fromEntries(tables.map((table) => [table, database.prepare(insertInto(table))]));
  return { database, inserts: inserts as Record<Table, StatementSync>, inode: inodeOf(path) ?? 0 };
}

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;
