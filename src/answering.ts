import { createOwnFront, createWorkersFront, type FrontOptions } from './front.ts';
import type { Guarding } from './guarding.ts';
import type { FetchFact } from './model/fact.ts';
import { createPages } from './serving/pages.ts';
import type { Listenings } from './serving/servers.ts';
import type { IndexChanges, Tidings } from './serving/workers/messages.ts';
import { type Convergence, createConvergence } from './state/convergence.ts';
import { logFetch } from './state/fetch-log.ts';
import { type JournalThread, openJournalThread } from './state/journal-thread.ts';
import { createMetrics, type Metrics, type MetricsOptions } from './state/metrics.ts';
import { forgetRunning, noteRunning, readRunning } from './state/running.ts';
import { createSightings, type Sightings } from './state/sightings.ts';

export type { Listening } from './serving/servers.ts';

export interface AnsweringOptions extends Omit<FrontOptions, 'pages' | 'record' | 'guarding'> {
  /** Threads that answer phones; 0, or absent: this one. */
  readonly workers?: number;
  readonly guarding?: Pick<Guarding, 'gate' | 'blocked' | 'seed' | 'hear'>;
  /** When the certificate of HTTPS is valid no more, in milliseconds since 1970. */
  readonly certificateExpires?: () => number | undefined;
  /** Who knows registrations, for the metrics. */
  readonly registrySources?: MetricsOptions['registrySources'];
  /** Whether there is something to serve. */
  readonly isReady: () => boolean;
}

/** What answers phones, and writes down every answer. */
export interface Answering {
  readonly journal: JournalThread;
  readonly metrics: Metrics;
  readonly sightings: Sightings;
  /** Is told of fetches; whoever builds tells it of revisions and NOTIFYs. */
  readonly convergence: Convergence;
  /** Throws a sentence when a port cannot be had. */
  start(): Promise<Listenings>;
  /** Files are others now, or the site is; which files, if that is known. Resolves when phones are answered by it. */
  changed(changes?: IndexChanges): Promise<void>;
  /** For gates that are not of this thread. Resolves when they know. */
  tell(tidings: Tidings): Promise<void>;
  /** What was asked elsewhere. */
  record(facts: readonly FetchFact[]): void;
  /** Lets transfers under way finish; the journal stays open. */
  stop(): Promise<void>;
}

/** TFTP and HTTP, each answer in the journal, the metrics and the log. */
export function createAnswering({ workers = 0, isReady, guarding, ...options }: AnsweringOptions): Answering {
  const { state, log, files, devices } = options;
  const journal = openJournalThread({ folder: state, log, fetchesSpooled: workers > 0 });
  const sightings = createSightings(journal.seen());
  const convergence = createConvergence();
  journal.standing(convergence.add);
  const metrics = createMetrics({
    devices: devicesByState,
    blockedAddresses: guarding && (() => guarding.blocked().length),
    certificateExpires: options.certificateExpires,
    registrySources: options.registrySources,
  });
  const pages = createPages({ isReady, metrics });
  const serving = { ...options, guarding, pages, record };
  const front = workers === 0 ? createOwnFront(serving) : createWorkersFront({ ...serving, workers });

  function record(facts: readonly FetchFact[]): void {
    journal.add.fetches(facts);
    for (const fact of facts) {
      metrics.add.fetch(fact);
      sightings.add(fact);
      convergence.add.fetch(fact);
      logFetch(log, fact);
    }
  }

  /** Whoever serves a copy is told of no revisions, and knows only what each device fetched last. */
  function devicesByState(): Record<string, number> {
    const built = [...devices()];
    const states = convergence.counts(built, Date.now());
    for (const mac of built) {
      if (convergence.wanted(mac) !== undefined) continue;
      const sighting = sightings.of(mac);
      if (!sighting) states.unseen++;
      else states[sighting.revision === files.revisionOf(mac) ? 'current' : 'pending']++;
    }
    return states;
  }

  return {
    journal,
    metrics,
    sightings,
    convergence,
    async start() {
      const listening = await front.start();
      const other = readRunning(state);
      if (other && other.pid !== process.pid)
        log.warn('another daemon works with this state folder: phones may be told twice', { pid: other.pid, state });
      noteRunning(state, { pid: process.pid, at: Date.now(), listening });
      for (const [protocol, { address, port }] of Object.entries(listening))
        log.info('serving', { protocol, address, port });
      return listening;
    },
    changed: front.changed,
    tell: front.tell,
    record,
    stop() {
      forgetRunning(state);
      return front.stop();
    },
  };
}
