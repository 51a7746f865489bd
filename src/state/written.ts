import { join, resolve } from 'node:path';
import type { Log } from '../log.ts';
import type { Device } from '../model/device.ts';
import { explainDiskError } from '../model/disk-error.ts';
import { concerns, type FileEntry, type Span, type Written } from '../model/file.ts';
import type { Mac } from '../model/mac.ts';
import { type DatabaseSync, isNewer, openDatabase, openForReading, transaction } from './database.ts';
import { createDeviceReader, createDeviceRows, knownTable, partsTable } from './device-rows.ts';
import type { OwedRecord, OwedRow } from './owed.ts';

/** The record of what offhook wrote into one folder: what is not in it is somebody else's, and is left alone. */
export interface WrittenRecord extends OwedRecord {
  /** Everything written, by path in lower case. */
  readonly readWritten: () => Map<string, Written>;
  /** Adds files or replaces those of the same path, all or none. */
  readonly put: (files: readonly Written[]) => void;
  /** Forgets files, by their paths as they were put; all or none. */
  readonly remove: (paths: readonly string[]) => void;
  /** Remembers the devices as they were resolved, secrets as dots: what the next plan is held against. */
  readonly putDevices: (devices: readonly Device[]) => void;
  readonly removeDevices: (macs: readonly Mac[]) => void;
  readonly close: () => void;
}

const migrations = [
  `
  CREATE TABLE written (
    out TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ms REAL NOT NULL, hash TEXT NOT NULL,
    audience TEXT NOT NULL, secrets TEXT NOT NULL, PRIMARY KEY (out, path)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE resolved (
    out TEXT NOT NULL, mac TEXT NOT NULL, device TEXT NOT NULL, PRIMARY KEY (out, mac)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE owed (
    out TEXT NOT NULL, mac TEXT NOT NULL, reboot INTEGER NOT NULL, PRIMARY KEY (out, mac)
  ) STRICT, WITHOUT ROWID;
  `,
  partsTable,
  // How far it is with whom: the schedule of a rollout goes on where it was.
  `
  ALTER TABLE owed ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE owed ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE owed ADD COLUMN waits TEXT;
  `,
  knownTable,
];

/**
 * Opens the record of the folder `out` in the state folder (`written.db`, which may hold those of several). A broken
 * file is moved aside and the record begins empty: files in out/ are then no longer known as ours, and stay when they
 * are no longer wanted.
 * @throws Error, also from each function, when the disk does not take it
 */
export function openWritten(options: {
  readonly folder: string;
  readonly out: string;
  readonly log: Log;
}): WrittenRecord {
  const database = open(options);
  const out = resolve(options.out);
  const put = database.prepare('INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM written WHERE out = ? AND path = ?');
  const rows = createDeviceRows(database, out);
  const owe = database.prepare(
    `INSERT INTO owed (out, mac, reboot) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
     SET reboot = max(reboot, excluded.reboot), attempts = 0, due = 0, waits = NULL`,
  );
  const note = database.prepare('UPDATE owed SET attempts = ?, due = ?, waits = ? WHERE out = ? AND mac = ?');
  const settle = database.prepare('DELETE FROM owed WHERE out = ? AND mac = ?');
  const each = <T>(items: readonly T[], work: (item: T) => void) => {
    if (items.length === 0) return;
    transaction(database, () => {
      for (const item of items) work(item);
    });
  };
  return {
    readWritten: () => readRows(database, out),
    put: (files) =>
      each(files, ({ path, size, mtime, hash, audience, secrets }) =>
        put.run(out, path, size, mtime, hash, JSON.stringify(audience), spansText(secrets)),
      ),
    remove: (paths) => each(paths, (path) => remove.run(out, path)),
    putDevices(devices) {
      try {
        each(devices, rows.put);
      } catch (error) {
        rows.forget();
        throw error;
      }
    },
    removeDevices: (macs) => each(macs, rows.remove),
    readOwed: () => readOwed(database, out),
    owe: (devices) => each(devices, ({ mac, reboot }) => owe.run(out, mac, Number(reboot))),
    noteOwed: (rows) =>
      each(rows, ({ mac, attempts, due, waits }) => note.run(attempts, Math.round(due), waits ?? null, out, mac)),
    settle: (macs) => each(macs, (mac) => settle.run(out, mac)),
    close: () => database.close(),
  };
}

function open({ folder, log }: { readonly folder: string; readonly log: Log }): DatabaseSync {
  try {
    return openDatabase({ path: join(folder, 'written.db'), migrations, log });
  } catch (error) {
    if (isNewer(error)) throw error;
    const why = `what was written is recorded in ${folder}, which cannot be used: ${explainDiskError(error)}`;
    throw new Error(`${why}; wanted a folder that this user may write (--state DIR)`, { cause: error });
  }
}

function readOwed(database: DatabaseSync, out: string): OwedRow[] {
  const rows = database
    .prepare('SELECT mac, reboot, attempts, due, waits FROM owed WHERE out = ? ORDER BY mac')
    .all(out);
  return rows.map(({ mac, reboot, attempts, due, waits }) => ({
    ...{ mac: String(mac) as Mac, reboot: reboot === 1, attempts: Number(attempts), due: Number(due) },
    ...(waits !== null && { waits: String(waits) }),
  }));
}

