import { join } from 'node:path';
import type { Guarding } from './guarding.ts';
import type { Log } from './log.ts';
import type { FetchFact } from './model/fact.ts';
import type { Mac } from './model/mac.ts';
import { identify } from './model/user-agent.ts';
import type { Vendor } from './model/vendor.ts';
import { createHttpServer } from './serving/http/server.ts';
import { createLookup, type LookupOptions } from './serving/lookup.ts';
import { createPages } from './serving/pages.ts';
import { createTftpServer } from './serving/tftp/server.ts';
import { createUploads, type UploadsOptions } from './serving/uploads/uploads.ts';
import { logFetch } from './state/fetch-log.ts';
import { type Journal, openJournal } from './state/journal.ts';
import { createMetrics, type Metrics } from './state/metrics.ts';
import { createSightings, type Sightings } from './state/sightings.ts';

export interface AnsweringOptions {
  /** Folder of the journal, absolute. */
  readonly state: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly httpPort: number;
  readonly tftpPort: number;
  readonly log: Log;
  /** What is answered from. */
  readonly files: LookupOptions & Required<Pick<LookupOptions, 'revisionOf'>>;
  /** What is taken from phones; nothing when absent. */
  readonly uploads?: Pick<UploadsOptions, 'settings' | 'rulesOf'>;
  /** All devices that there are, for the metrics. */
  readonly devices: () => Iterable<Mac>;
  readonly vendors: () => Iterable<Vendor>;
  /** Who may fetch what; everybody everything when absent. */
  readonly guarding?: Pick<Guarding, 'gate' | 'blocked'>;
  /** Whether there is something to serve. */
  readonly isReady: () => boolean;
}

/** What answers phones, and writes down every answer. */
export interface Answering {
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly sightings: Sightings;
  /** Throws a sentence when a port cannot be had. */
  start(): Promise<{ readonly http: Listening; readonly tftp: Listening }>;
  /** Lets transfers under way finish; the journal stays open. */
  stop(): Promise<void>;
}

export interface Listening {
  readonly address: string;
  readonly port: number;
}

/** TFTP and HTTP from one lookup, each answer in the journal, the metrics and the log. */
export function createAnswering({ state, log, files, uploads, guarding, ...options }: AnsweringOptions): Answering {
  const journal = openJournal({ folder: state, log });
  const sightings = createSightings(journal.seen());
  const metrics = createMetrics({
    devices: devicesByState,
    blockedAddresses: guarding && (() => guarding.blocked().length),
  });
  const sent = uploads && createUploads({ ...uploads, folder: join(state, 'uploads'), prefixes: files.prefixes });
  const lookup = createLookup({ ...files, uploads: sent?.find });
  const serving = { host: options.host, lookup, gate: guarding?.gate, record, log };
  const tftp = createTftpServer({ ...serving, port: options.tftpPort });
  const http = createHttpServer({
    ...serving,
    port: options.httpPort,
    uploads: sent,
    pages: createPages({ isReady: options.isReady, metrics }),
    identify: (userAgent) => identify(userAgent, options.vendors()),
  });

  function record(fact: FetchFact): void {
    journal.add.fetch(fact);
    metrics.add.fetch(fact);
    sightings.add(fact);
    logFetch(log, fact);
  }

  /** Whether the device's last fetch was of the revision that it is meant to have. */
  function devicesByState(): Record<string, number> {
    const states = { unseen: 0, current: 0, outdated: 0 };
    for (const mac of options.devices()) {
      const sighting = sightings.of(mac);
      if (!sighting) states.unseen++;
      else states[sighting.revision === files.revisionOf(mac) ? 'current' : 'outdated']++;
    }
    return states;
  }

  return {
    journal,
    metrics,
    sightings,
    async start() {
      const listening = { http: await http.start(), tftp: await tftp.start() };
      for (const [protocol, { address, port }] of Object.entries(listening))
        log.info('serving', { protocol, address, port });
      return listening;
    },
    async stop() {
      await Promise.all([http.stop(), tftp.stop()]);
    },
  };
}
