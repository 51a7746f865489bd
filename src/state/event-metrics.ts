import { Counter, Gauge, type Registry } from 'prom-client';

/** Counts who listens to events, and what became of it. */
export interface EventMetrics {
  /** How many listen now. */
  readonly listeners: (kind: string, count: number) => void;
  /** An event was sent to one of them. */
  readonly told: (kind: string) => void;
  readonly dropped: (kind: string, reason: string) => void;
  /** A POST to a webhook ended; by the name that devices.yml gives it. */
  readonly posted: (webhook: string, result: string) => void;
}

const kinds = ['sse', 'websocket'] as const;
const reasons = ['slow', 'silent'] as const;
const results = ['delivered', 'failed', 'given_up'] as const;

export function eventMetrics(registers: Registry[]): EventMetrics {
  const labelNames = ['kind'];
  const listeners = new Gauge({
    name: 'offhook_event_listeners',
    help: 'Who listens to events, by kind: sse, websocket.',
    ...{ labelNames, registers },
  });
  const told = new Counter({
    name: 'offhook_events_sent_total',
    help: 'Events that were sent to listeners.',
    ...{ labelNames, registers },
  });
  const dropped = new Counter({
    name: 'offhook_event_listeners_dropped_total',
    help: 'Listeners that were given up: slow (took nothing), silent (answered no ping).',
    labelNames: [...labelNames, 'reason'],
    registers,
  });
  const posts = new Counter({
    name: 'offhook_webhook_events_total',
    help: 'Events for webhooks, by webhook and result: delivered, failed (each POST that did not take it), given_up.',
    labelNames: ['webhook', 'result'],
    registers,
  });
  const seen = new Set<string>();
  for (const kind of kinds) {
    listeners.set({ kind }, 0);
    told.inc({ kind }, 0);
    for (const reason of reasons) dropped.inc({ kind, reason }, 0);
  }
  return {
    listeners: (kind, count) => listeners.set({ kind }, count),
    told: (kind) => told.inc({ kind }),
    dropped: (kind, reason) => dropped.inc({ kind, reason }),
    posted(webhook, result) {
      if (!seen.has(webhook)) for (const one of results) posts.inc({ webhook, result: one }, 0);
      seen.add(webhook);
      posts.inc({ webhook, result });
    },
  };
}
