import type { Log } from '../log.ts';
import type { FetchFact } from '../model/fact.ts';
import { readSpools, removeSpools, spoolFolder } from '../spool.ts';
import { type DatabaseSync, type StatementSync, sentenceOf, type Value } from './database.ts';
import { openWriting } from './journal.ts';
import { type Facts, type Table, tables, valuesOf } from './journal-schema.ts';
import type { Row } from './journal-store.ts';

/**
 * What a `spoolLine` says. A serving thread knows only since when it has served the bytes that it serves (`since`,
 * milliseconds since 1970), not of which revision they are.
 */
export interface Spooled<T extends Table = Table> {
  readonly table: T;
  readonly fact: Facts[T];
  readonly since?: number;
}

/** What tells a fact from every other of its table. */
const keys: Partial<Readonly<Record<Table, readonly string[]>>> = {
  fetches: ['at', 'address', 'method', 'path', 'status', 'device'],
  notifies: ['at', 'device', 'event', 'target'],
  audits: ['request'],
  builds: ['at'],
};

/**
 * Before the journal is opened: takes in what a daemon that was killed had not written down yet. Never throws.
 * @param folder the state folder
 */
export function recoverFacts({ folder, log }: { readonly folder: string; readonly log: Log }): void {
  try {
    const spooled = readSpools(spoolFolder(folder)).flatMap(spooledOf);
    if (spooled.length > 0) takeIn(spooled, { folder, log });
    removeSpools(spoolFolder(folder));
  } catch (error) {
    log.warn('what a daemon that was killed had not written down stays unknown', { reason: sentenceOf(error) });
  }
}

function takeIn(spooled: readonly Spooled[], options: { readonly folder: string; readonly log: Log }): void {
  const { store, close } = openWriting(options);
  try {
    const rows = store.use((database) => spooled.flatMap(createRowOf(database)));
    if (rows.length === 0) return;
    store.write(rows);
    options.log.info('facts that a daemon before this one had not written down are in the journal', {
      facts: rows.length,
    });
  } finally {
    close();
  }
}

/** None when the journal has it. */
function createRowOf(database: DatabaseSync): (spooled: Spooled) => Row[] {
  const questions = new Map(
    Object.entries(keys).map(([table, names]) => {
      const condition = names.map((name) => `${name} IS ?`).join(' AND ');
      return [table, { names, isKnown: database.prepare(`SELECT 1 FROM ${table} WHERE ${condition}`) }];
    }),
  );
  const wantedOf = database.prepare('SELECT at, revision FROM wanted WHERE device = ?');
  return ({ table, fact, since }) => {
    const question = questions.get(table);
    const values = question?.names.map((name) => (fact[name as keyof typeof fact] ?? null) as Value) ?? [];
    if (!question || question.isKnown.get(...values)) return [];
    const whole = since === undefined ? fact : withRevision(fact as FetchFact, since, wantedOf);
    return [{ table, values: valuesOf(table, whole) }];
  };
}

/** Of the bytes that a device was meant to have since before they were served, or of nothing that is known. */
function withRevision(fact: FetchFact, since: number, wantedOf: StatementSync): FetchFact {
  if (fact.device === undefined || fact.revision === undefined) return fact;
  const wanted = wantedOf.get(fact.device);
  const isOfWanted = wanted !== undefined && Number(wanted.at) <= since && typeof wanted.revision === 'string';
  return { ...fact, revision: isOfWanted ? String(wanted.revision) : undefined };
}

/** Nothing of a line that was cut off. */
function spooledOf(line: string): Spooled[] {
  try {
    const { table, fact, since } = JSON.parse(line);
    if (!tables.includes(table) || typeof fact?.at !== 'number') return [];
    return [{ table, fact, since }];
  } catch {
    return [];
  }
}
