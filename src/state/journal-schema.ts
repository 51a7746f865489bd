import type {
  AuditFact,
  BuildFact,
  FetchFact,
  NotifyFact,
  PhoneFact,
  ReturnFact,
  RevisionFact,
  RolloutFact,
} from '../model/fact.ts';
import type { Column, Value } from './database.ts';

/** The tables of the journal and what a row of each says. */
export interface Facts {
  readonly fetches: FetchFact;
  readonly notifies: NotifyFact;
  readonly builds: BuildFact;
  readonly revisions: RevisionFact;
  readonly phones: PhoneFact;
  readonly audits: AuditFact;
  readonly returns: ReturnFact;
  readonly rollouts: RolloutFact;
}
export type Table = keyof Facts;

/** A fact with its place in the journal: later rows have higher ids. */
export type Stored<T> = T & { readonly id: number };

/**
 * Step by step from an empty file to the tables of today. A step that was released is never edited: a new one is added,
 * and `columns` with it. Times are milliseconds since 1970.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE builds (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, accepted INTEGER NOT NULL, devices INTEGER NOT NULL,
    files INTEGER NOT NULL, changed INTEGER NOT NULL, removed INTEGER NOT NULL, problems INTEGER NOT NULL,
    duration REAL NOT NULL
  ) STRICT;
  CREATE TABLE fetches (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, protocol TEXT NOT NULL, address TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL, file TEXT, device TEXT, user_agent TEXT, model TEXT, firmware TEXT,
    status INTEGER NOT NULL, bytes INTEGER NOT NULL, complete INTEGER NOT NULL, revision TEXT, reason TEXT,
    duration REAL NOT NULL
  ) STRICT;
  CREATE TABLE notifies (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, device TEXT NOT NULL, target TEXT, event TEXT NOT NULL,
    revision TEXT, outcome TEXT NOT NULL, status INTEGER, reason TEXT, cause TEXT NOT NULL
  ) STRICT;
  CREATE INDEX builds_at ON builds (at);
  CREATE INDEX fetches_at ON fetches (at);
  CREATE INDEX fetches_device ON fetches (device, at) WHERE device IS NOT NULL;
  CREATE INDEX notifies_at ON notifies (at);
  CREATE INDEX notifies_device ON notifies (device, at);
  `,
  'ALTER TABLE fetches ADD COLUMN refusal TEXT',
  'ALTER TABLE fetches ADD COLUMN retransmits INTEGER; ALTER TABLE fetches ADD COLUMN timeouts INTEGER',
  // Beside the revisions what is not pruned, since a phone may go for months without asking: the last revision of each
  // device, and the last whole fetch of each of its files.
  `
  CREATE TABLE revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, device TEXT NOT NULL, revision TEXT, files TEXT,
    git_commit TEXT
  ) STRICT;
  CREATE INDEX revisions_at ON revisions (at);
  CREATE INDEX revisions_device ON revisions (device, at);
  CREATE TABLE wanted (
    device TEXT PRIMARY KEY, at INTEGER NOT NULL, revision TEXT, files TEXT, git_commit TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER revisions_wanted AFTER INSERT ON revisions BEGIN
    INSERT INTO wanted VALUES (NEW.device, NEW.at, NEW.revision, NEW.files, NEW.git_commit)
    ON CONFLICT DO UPDATE SET
      at = excluded.at, revision = excluded.revision, files = excluded.files, git_commit = excluded.git_commit
    WHERE excluded.at >= at;
  END;
  CREATE TABLE fetched (
    device TEXT NOT NULL, file TEXT NOT NULL, at INTEGER NOT NULL, revision TEXT NOT NULL, address TEXT NOT NULL,
    firmware TEXT, PRIMARY KEY (device, file)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER fetches_fetched AFTER INSERT ON fetches
  WHEN NEW.revision IS NOT NULL AND NEW.complete = 1 AND NEW.status IN (200, 304) AND NEW.method IN ('GET', 'RRQ')
    AND NEW.device IS NOT NULL AND NEW.file IS NOT NULL
  BEGIN
    INSERT INTO fetched VALUES (NEW.device, NEW.file, NEW.at, NEW.revision, NEW.address, NEW.firmware)
    ON CONFLICT DO UPDATE SET
      at = excluded.at, revision = excluded.revision, address = excluded.address,
      firmware = coalesce(excluded.firmware, firmware)
    WHERE (excluded.at, excluded.revision) > (at, revision);
  END;
  INSERT INTO fetched
    SELECT device, file, at, revision, address, firmware FROM fetches
    WHERE revision IS NOT NULL AND complete = 1 AND status IN (200, 304) AND method IN ('GET', 'RRQ')
      AND device IS NOT NULL AND file IS NOT NULL
    ORDER BY at
    ON CONFLICT DO UPDATE SET
      at = excluded.at, revision = excluded.revision, address = excluded.address,
      firmware = coalesce(excluded.firmware, firmware);
  CREATE INDEX fetches_trouble ON fetches (device, at) WHERE device IS NOT NULL AND (status >= 400 OR complete = 0);
  `,
  // What happened, in one order: an event is a number, and the row that tells of it. The numbers begin at the microseconds of
  // the clock: those of a new journal are above all that were given by the one that it replaces. Not an event: bytes that
  // were there before the journal was, and a revision that is told once more.
  `
  CREATE TABLE phones (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, device TEXT, extension TEXT,
    address TEXT, contact TEXT, user_agent TEXT, source TEXT, state TEXT, before TEXT, reason TEXT
  ) STRICT;
  CREATE INDEX phones_at ON phones (at);
  CREATE INDEX phones_device ON phones (device, at) WHERE device IS NOT NULL;
  CREATE TABLE registered (
    source TEXT NOT NULL, extension TEXT NOT NULL, contact TEXT NOT NULL, device TEXT, address TEXT,
    PRIMARY KEY (source, extension, contact)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE stood (device TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER phones_registered AFTER INSERT ON phones WHEN NEW.kind = 'registered' BEGIN
    INSERT INTO registered VALUES (NEW.source, NEW.extension, NEW.contact, NEW.device, NEW.address)
    ON CONFLICT DO UPDATE SET device = excluded.device, address = excluded.address;
  END;
  CREATE TRIGGER phones_unregistered AFTER INSERT ON phones WHEN NEW.kind = 'unregistered' BEGIN
    DELETE FROM registered WHERE source = NEW.source AND extension = NEW.extension AND contact = NEW.contact;
  END;
  CREATE TRIGGER phones_stood AFTER INSERT ON phones WHEN NEW.kind = 'status' BEGIN
    INSERT INTO stood VALUES (NEW.device, NEW.state) ON CONFLICT DO UPDATE SET state = excluded.state;
  END;

  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, source TEXT NOT NULL, row INTEGER NOT NULL
  ) STRICT;
  INSERT INTO sqlite_sequence VALUES ('events', CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000);
  CREATE TRIGGER builds_events AFTER INSERT ON builds BEGIN
    INSERT INTO events (at, source, row) VALUES (NEW.at, 'builds', NEW.id);
  END;
  CREATE TRIGGER fetches_events AFTER INSERT ON fetches BEGIN
    INSERT INTO events (at, source, row) VALUES (NEW.at, 'fetches', NEW.id);
  END;
  CREATE TRIGGER notifies_events AFTER INSERT ON notifies BEGIN
    INSERT INTO events (at, source, row) VALUES (NEW.at, 'notifies', NEW.id);
  END;
  CREATE TRIGGER phones_events AFTER INSERT ON phones WHEN NEW.kind <> 'status' OR NEW.before IS NOT NULL BEGIN
    INSERT INTO events (at, source, row) VALUES (NEW.at, 'phones', NEW.id);
  END;
  DROP TRIGGER revisions_wanted;
  CREATE TRIGGER revisions_wanted AFTER INSERT ON revisions BEGIN
    INSERT INTO events (at, source, row) SELECT NEW.at, 'revisions', NEW.id
      WHERE NEW.at > 0
        AND NOT EXISTS (SELECT 1 FROM wanted WHERE device = NEW.device AND revision IS NEW.revision);
    INSERT INTO wanted VALUES (NEW.device, NEW.at, NEW.revision, NEW.files, NEW.git_commit)
    ON CONFLICT DO UPDATE SET
      at = excluded.at, revision = excluded.revision, files = excluded.files, git_commit = excluded.git_commit
    WHERE excluded.at >= at;
  END;
  `,
  `
  CREATE TABLE audits (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, request TEXT NOT NULL, caller TEXT NOT NULL,
    role TEXT NOT NULL, address TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL,
    target TEXT, before TEXT, after TEXT
  ) STRICT;
  CREATE INDEX audits_at ON audits (at);
  `,
  // `returned`: the last of each device, which is not pruned.
  `
  CREATE TABLE returns (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, device TEXT NOT NULL, revision TEXT NOT NULL
  ) STRICT;
  CREATE INDEX returns_at ON returns (at);
  CREATE INDEX returns_device ON returns (device, at);
  CREATE TABLE returned (device TEXT PRIMARY KEY, at INTEGER NOT NULL, revision TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER returns_returned AFTER INSERT ON returns BEGIN
    INSERT INTO returned VALUES (NEW.device, NEW.at, NEW.revision)
    ON CONFLICT DO UPDATE SET at = excluded.at, revision = excluded.revision WHERE excluded.at > at;
  END;
  `,
  `
  CREATE TABLE rollouts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, state TEXT NOT NULL, cohort TEXT NOT NULL,
    began INTEGER NOT NULL, canaries INTEGER NOT NULL, held INTEGER NOT NULL, reason TEXT
  ) STRICT;
  CREATE INDEX rollouts_at ON rollouts (at);
  CREATE TRIGGER rollouts_events AFTER INSERT ON rollouts BEGIN
    INSERT INTO events (at, source, row) VALUES (NEW.at, 'rollouts', NEW.id);
  END;
  `,
];

type Form = 'number' | 'text' | 'boolean';

/** Every property of every fact: the compiler finds one that has no column yet. */
const columns: { readonly [T in Table]: Readonly<Record<keyof Facts[T], Form>> } = {
  builds: {
    at: 'number',
    accepted: 'boolean',
    devices: 'number',
    files: 'number',
    changed: 'number',
    removed: 'number',
    problems: 'number',
    duration: 'number',
  },
  fetches: {
    at: 'number',
    protocol: 'text',
    address: 'text',
    method: 'text',
    path: 'text',
    file: 'text',
    device: 'text',
    user_agent: 'text',
    model: 'text',
    firmware: 'text',
    status: 'number',
    bytes: 'number',
    complete: 'boolean',
    revision: 'text',
    reason: 'text',
    refusal: 'text',
    retransmits: 'number',
    timeouts: 'number',
    duration: 'number',
  },
  notifies: {
    at: 'number',
    device: 'text',
    target: 'text',
    event: 'text',
    revision: 'text',
    outcome: 'text',
    status: 'number',
    reason: 'text',
    cause: 'text',
  },
  revisions: {
    at: 'number',
    device: 'text',
    revision: 'text',
    files: 'text',
    git_commit: 'text',
  },
  phones: {
    at: 'number',
    kind: 'text',
    device: 'text',
    extension: 'text',
    address: 'text',
    contact: 'text',
    user_agent: 'text',
    source: 'text',
    state: 'text',
    before: 'text',
    reason: 'text',
  },
  audits: {
    at: 'number',
    request: 'text',
    caller: 'text',
    role: 'text',
    address: 'text',
    method: 'text',
    path: 'text',
    status: 'number',
    target: 'text',
    before: 'text',
    after: 'text',
  },
  returns: {
    at: 'number',
    device: 'text',
    revision: 'text',
  },
  rollouts: {
    at: 'number',
    state: 'text',
    cohort: 'text',
    began: 'number',
    canaries: 'number',
    held: 'number',
    reason: 'text',
  },
};

