import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Log } from '../log.ts';
import { explainDiskError } from '../model/disk-error.ts';

export type { DatabaseSync, SQLInputValue as Value, SQLOutputValue as Column, StatementSync } from 'node:sqlite';

export interface DatabaseOptions {
  /** Its folder is made if need be, readable by nobody else; the file too. */
  readonly path: string;
  /** What changes the file from version `index` to `index + 1` (`PRAGMA user_version`). */
  readonly migrations: readonly string[];
  readonly log: Log;
  readonly now?: () => number;
  /** Pages of it that are kept in memory at most, in KiB; SQLite's 2,000 when not given. */
  readonly cache?: number;
}

/** How long opening waits for another process that opens or migrates the same file, in milliseconds. */
const openingMs = 5000;
/** How long a statement waits for another writer; the caller's thread stands still meanwhile. */
const busyMs = 100;

/**
 * Opens a file of the state folder for reading and writing, beside other processes: write-ahead log, made safe against a
 * killed process (not against a power cut, which may cost the last rows, never the file).
 * A file that is no data base any more is moved aside, and a new one begun.
 * @throws Error when the file cannot be opened; `isNewer` tells that it is of a later version of offhook
 */
export function openDatabase(options: DatabaseOptions): DatabaseSync {
  try {
    return openAndMigrate(options);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    moveAside(options, error);
    return openAndMigrate(options);
  }
}

/** Opens a file that another process may be writing to, without changing anything; undefined when there is none. */
export function openForReading({ path, migrations }: Pick<DatabaseOptions, 'path' | 'migrations'>) {
  if (!isThere(path)) return undefined;
  const database = new DatabaseSync(path, { readOnly: true, timeout: openingMs });
  try {
    const version = versionOf(database);
    if (version > migrations.length) throw newer(path, version, migrations.length);
    if (version < migrations.length)
      throw new Error(`${path} is of an earlier version of offhook: start \`offhook serve\` once to renew it`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** One in a folder that this user may not look into is not one that is not there. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw new Error(`${path} cannot be read: ${explainDiskError(error)}`, { cause: error });
  }
}

function openAndMigrate({ path, migrations, cache = 2000 }: DatabaseOptions): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeFolder(dirname(path));
  // SQLite gives its -wal and -shm files the mode of this one.
  closeSync(openSync(path, 'a', 0o600));
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  const database = new DatabaseSync(path, { timeout: openingMs });
  try {
    database.exec('PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864');
    database.exec(`PRAGMA cache_size = -${cache}`);
    migrate(database, path, migrations);
    database.exec(`PRAGMA busy_timeout = ${busyMs}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** What is in it is of no concern to anybody else. A folder of somebody else's, or of everybody's (/tmp), is left alone. */
function closeFolder(folder: string): void {
  const { mode, uid } = statSync(folder);
  if ((mode & 0o077) !== 0 && (mode & 0o1000) === 0 && uid === process.getuid?.()) chmodSync(folder, 0o700);
}

function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  if (versionOf(database) > migrations.length) throw newer(path, versionOf(database), migrations.length);
  useWriteAheadLog(database);
  if (versionOf(database) === migrations.length) return;
  transaction(database, () => {
    // Read again: another process may have been first.
    const version = versionOf(database);
    for (const migration of migrations.slice(version)) database.exec(migration);
    if (version < migrations.length) database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

/** The change to write-ahead logging is refused at once, without waiting, while another process makes it. */
function useWriteAheadLog(database: DatabaseSync): void {
  const until = Date.now() + openingMs;
  while (!isWriteAhead(database)) {
    if (Date.now() > until) throw new Error('another process keeps the data base locked');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

function isWriteAhead(database: DatabaseSync): boolean {
  try {
    return database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode === 'wal';
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

/** All of it or nothing. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk has rolled back by itself.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Keeps the broken file for whoever wants to look into it, under a name with the time. */
export function moveAside({ path, log, now = Date.now }: DatabaseOptions, reason: unknown): void {
  const kept = `${path}.corrupt-${new Date(now()).toISOString().replace(/[:.]/g, '')}`;
  for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
  rmSync(`${path}-shm`, { force: true });
  log.error('a file of the state folder is broken; it is moved aside and a new one begun', {
    file: path,
    kept,
    reason: sentenceOf(reason),
  });
}

const versionOf = (database: DatabaseSync) => Number(database.prepare('PRAGMA user_version').get()?.user_version);

const newer = (path: string, version: number, known: number) =>
  new NewerVersion(`${path} is of version ${version}, from a later offhook; this one knows up to ${known}`);

class NewerVersion extends Error {}

export const isNewer = (error: unknown): boolean => error instanceof NewerVersion;

/** https://www.sqlite.org/rescode.html; the low byte is the primary code. */
const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;

/** SQLITE_BUSY, SQLITE_LOCKED: another connection is writing. */
export const isBusy = (error: unknown): boolean => [5, 6].includes(codeOf(error) ?? -1);
/** SQLITE_CORRUPT, SQLITE_NOTADB. */
export const isCorrupt = (error: unknown): boolean => [11, 26].includes(codeOf(error) ?? -1);
/** The statement got a value that it cannot take: SQLITE_TOOBIG, CONSTRAINT, MISMATCH, RANGE, or none of SQLite's errors. */
export const isBadRow = (error: unknown): boolean => [undefined, 18, 19, 20, 25].includes(codeOf(error));

export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
