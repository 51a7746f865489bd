import type { ServerResponse } from 'node:http';
import type { LiveEvent } from '../../model/live-event.ts';
import type { Lost, Sink } from './stream.ts';

/**
 * Events as `text/event-stream` (HTML Living Standard, 9.2): `id` for `Last-Event-ID`, `event`, and the whole event as
 * `data`. JSON has no line break, so that one line of data is enough.
 */
export function sseSink(response: ServerResponse): Sink {
  const write = (id: number, event: string, data: string) =>
    response.write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`) ? undefined : drained(response);
  return {
    event: ({ id, event }: LiveEvent, text) => write(id, event, text),
    lost: (lost: Lost) => write(lost.from, lostEvent, lostText(lost)),
  };
}

/**
 * What is no event of the journal: that there were others, which nobody can tell any more. Who goes on from it misses none of
 * those that are left.
 */
const lostEvent = 'events.lost';
export const lostText = (lost: Lost): string => JSON.stringify({ id: lost.from, event: lostEvent, data: lost });

/** Also when the connection is no more: then there is nobody to wait for. */
function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const settle = () => {
    response.off('drain', settle).off('close', settle);
    resolve();
  };
  response.on('drain', settle).on('close', settle);
  return promise;
}

/** A comment, so that proxies see that the connection is used. */
export const beat = ':\n\n';
