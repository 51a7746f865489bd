import { join } from 'node:path';
import type { Log } from '../log.ts';
import type {
  AuditFact,
  BuildFact,
  FetchFact,
  NotifyFact,
  PhoneFact,
  ReturnFact,
  RevisionFact,
} from '../model/fact.ts';
import type { Mac } from '../model/mac.ts';
import type { Convergence } from './convergence.ts';
import { type DatabaseSync, openForReading } from './database.ts';
import {
  type EventsFilter,
  type EventsPage,
  firstEvent,
  type KnownRegistration,
  lastEvent,
  pruneEvents,
  readEvents,
  readRegistered,
  readStood,
} from './events-query.ts';
import { createGather } from './gather.ts';
import {
  type DeviceFilter,
  type Filter,
  pruneTable,
  readBegun,
  readFacts,
  readRegisteredAt,
  readSeen,
  readWanted,
} from './journal-query.ts';
import { type Facts, migrations, type Stored, type Table, tables, valuesOf } from './journal-schema.ts';
import { createStore, type Row } from './journal-store.ts';
import { startPruning } from './pruning.ts';
import { readStanding, readStandingInTurn } from './standing-query.ts';
import { type Askings, readAskings } from './unknown-query.ts';

export interface JournalReader {
  readonly fetches: (filter?: DeviceFilter) => Stored<FetchFact>[];
  readonly notifies: (filter?: DeviceFilter) => Stored<NotifyFact>[];
  readonly builds: (filter?: Filter) => Stored<BuildFact>[];
  readonly revisions: (filter?: DeviceFilter) => Stored<RevisionFact>[];
  readonly audits: (filter?: Filter) => Stored<AuditFact>[];
  readonly returns: (filter?: DeviceFilter) => Stored<ReturnFact>[];
  /** The last revision of a device; never pruned. */
  readonly wanted: (device: Mac) => RevisionFact | undefined;
  readonly lastFetchOf: (mac: Mac) => Stored<FetchFact> | undefined;
  /** When each device was first told a revision, of those that are kept. */
  readonly begun: () => ReadonlyMap<Mac, number>;
  /** When a device last began to be registered. */
  readonly registeredAt: (device: Mac) => number | undefined;
  /** All that sightings need (`seenBy` of sightings.ts), oldest first. */
  readonly seen: () => Stored<FetchFact>[];
  /** Tells convergence all that it needs. */
  readonly standing: (to: Convergence['add']) => void;
  /** The same of one device after the other, by their MACs; `told` when that was all of one. */
  readonly standingInTurn: (to: Convergence['add'], told: (mac: Mac) => void) => void;
  readonly phones: (filter?: DeviceFilter) => Stored<PhoneFact>[];
  /** What happened, in one order. */
  readonly events: (filter: EventsFilter) => EventsPage;
  /** Numbers of the first event that is kept and of the last that there was; 0 while the file cannot be read. */
  readonly eventRange: () => { readonly first: number; readonly last: number };
  readonly registered: () => KnownRegistration[];
  /** The state of each device that was told last, by MAC. */
  readonly stood: () => [device: string, state: string][];
  /** Who asked for what, as what and how often: of devices that the last build did not have, or of no device (`shared`). */
  readonly askings: (of: 'devices' | 'shared', since: number, each: (rows: Iterable<Askings>) => void) => void;
  readonly close: () => void;
}

/** What happened, append only. Adding never throws and does not touch the disk; reading sees what was added before. */
export interface Journal extends JournalReader {
  readonly add: {
    readonly fetch: (fact: FetchFact) => void;
    readonly notify: (fact: NotifyFact) => void;
    readonly build: (fact: BuildFact) => void;
    readonly revision: (fact: RevisionFact) => void;
    readonly phone: (fact: PhoneFact) => void;
    readonly return: (fact: ReturnFact) => void;
  };
  /** Writes what waits, now; false when the disk does not take it. */
  readonly flush: () => boolean;
  /** Deletes some of what is too old or too much; true when there is more. Done by itself once a minute. */
  readonly prune: () => boolean;
}

export interface JournalOptions {
  /** The state folder; the file in it is `journal.db`. */
  readonly folder: string;
  readonly log: Log;
  readonly now?: () => number;
  readonly gatherMs?: number;
  readonly retryMs?: number;
  /** Facts that may wait in memory while the disk cannot follow. */
  readonly mostWaiting?: number;
  readonly keepDays?: number;
  /** Rows of each table. */
  readonly keepRows?: number;
  readonly pruneMs?: number;
}

