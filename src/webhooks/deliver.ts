import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { EventFilter, LiveEvent } from '../model/live-event.ts';
import type { Webhook } from '../model/webhook.ts';
import { createReceiver, type Posted } from './post.ts';
import { signedHeaders } from './sign.ts';

/** Where events come from, page by page, and the text of each. */
export interface Source {
  follow(options: {
    readonly after?: number;
    readonly filter?: EventFilter;
    readonly signal: AbortSignal;
  }): AsyncIterable<Page>;
  textOf(event: LiveEvent): string;
}

interface Page {
  readonly events: readonly LiveEvent[];
  readonly next: number;
  readonly lost?: { readonly from: number; readonly to: number };
}

export interface DeliverOptions {
  readonly webhook: Webhook;
  readonly source: Source;
  /** The last event that needs not be told any more. */
  readonly place: number;
  /** All up to this one need not be told any more. */
  readonly moved: (place: number) => void;
  readonly count: (result: Delivery) => void;
  readonly log: Log;
  readonly timing?: DeliverTiming;
}

export type Delivery = 'delivered' | 'failed' | 'given_up';

/** Milliseconds: the first pause after a failure, doubled each time up to the most. */
export interface DeliverTiming {
  readonly first?: number;
  readonly most?: number;
}

/** Longer than this nobody is left alone, whatever he says. */
const longestWish = 3_600_000;

/**
 * Tells one receiver of event after event, each until it was taken, so that they come in order and each at least once. An
 * event that was not taken for too long is given up, loudly.
 * @returns a promise of the end, after the signal said so; never rejects
 */
export async function deliver(options: DeliverOptions, signal: AbortSignal): Promise<void> {
  const { webhook, source, place, moved, count, log, timing: { first = 1000, most = 300_000 } = {} } = options;
  const receiver = createReceiver(webhook);
  const { name, secret, giveUp } = webhook;
  let failures = 0;

  async function attempt(event: LiveEvent): Promise<Posted> {
    const body = source.textOf(event);
    return receiver.post(body, { ...signedHeaders(secret, { id: String(event.id), at: Date.now(), body }) }, signal);
  }

  function failed({ reason }: Posted & { taken: false }): void {
    count('failed');
    if (failures++ === 0) log.warn('a webhook does not take an event; it is tried again', { webhook: name, reason });
  }

  function taken(): void {
    count('delivered');
    if (failures > 0) log.info('the webhook takes events again', { webhook: name, failures });
    failures = 0;
  }

  /** Half of it by chance: receivers that were away must not be met by everybody at once. */
  function wait(after = 0): Promise<unknown> {
    const long = Math.min(most, first * 2 ** Math.min(failures - 1, 30));
    const ms = Math.max(long / 2 + (Math.random() * long) / 2, Math.min(after, longestWish));
    return pause(ms, undefined, { signal, ref: false }).catch(() => {});
  }

  async function tell(event: LiveEvent): Promise<void> {
    while (!signal.aborted) {
      const posted = await attempt(event);
      if (posted.taken) return taken();
      if (signal.aborted) return;
      failed(posted);
      if (isTooOld(event, giveUp)) return abandon(event, posted.reason);
      await wait(posted.after);
    }
  }

  function abandon({ id, event, time }: LiveEvent, reason: string): void {
    count('given_up');
    log.error('an event is given up: the webhook did not take it in time', { webhook: name, id, event, time, reason });
  }

  try {
    for await (const { events, next, lost } of source.follow({
      after: place,
      filter: { types: webhook.types },
      signal,
    })) {
      if (lost) log.error('events that a webhook was not told of are kept no more', { webhook: name, ...lost });
      for (const event of events) {
        // After one was given up the others that are as old have their one try, and no pause.
        await tell(event);
        if (signal.aborted) return;
        moved(event.id);
      }
      moved(next);
    }
  } finally {
    receiver.close();
  }
}

const isTooOld = ({ time }: LiveEvent, giveUp: number): boolean => Date.now() - Date.parse(time) > giveUp;