/** Who is owed a NOTIFY in the folder `out`, and how far it is with whom; read while a daemon may be running. */
export function readOwedRows({ folder, out }: { readonly folder: string; readonly out: string }): OwedRow[] {
  const database = openForReading({ path: join(folder, 'written.db'), migrations });
  if (database === undefined) return [];
  try {
    return readOwed(database, resolve(out));
  } finally {
    database.close();
  }
}

/** The record, read without changing anything while a daemon may be running. */
export interface WrittenReader {
  /** By path in lower case; empty when nothing was written. */
  readonly files: ReadonlyMap<string, Written>;
  /** A device as it was last resolved: plain values, secrets as dots. */
  readonly device: (mac: Mac) => unknown;
  readonly close: () => void;
}

export function readWritten(options: { readonly folder: string; readonly out: string }): WrittenReader {
  const database = openForReading({ path: join(options.folder, 'written.db'), migrations });
  if (database === undefined) return { files: new Map(), device: () => undefined, close: () => {} };
  const out = resolve(options.out);
  return {
    files: readRows(database, out),
    device: createDeviceReader(database, out),
    close: () => database.close(),
  };
}

/** Of a device as it was last resolved, what people know it by. */
export interface KnownDevice {
  readonly mac: Mac;
  /** Of its first line. */
  readonly extension?: string;
  readonly group?: string;
  readonly vendor: string;
  readonly model: string;
}

/**
 * The devices of the last build of the folder `out`, or those alone that have an extension on one of their lines; none
 * when nothing was built. Nothing is changed, and a daemon may be running.
 */
export function readDevices(options: {
  readonly folder: string;
  readonly out: string;
  readonly extension?: string;
}): KnownDevice[] {
  const database = openForReading({ path: join(options.folder, 'written.db'), migrations });
  if (database === undefined) return [];
  try {
    const { extension } = options;
    const which = extension === undefined ? '' : 'AND instr(extensions, ?) > 0';
    const select = database.prepare(`${selectDevices} ${which}`);
    select.setReturnArrays(true);
    const found = select.iterate(resolve(options.out), ...(extension === undefined ? [] : [`\n${extension}\n`]));
    const devices: KnownDevice[] = [];
    for (const row of found) {
      const [mac, extensions, group, vendor, model] = row as unknown as KnownColumns;
      const first = extensions.slice(1, extensions.indexOf('\n', 1));
      devices.push({ mac, extension: first || undefined, group: group ?? undefined, vendor, model });
    }
    return devices;
  } finally {
    database.close();
  }
}

/**
 * The files that a device has, its own and those that it shares with others, as they were written; none when nothing was
 * built. Nothing is changed, and a daemon may be running.
 */
export function readFilesOf(
  device: Pick<KnownDevice, 'mac' | 'vendor' | 'model'>,
  { folder, out }: { readonly folder: string; readonly out: string },
): { readonly own: readonly Written[]; readonly shared: readonly Written[] } {
  const database = openForReading({ path: join(folder, 'written.db'), migrations });
  if (database === undefined) return { own: [], shared: [] };
  try {
    const files = [
      ...readRows(database, resolve(out), `audience = ? OR audience NOT LIKE '{"mac":%'`, [
        JSON.stringify({ mac: device.mac }),
      ]).values(),
    ];
    const mine = files.filter(({ audience }) => concerns(audience, device));
    const [own = [], shared = []] = [true, false].map((isOwn) =>
      mine.filter(({ audience }) => 'mac' in audience === isOwn),
    );
    return { own, shared };
  } finally {
    database.close();
  }
}

const selectDevices = 'SELECT mac, extensions, "group", vendor, model FROM known WHERE out = ?';
type KnownColumns = readonly [mac: Mac, extensions: string, group: string | null, vendor: string, model: string];

const selectWritten = 'SELECT path, size, mtime_ms, hash, audience, secrets FROM written WHERE out = ?';

function readRows(
  database: DatabaseSync,
  out: string,
  which = '',
  values: readonly string[] = [],
): Map<string, Written> {
  const select = database.prepare(which === '' ? selectWritten : `${selectWritten} AND (${which})`);
  select.setReturnArrays(true);
  const files = new Map<string, Written>();
  for (const row of select.iterate(out, ...values)) {
    const [path, size, mtime, hash, audience, secrets] = row as unknown as Columns;
    const file = { path, size, mtime, hash, audience: JSON.parse(audience), secrets: parseSpans(secrets) };
    files.set(path.toLowerCase(), file);
  }
  return files;
}

type Columns = readonly [path: string, size: number, mtime: number, hash: string, audience: string, secrets: string];

/** `[12,20,31,40]`: the pairs one after the other, since they are read 400,000 times at once. */
const spansText = (spans: FileEntry['secrets']): string =>
  JSON.stringify(spans.flatMap(({ start, end }) => [start, end]));

function parseSpans(text: string): FileEntry['secrets'] {
  const flat: number[] = JSON.parse(text);
  const spans: Span[] = [];
  for (let index = 0; index < flat.length; index += 2) spans.push({ start: flat[index]!, end: flat[index + 1]! });
  return spans;
}
