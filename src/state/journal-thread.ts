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
import { openSpool, spoolFolder, spoolLine } from '../spool.ts';
import { sibling, startThread, type Thread } from '../thread.ts';
import { type JournalOptions, type JournalReader, openReading } from './journal.ts';
import type { FromJournal, JournalData, ToJournal } from './journal-messages.ts';
import { type Facts, type Table, valuesOf } from './journal-schema.ts';
import { createParcel } from './parcel.ts';
import { recoverFacts } from './recover.ts';

/**
 * The journal, written by a thread of its own, so that no disk holds up this one. What was added a moment ago may not be
 * read yet.
 */
export interface JournalThread extends Omit<JournalReader, 'close'> {
  /** Never throws. */
  readonly add: {
    readonly fetches: (facts: readonly FetchFact[]) => void;
    readonly notify: (fact: NotifyFact) => void;
    readonly build: (fact: BuildFact) => void;
    readonly audit: (fact: AuditFact) => void;
    readonly return: (fact: ReturnFact) => void;
    /** However many: resolves when they are written, or the disk does not take them. Never rejects. */
    readonly revisions: (facts: readonly RevisionFact[]) => Promise<void>;
    /** As with revisions. */
    readonly phones: (facts: readonly PhoneFact[]) => Promise<void>;
    readonly rollouts: (facts: readonly RolloutFact[]) => void;
  };
  /** Resolves when all is written, or the disk does not take it. */
  readonly close: () => Promise<void>;
  /** For tests. */
  readonly thread: () => Thread | undefined;
}

export interface JournalThreadOptions extends Omit<JournalOptions, 'now'> {
  /** From the death of the thread to the next, milliseconds; longer each time when it dies soon. */
  readonly restartMs?: number;
  /** True: whoever adds fetches has them in a spool of its own. */
  readonly fetchesSpooled?: boolean;
  /** After `close`, until the thread is ended wherever it stands. */
  readonly patienceMs?: number;
}

const longestRestart = 30_000;
/** Rows of a bulk that are with the thread at a time: it writes others in between, and none has to be dropped. */
const bulkRows = 1000;

/** @throws Error only when the file is of a later version of offhook */
export function openJournalThread({
  restartMs = 1000,
  patienceMs = 10_000,
  fetchesSpooled = false,
  ...options
}: JournalThreadOptions): JournalThread {
  const { folder, log, mostWaiting = 50_000 } = options;
  recoverFacts({ folder, log });
  const spool = openSpool({ folder: spoolFolder(folder), name: 'main' });
  // Here first: a file of a later version is refused before anything is served. Of other troubles the thread will tell.
  const reader = openReading({ ...options, log: { ...log, warn: () => {} } });
  const ended = Promise.withResolvers<void>();
  const parcel = createParcel({ send: (rows) => send({ kind: 'rows', rows }) });
  let thread: Thread | undefined;
  let waiting: ToJournal[] = [];
  let restart: NodeJS.Timeout | undefined;
  let deaths = 0;
  let notTaken = 0;
  let dropped = 0;
  let closing = false;
  /** Each waits for a part of a bulk to be written. */
  let bulks: (() => void)[] = [];

  function start(): void {
    const { log: _, ...data } = options;
    thread = startThread({
      file: sibling(import.meta.url, './journal-worker'),
      name: 'journal',
      data: data satisfies JournalData,
      receive: (message) => hear(message as FromJournal),
      ended: bury,
    });
    for (const message of waiting) thread.post(message);
    waiting = [];
  }

  function hear(message: FromJournal): void {
    if (message.kind === 'log') {
      log[message.level](message.message, message.fields);
      return;
    }
    deaths = 0;
    notTaken -= message.count;
    if (message.bulk) bulks.shift()?.();
    if (dropped === 0 || notTaken > mostWaiting / 2) return;
    log.info('the journal follows again', { dropped });
    dropped = 0;
  }

  function bury(reason: string | undefined): void {
    thread = undefined;
    for (const proceed of bulks) proceed();
    bulks = [];
    if (closing) {
      ended.resolve();
      return;
    }
    const kept = waitingRows(waiting) + parcel.count;
    log.error('the thread of the journal died and is started again; rows that it had not written are lost', {
      reason: reason ?? 'it came to its end by itself',
      rows: notTaken - kept,
    });
    notTaken = kept;
    restart = setTimeout(start, Math.min(longestRestart, restartMs * 2 ** deaths++)).unref();
  }

  function send(message: ToJournal): void {
    if (thread) thread.post(message);
    else waiting.push(message);
  }

  function add<T extends Table>(table: T, facts: readonly Facts[T][]): void {
    if (closing || facts.length === 0) return;
    if (notTaken + facts.length > mostWaiting) {
      if (dropped === 0)
        log.warn('the journal cannot follow; facts are dropped, phones are served', { at_most: mostWaiting });
      dropped += facts.length;
      return;
    }
    notTaken += facts.length;
    if (table !== 'fetches' || !fetchesSpooled) for (const fact of facts) spool.append(spoolLine(table, fact));
    parcel.add(table, facts);
  }

  async function addBulk<T extends Table>(table: T, facts: readonly Facts[T][]): Promise<void> {
    for (let from = 0; from < facts.length && !closing; from += bulkRows) {
      const some = facts.slice(from, from + bulkRows);
      notTaken += some.length;
      const written = Promise.withResolvers<void>();
      bulks.push(written.resolve);
      const values = some.flatMap((fact) => valuesOf(table, fact));
      send({ kind: 'bulk', rows: { table, count: some.length, values } });
      await written.promise;
    }
  }

  async function close(): Promise<void> {
    if (closing) return ended.promise;
    closing = true;
    clearTimeout(restart);
    // What came while there was none is written all the same.
    if (!thread) start();
    parcel.flush();
    send({ kind: 'close' });
    const patience = setTimeout(() => {
      log.error('the journal is closed without all facts: the disk does not answer');
      thread?.terminate();
    }, patienceMs);
    await ended.promise;
    clearTimeout(patience);
    spool.close();
    reader.close();
    if (dropped > 0) log.error('the journal is closed without all facts', { dropped });
  }

  start();
  return {
    ...reader,
    add: {
      fetches: (facts) => add('fetches', facts),
      notify: (fact) => add('notifies', [fact]),
      build: (fact) => add('builds', [fact]),
      audit: (fact) => add('audits', [fact]),
      return: (fact) => add('returns', [fact]),
      revisions: (facts) => addBulk('revisions', facts),
      phones: (facts) => addBulk('phones', facts),
      rollouts: (facts) => add('rollouts', facts),
    },
    close,
    thread: () => thread,
  };
}

const waitingRows = (messages: readonly ToJournal[]): number =>
  messages.reduce((sum, message) => sum + (message.kind === 'close' ? 0 : message.rows.count), 0);
