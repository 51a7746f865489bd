import type { Log } from '../log.ts';
import { isBusy, sentenceOf } from './database.ts';

export interface GatherOptions<Row> {
  /** Writes all of them or throws; the rows are then kept and offered again. */
  readonly write: (rows: readonly Row[]) => void;
  readonly log: Log;
  /** From the first row to its writing, milliseconds. */
  readonly gatherMs: number;
  /** From a failure to the next attempt, milliseconds. */
  readonly retryMs: number;
  /** Rows that may wait in memory; more are dropped. */
  readonly most: number;
}

export interface Gather<Row> {
  /** Never throws. */
  readonly add: (row: Row) => void;
  /** Writes what waits, now; false when that failed. Never throws. */
  readonly flush: () => boolean;
  /** Writes what waits and takes no more. */
  readonly close: () => void;
}

/** Rows of one transaction, so that one write never holds up the thread for long. */
const batchRows = 5000;
/** Another process that writes for a moment is not worth a line in the log. */
const busyBeforeWarning = 10;

/**
 * Gathers rows and writes them together. When the disk cannot follow, rows wait, then are dropped and counted: one line
 * in the log when it begins, and one when it is over, with the number of rows lost.
 */
export function createGather<Row>({ write, log, gatherMs, retryMs, most }: GatherOptions<Row>): Gather<Row> {
  let waiting: Row[] = [];
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let warned = false;
  let dropped = 0;
  let closed = false;

  const warn = (reason: string) => {
    if (warned) return;
    warned = true;
    log.warn('the journal cannot be written; facts wait in memory, and are dropped when they are too many', {
      reason,
      at_most: most,
    });
  };

  const schedule = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      writeBatch();
      if (waiting.length > 0 && !closed) schedule(failures > 0 ? retryMs : gatherMs);
    }, ms).unref();
  };

  const writeBatch = (): boolean => {
    const batch = waiting.slice(0, batchRows);
    try {
      write(batch);
    } catch (error) {
      failures += 1;
      if (!isBusy(error) || failures >= busyBeforeWarning) warn(sentenceOf(error));
      return false;
    }
    waiting = waiting.slice(batch.length);
    if (warned) log.info('the journal is written again', { dropped });
    failures = dropped = 0;
    warned = false;
    return true;
  };

  const flush = () => {
    while (waiting.length > 0) if (!writeBatch()) return false;
    return true;
  };

  return {
    add: (row) => {
      if (closed) return;
      if (waiting.length < most) waiting.push(row);
      else {
        dropped += 1;
        warn('the disk cannot follow');
      }
      schedule(gatherMs);
    },
    flush,
    close: () => {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      if (flush()) return;
      log.error('the journal is closed without all facts', { dropped: dropped + waiting.length });
      waiting = [];
    },
  };
}
