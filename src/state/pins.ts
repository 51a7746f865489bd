import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import type { Mac } from '../model/mac.ts';
import { type DatabaseSync, openDatabase, openForReading, sentenceOf, transaction } from './database.ts';

/** A device that keeps the files of a revision, whatever git says. */
export interface Pin {
  readonly device: Mac;
  /** Whose files it keeps. */
  readonly revision: string;
  /** Since when, milliseconds since 1970. */
  readonly at: number;
  /**
   * `person`: somebody wants an earlier revision (`offhook rollback`); `rollout`: it is not its turn yet; `canary`: it went
   * first, and went back.
   */
  readonly cause: 'person' | 'canary' | 'rollout';
  /** The revision that it is kept from. */
  readonly from?: string;
  /** For people. */
  readonly reason?: string;
}

/** Who is pinned, in the state folder; other processes may pin, too. */
export interface Pins {
  of(mac: Mac): Pin | undefined;
  all(): ReadonlyMap<Mac, Pin>;
  /** Adds pins, or replaces those of the same devices, all or none. @throws Error when the disk does not take it */
  pin(pins: readonly Pin[]): void;
  /** All or none. @throws Error when the disk does not take it */
  unpin(macs: readonly Mac[]): void;
  /** How often a pin was made or taken away, by whatever process. @throws Error when it cannot be read */
  changes(): number;
  /** Looks whether another process has changed something, and reads it; true when one has. Cheap, and never throws. */
  refresh(): boolean;
  close(): void;
}

const migrations = [
  `
  CREATE TABLE pins (
    device TEXT PRIMARY KEY, revision TEXT NOT NULL, at INTEGER NOT NULL, cause TEXT NOT NULL, kept_from TEXT,
    reason TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE changes (count INTEGER NOT NULL) STRICT;
  INSERT INTO changes VALUES (0);
  CREATE TRIGGER pins_put AFTER INSERT ON pins BEGIN UPDATE changes SET count = count + 1; END;
  CREATE TRIGGER pins_removed AFTER DELETE ON pins BEGIN UPDATE changes SET count = count + 1; END;
  `,
];

const pathIn = (folder: string) => join(folder, 'pins.db');

/**
 * Opens the pins of a state folder (`pins.db`). What is pinned is there after a crash; a broken file is moved aside, and
 * nobody is pinned then.
 * @throws Error when the file cannot be opened
 */
export function createPins({ folder, log }: { readonly folder: string; readonly log: Log }): Pins {
  const path = pathIn(folder);
  let database = openDatabase({ path, migrations, log });
  let inode = inodeOf(path);
  let seen = dataVersionOf(database);
  let known = readAll(database);
  let said = '';

  function open(): void {
    database.close();
    database = openDatabase({ path, migrations, log });
    inode = inodeOf(path);
  }

  function read(): boolean {
    const isRemoved = inodeOf(path) !== inode;
    if (isRemoved) open();
    const now = dataVersionOf(database);
    if (now === seen && !isRemoved) return false;
    const fresh = readAll(database);
    seen = now;
    if (isSame(fresh, known)) return false;
    known = fresh;
    return true;
  }

  const change = (work: () => void, apply: () => void) => {
    transaction(database, work);
    apply();
  };

  return {
    of: (mac) => known.get(mac),
    all: () => known,
    pin(pins) {
      if (pins.length === 0) return;
      const put = database.prepare('INSERT OR REPLACE INTO pins VALUES (?, ?, ?, ?, ?, ?)');
      change(
        () => {
          for (const { device, revision, at, cause, from, reason } of pins)
            put.run(device, revision, at, cause, from ?? null, reason ?? null);
        },
        () => {
          for (const pin of pins) known.set(pin.device, pin);
        },
      );
    },
    unpin(macs) {
      if (macs.length === 0) return;
      const remove = database.prepare('DELETE FROM pins WHERE device = ?');
      change(
        () => {
          for (const mac of macs) remove.run(mac);
        },
        () => {
          for (const mac of macs) known.delete(mac);
        },
      );
    },
    changes: () => changesIn(database),
    refresh() {
      try {
        return read();
      } catch (error) {
        if (sentenceOf(error) !== said)
          log.warn('pins cannot be read; those that are known stand', { reason: sentenceOf(error) });
        said = sentenceOf(error);
        return false;
      }
    },
    close: () => database.close(),
  };
}

/** Who is pinned, read without changing anything while a daemon may be running; sorted by MAC. */
export const readPins = ({ folder }: { readonly folder: string }): ReadonlyMap<Mac, Pin> => readPinned({ folder }).pins;

/** The same, and how often that was changed. */
export function readPinned({ folder }: { readonly folder: string }): {
  readonly pins: ReadonlyMap<Mac, Pin>;
  readonly changes: number;
} {
  const database = openForReading({ path: pathIn(folder), migrations });
  if (!database) return { pins: new Map(), changes: 0 };
  try {
    // First: of pins that are changed in between the count is an old one.
    const changes = changesIn(database);
    return { changes, pins: readAll(database) };
  } finally {
    database.close();
  }
}

function readAll(database: DatabaseSync): Map<Mac, Pin> {
  const select = database.prepare('SELECT device, revision, at, cause, kept_from, reason FROM pins ORDER BY device');
  select.setReturnArrays(true);
  const pins = new Map<Mac, Pin>();
  for (const row of select.iterate()) {
    const [device, revision, at, cause, from, reason] = row as unknown as Columns;
    const more = { ...(from !== null && { from }), ...(reason !== null && { reason }) };
    pins.set(device, { device, revision, at, cause, ...more });
  }
  return pins;
}

const changesIn = (database: DatabaseSync): number =>
  Number(database.prepare('SELECT count FROM changes').get()?.count);

type Columns = readonly [
  device: Mac,
  revision: string,
  at: number,
  cause: Pin['cause'],
  from: string | null,
  reason: string | null,
];

/** Another number when another connection has written (https://www.sqlite.org/pragma.html#pragma_data_version). */
const dataVersionOf = (database: DatabaseSync): number =>
  Number(database.prepare('PRAGMA data_version').get()?.data_version);

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

const isSame = (one: ReadonlyMap<Mac, Pin>, other: ReadonlyMap<Mac, Pin>): boolean =>
  one.size === other.size && [...one].every(([mac, pin]) => isSamePin(pin, other.get(mac)));

const isSamePin = (one: Pin, other: Pin | undefined): boolean =>
  other !== undefined &&
  one.revision === other.revision &&
  one.at === other.at &&
  one.cause === other.cause &&
  one.from === other.from &&
  one.reason === other.reason;