const pathIn = (folder: string) => join(folder, 'journal.db');
/** A daemon that is killed loses what came in it; a commit costs a tenth of a millisecond. */
const shortMoment = 5;
/** Rows of each table that one step deletes; a few milliseconds of the thread. */
const pruneRows = 500;

/**
 * Opens the journal to write and read it; other processes may do so at the same time. A disk that is full, read-only or
 * locked costs rows and a line in the log, never the daemon; a broken file is moved aside and a new one begun.
 * @throws Error only when the file is of a later version of offhook
 */
export function openJournal(options: JournalOptions): Journal {
  const { store, gather, pruning, close } = openWriting(options);
  const read = <T>(query: (database: DatabaseSync) => T[]): T[] => {
    gather.flush();
    return store.use(query);
  };
  const add =
    <T extends Table>(table: T) =>
    (fact: Facts[T]) =>
      gather.add({ table, values: valuesOf(table, fact) });
  return {
    ...reading(read),
    add: {
      ...{ fetch: add('fetches'), notify: add('notifies'), build: add('builds') },
      ...{ revision: add('revisions'), phone: add('phones'), return: add('returns') },
    },
    flush: gather.flush,
    prune: pruning.step,
    close,
  };
}

/** What writes rows and prunes them, without the facts. Throws as `openJournal` does. */
export function openWriting(options: JournalOptions) {
  const { folder, log, now = Date.now, keepDays = 30, keepRows = 1_000_000 } = options;
  const store = createStore({ path: pathIn(folder), migrations, log, now });
  const gather = createGather<Row>({
    log,
    write: store.write,
    gatherMs: options.gatherMs ?? shortMoment,
    retryMs: options.retryMs ?? 1000,
    most: options.mostWaiting ?? 50_000,
  });
  const pruning = startPruning({
    log,
    everyMs: options.pruneMs ?? 60_000,
    step: () => {
      const keep = { since: now() - keepDays * 86_400_000, rows: keepRows, step: pruneRows };
      return (
        store.use((database) => [
          ...tables.filter((table) => pruneTable(database, table, keep)),
          ...(pruneEvents(database, { ...keep, rows: keepRows * tables.length }) ? ['events'] : []),
        ]).length > 0
      );
    },
  });
  const close = () => {
    pruning.stop();
    gather.close();
    store.close();
  };
  return { store, gather, pruning, close };
}

/** Opens the journal only to read it, while another thread writes. Throws as `openJournal` does. */
export function openReading({ folder, log }: Pick<JournalOptions, 'folder' | 'log'>): JournalReader {
  const store = createStore({ path: pathIn(folder), migrations, log, now: Date.now });
  return { ...reading(store.use), close: store.close };
}

/**
 * Opens the journal of a daemon that may be running, only to read it; undefined when there is none yet.
 * @throws Error when the file cannot be read, or is of another version of offhook
 */
export function readJournal({ folder }: { readonly folder: string }): JournalReader | undefined {
  const database = openForReading({ path: pathIn(folder), migrations });
  if (database === undefined) return undefined;
  return { ...reading((query) => query(database)), close: () => database.close() };
}

function reading(read: <T>(query: (database: DatabaseSync) => T[]) => T[]): Omit<JournalReader, 'close'> {
  const facts =
    <T extends Table>(table: T) =>
    (filter: DeviceFilter = {}) =>
      read((database) => readFacts(database, table, filter));
  const fetches = facts('fetches');
  return {
    fetches,
    notifies: facts('notifies'),
    builds: facts('builds'),
    revisions: facts('revisions'),
    audits: facts('audits'),
    returns: facts('returns'),
    lastFetchOf: (device) => fetches({ device, limit: 1 })[0],
    begun: () => new Map(read(readBegun)),
    registeredAt: (device) => read((database) => readRegisteredAt(database, device))[0],
    seen: () => read(readSeen),
    askings: (of, since, each) =>
      void read((database) => {
        each(readAskings(database, of, since));
        return [];
      }),
    wanted: (device) => read((database) => readWanted(database, device))[0],
    standing: (to) =>
      void read((database) => {
        readStanding(database, to);
        return [];
      }),
    standingInTurn: (to, told) =>
      void read((database) => {
        readStandingInTurn(database, to, told);
        return [];
      }),
    phones: facts('phones'),
    events: (filter) => read((database) => [readEvents(database, filter)])[0] ?? { events: [], next: filter.after },
    eventRange() {
      const [last = 0] = read((database) => [lastEvent(database)]);
      const [first = last] = read((database) => [firstEvent(database) ?? last + 1]);
      return { first, last };
    },
    registered: () => read(readRegistered),
    stood: () => read(readStood),
  };
}