export const tables = Object.keys(columns) as Table[];
const names = Object.fromEntries(tables.map((table) => [table, Object.keys(columns[table])])) as Record<
  Table,
  string[]
>;
export const columnsOf = (table: Table): string => names[table].join(', ');
/** How many values a row of the table has. */
export const widthOf = (table: Table): number => names[table].length;

export function insertInto(table: Table): string {
  return `INSERT INTO ${table} (${columnsOf(table)}) VALUES (${names[table].map(() => '?').join(', ')})`;
}

/** The values of `insertInto`, in its order. */
export function valuesOf<T extends Table>(table: T, fact: Facts[T]): Value[] {
  const values: Value[] = [];
  appendValues(values, table, fact);
  return values;
}

/** Puts the same behind those of other rows. */
export function appendValues<T extends Table>(values: Value[], table: T, fact: Facts[T]): void {
  for (const name of names[table]) {
    const value: unknown = fact[name as keyof Facts[T]];
    values.push(typeof value === 'boolean' ? Number(value) : ((value ?? null) as Value));
  }
}

/** A row with `id` and the columns back as a fact; what was absent is absent again. */
export function factOf<T extends Table>(table: T, row: Readonly<Record<string, Column>>): Stored<Facts[T]> {
  const forms: Readonly<Record<string, Form>> = columns[table];
  const entries = Object.entries(row).filter(([, value]) => value !== null);
  const fact = Object.fromEntries(
    entries.map(([name, value]) => [name, forms[name] === 'boolean' ? value === 1 : value]),
  );
  return fact as unknown as Stored<Facts[T]>;
}
