import { join } from 'node:path';
import type { Ending, Events, Listening, StreamKind } from './api/streams/stream.ts';
import type { Log } from './log.ts';
import type { Mac } from './model/mac.ts';
import type { Site } from './model/site.ts';
import type { Convergence } from './state/convergence.ts';
import type { Current } from './state/current.ts';
import { createFeed } from './state/events-feed.ts';
import type { JournalThread } from './state/journal-thread.ts';
import { createKept } from './state/kept.ts';
import type { Metrics } from './state/metrics.ts';
import type { Sightings } from './state/sightings.ts';
import { createStatuses } from './state/statuses.ts';
import { createWebhooks, type Places } from './webhooks/webhooks.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface AnnouncingOptions {
  /** The state folder, absolute. */
  readonly state: string;
  readonly journal: Pick<JournalThread, 'events' | 'eventRange' | 'stood' | 'add'>;
  readonly convergence: Pick<Convergence, 'devices' | 'stateOf' | 'hear'>;
  readonly current: Pick<Current, 'device'>;
  readonly sightings: Pick<Sightings, 'of'>;
  readonly whereabouts: Pick<Whereabouts, 'where'>;
  readonly metrics: Pick<Metrics, 'add'>;
  readonly log: Log;
}

/** What happens is told to whoever listens. */
export interface Announcing {
  readonly events: Events;
  /** A build was accepted: its webhooks are told from now on. */
  use(site: Pick<Site, 'webhooks'>): void;
  /** Before the journal is closed. */
  stop(): Promise<void>;
}

export function createAnnouncing({
  journal,
  current,
  sightings,
  whereabouts,
  ...options
}: AnnouncingOptions): Announcing {
  const { state, metrics, log } = options;
  const about = {
    extensionOf: (mac: Mac) => current.device(mac)?.lines[0]?.extension,
    addressOf(mac: Mac) {
      const device = current.device(mac);
      return (device && whereabouts.where(device)?.address) ?? sightings.of(mac)?.address;
    },
  };
  const feed = createFeed({ journal, about, log });
  const events = { ...feed, listening: createListening({ metrics, log }) };
  const webhooks = createWebhooks({
    ...{ source: feed, places: createKept<Places>(join(state, 'webhooks'), '1'), log },
    count: metrics.add.posted,
  });
  const statuses = createStatuses({
    ...{ convergence: options.convergence, stood: journal.stood, record: journal.add.phones },
    isWanted: () => feed.isWanted('phone.status_changed'),
  });
  options.convergence.hear(statuses.touched);
  return {
    events,
    use: (site) => webhooks.use(site.webhooks ?? []),
    async stop() {
      await Promise.all([statuses.stop(), webhooks.stop()]);
    },
  };
}

/** Each has a connection, and what is under way on it. */
const mostListeners = 1000;

function createListening({ metrics, log }: Pick<AnnouncingOptions, 'metrics' | 'log'>): Listening {
  const counts: Record<StreamKind, number> = { sse: 0, websocket: 0 };
  return {
    come(kind) {
      if (counts.sse + counts.websocket >= mostListeners) return undefined;
      metrics.add.listeners(kind, ++counts[kind]);
      return {
        told: () => metrics.add.told(kind),
        gone(reason: Ending) {
          metrics.add.listeners(kind, --counts[kind]);
          if (reason !== 'slow' && reason !== 'silent') return;
          metrics.add.dropped(kind, reason);
          log.warn('who listened to events is dropped', { kind, reason: words[reason] });
        },
      };
    },
  };
}

const words = { slow: 'it did not take what it was sent', silent: 'it answered no ping' } as const;
