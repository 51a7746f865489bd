import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { type EventFilter, eventTypes, type LiveEvent } from '../model/live-event.ts';
import { formatMac } from '../model/mac.ts';
import { sentenceOf } from './database.ts';
import { type About, sourcesFor, toLiveEvent } from './events.ts';
import type { EventsPage, EventTable } from './events-query.ts';
import type { JournalReader } from './journal.ts';

/** Some events, in order; `next` is what to go on from, whether or not any were wanted. */
export interface Batch {
  readonly events: readonly LiveEvent[];
  readonly next: number;
  /** Of the events after `from` and up to `to` some, or all, are kept no more: who needs them asks for the state of things. */
  readonly lost?: { readonly from: number; readonly to: number };
}

export interface FollowOptions {
  /** The last event that is known; from now on when absent; 0 for all that are kept. */
  readonly after?: number;
  readonly filter?: EventFilter;
  readonly signal: AbortSignal;
}

/**
 * What happened and what happens, for any number of followers at their own pace. All of it is read from the journal, so that
 * nobody's backlog is in memory; those who are up to date share what is read. While nobody follows, nothing is read.
 */
export interface Feed {
  /** Ends when the signal says so. Reads on when the next batch is asked for. */
  follow(options: FollowOptions): AsyncGenerator<Batch, void, void>;
  /** The number of the last event. */
  last(): number;
  /** Whether anybody who follows wants events of this type. */
  isWanted(type: LiveEvent['event']): boolean;
  /** The event as JSON, made once for all who want it. */
  textOf(event: LiveEvent): string;
}

export interface FeedOptions {
  readonly journal: Pick<JournalReader, 'events' | 'eventRange'>;
  readonly about: About;
  readonly log: Log;
  /** Milliseconds between two looks for what is new. */
  readonly everyMs?: number;
}

/** Events of one reading: a few milliseconds of the thread. */
const pageLength = 200;
/** Readings that are kept for others who are as far. */
const mostKept = 16;

export function createFeed({ journal, about, log, everyMs = 100 }: FeedOptions): Feed {
  const followers = new Set<EventFilter>();
  const waiting = new Set<() => void>();
  const kept = new Map<string, Batch>();
  const texts = new WeakMap<LiveEvent, string>();
  let timer: NodeJS.Timeout | undefined;
  let seen = 0;
  let isFailing = false;

  /** What the disk does not give now it gives later. */
  function read<T>(query: () => T, otherwise: T): T {
    try {
      const answer = query();
      isFailing = false;
      return answer;
    } catch (error) {
      if (!isFailing) log.warn('events cannot be read from the journal; tried again', { reason: sentenceOf(error) });
      isFailing = true;
      return otherwise;
    }
  }

  const range = () => read(journal.eventRange, { first: 0, last: 0 });

  function look(): void {
    const { last } = range();
    if (last !== seen) {
      seen = last;
      for (const wake of waiting) wake();
    }
    timer = undefined;
    if (waiting.size > 0) lookLater();
  }

  function lookLater(): void {
    if (timer === undefined) timer = setTimeout(look, everyMs).unref();
  }

  /** Resolves when there may be something new. */
  function news(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => {
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', wake);
    lookLater();
    return promise;
  }

  function pageAfter(after: number, sources: readonly EventTable[]): Batch {
    const key = `${after} ${sources}`;
    const before = kept.get(key);
    if (before) return before;
    const nothing: EventsPage = { events: [], next: after };
    const page = read(() => journal.events({ after, sources, limit: pageLength }), nothing);
    const lost = page.gone === undefined ? {} : { lost: { from: after, to: page.gone } };
    const batch: Batch = { events: page.events.map((event) => toLiveEvent(event, about)), next: page.next, ...lost };
    if (batch.next > after) kept.set(key, batch);
    for (const old of kept.keys()) if (kept.size > mostKept) kept.delete(old);
    return batch;
  }

  return {
    async *follow({ after, filter = {}, signal }) {
      let lost: Batch['lost'];
      const sources = sourcesFor(filter.types ?? eventTypes);
      followers.add(filter);
      try {
        // Before the file can be read nobody knows what was missed.
        while (!signal.aborted && range().last === 0) await pause(everyMs);
        const { first, last } = range();
        let next = after ?? last;
        const to = next > last ? last : first - 1;
        if (next > 0 && (next > last || next < to)) {
          yield { events: [], next: to, lost: { from: next, to } };
          next = to;
        }
        while (!signal.aborted) {
          const page = pageAfter(next, sources);
          const isAll = page.next === next;
          if (page.lost) lost = { from: lost?.from ?? page.lost.from, to: page.lost.to };
          // Of much that is lost it is said once.
          if (lost ? page.events.length > 0 || isAll : !isAll) {
            const events = page.events.filter(fitting(filter));
            yield { events, next: page.next, ...(lost && { lost }) };
            lost = undefined;
          }
          if (isAll) await news(signal);
          next = page.next;
          // Others have their turn while there is much to catch up with.
          await nextTurn();
        }
      } finally {
        followers.delete(filter);
      }
    },
    last: () => range().last,
    isWanted: (type) => [...followers].some(({ types }) => types === undefined || types.has(type)),
    textOf(event) {
      const text = texts.get(event) ?? JSON.stringify(event);
      texts.set(event, text);
      return text;
    },
  };
}

function fitting({ types, device }: EventFilter): (event: LiveEvent) => boolean {
  const mac = device && formatMac(device);
  return (event) => (!types || types.has(event.event)) && (mac === undefined || event.device === mac);
}
