import { createMoment } from '../moment.ts';
import type { Value } from './database.ts';
import type { Rows } from './journal-messages.ts';
import { appendValues, type Facts, type Table } from './journal-schema.ts';

export interface ParcelOptions {
  readonly send: (rows: Rows) => void;
  /** From one sending to the next at least, milliseconds. */
  readonly gatherMs?: number;
  /** So many are sent at once. */
  readonly most?: number;
}

/** Gathers rows for the thread that writes them: a message of one row costs both threads several times what the row does. */
export interface Parcel {
  add<T extends Table>(table: T, facts: readonly Facts[T][]): void;
  /** Sends what waits, now. */
  flush(): void;
  /** Rows that wait. */
  readonly count: number;
}

/** Rows leave in the order in which they came. */
export function createParcel({ send, gatherMs = 5, most = 250 }: ParcelOptions): Parcel {
  let table: Table | undefined;
  let values: Value[] = [];
  let count = 0;
  const moment = createMoment(gatherMs, flush);

  function flush(): void {
    moment.end();
    if (table === undefined || count === 0) return;
    const rows = { table, count, values };
    values = [];
    count = 0;
    send(rows);
  }

  return {
    flush,
    add(next, facts) {
      if (next !== table) flush();
      table = next;
      for (const fact of facts) appendValues(values, next, fact);
      count += facts.length;
      if (count >= most) flush();
      else moment.begin();
    },
    get count() {
      return count;
    },
  };
}
