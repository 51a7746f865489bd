import type { EventFilter, LiveEvent } from '../../model/live-event.ts';

/** Where events come from, and who is told of those that listen. */
export interface Events {
  follow(options: {
    readonly after?: number;
    readonly filter?: EventFilter;
    readonly signal: AbortSignal;
  }): AsyncGenerator<Batch, void, void>;
  textOf(event: LiveEvent): string;
  readonly listening: Listening;
}

interface Batch {
  readonly events: readonly LiveEvent[];
  readonly next: number;
  readonly lost?: Lost;
}

/** Of the events after `from` and up to `to` some, or all, are kept no more. */
export interface Lost {
  readonly from: number;
  readonly to: number;
}

/** Counts those who listen; `undefined` from `come` when there are too many. */
export interface Listening {
  come(kind: StreamKind): { gone(reason: Ending): void; told(): void } | undefined;
}

export type StreamKind = 'sse' | 'websocket';
/** How listening ended: by the reader, because it did not take what was sent, because its time is over, or the daemon stops. */
export type Ending = 'left' | 'slow' | 'silent' | 'over' | 'stopped';

/** In milliseconds. */
export interface StreamTiming {
  /** Between two signs of life; 15 s. */
  readonly beat?: number;
  /** Until a reader that takes nothing is given up; 20 s: sooner than the connection is taken for a dead one. */
  readonly patience?: number;
  /** Until a reader has to come again: who may listen is looked at when he comes. An hour. */
  readonly most?: number;
}

export const usualTiming: Required<StreamTiming> = { beat: 15_000, patience: 20_000, most: 3_600_000 };

/** One who listens. `send` gives a promise when the reader has to be waited for; it resolves when it took what was sent. */
export interface Sink {
  event(event: LiveEvent, text: string): Promise<void> | undefined;
  lost(lost: Lost): Promise<void> | undefined;
}

export interface StreamOptions {
  readonly after?: number;
  readonly filter: EventFilter;
  readonly signal: AbortSignal;
  /** Milliseconds that a reader may take nothing. */
  readonly patience: number;
  readonly told: () => void;
}

/**
 * Sends what happened and what happens until the signal says so. What waits for a reader waits in the journal; one that
 * takes nothing for too long is given up.
 * @returns `slow` when the reader was given up
 */
export async function stream(events: Events, sink: Sink, options: StreamOptions): Promise<'slow' | undefined> {
  const { signal, patience, told } = options;
  for await (const { events: some, lost } of events.follow(options)) {
    if (lost && (await isStuck(sink.lost(lost), patience))) return 'slow';
    for (const event of some) {
      if (signal.aborted) return undefined;
      if (await isStuck(sink.event(event, events.textOf(event)), patience)) return 'slow';
      told();
    }
  }
  return undefined;
}

/** Nothing is waited for where the reader keeps up. */
function isStuck(taken: Promise<void> | undefined, patience: number): Promise<boolean> | false {
  if (taken === undefined) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(true), patience).unref();
  taken.then(() => {
    clearTimeout(timer);
    resolve(false);
  });
  return promise;
}
