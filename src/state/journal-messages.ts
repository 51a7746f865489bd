import type { Fields } from '../log.ts';
import type { Value } from './database.ts';
import type { JournalOptions } from './journal.ts';
import type { Table } from './journal-schema.ts';

/** What the thread of the journal is told when it is made. */
export type JournalData = Omit<JournalOptions, 'log' | 'now'>;

/** Rows of a table, one after the other in one flat list. */
export interface Rows {
  readonly table: Table;
  readonly count: number;
  readonly values: readonly Value[];
}

export type ToJournal =
  | { readonly kind: 'rows'; readonly rows: Rows }
  /** Rows of which many more come: written before they are said to be taken. */
  | { readonly kind: 'bulk'; readonly rows: Rows }
  /** Write what there is, and end. */
  | { readonly kind: 'close' };

export type FromJournal =
  /** So many rows are out of the way. */
  | { readonly kind: 'taken'; readonly count: number; readonly bulk?: boolean }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields?: Fields;
    };
