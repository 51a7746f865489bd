import type { FastifyReply } from 'fastify';
import type { App } from '../app.ts';
import { Fault } from '../fault.ts';
import { answers } from '../schemas/shared.ts';
import { beat, sseSink } from '../streams/sse.ts';
import { type Ending, type Events, type StreamTiming, stream, usualTiming } from '../streams/stream.ts';
import { wantedOf, wantedSchema } from '../streams/wanted.ts';

export interface EventsDeps {
  readonly events: Events;
  readonly eventTiming?: StreamTiming;
}

const summary = 'What happens, as it happens';
const description =
  'Server-Sent Events. `Last-Event-ID`, or `since`, goes on where a connection ended; an event `events.lost` says that some of what came after it is kept no more.';

/** `GET /api/v1/events`. */
export function events(app: App, { events, eventTiming = {} }: EventsDeps): void {
  const { beat: every, patience, most } = { ...usualTiming, ...eventTiming };
  const open = new Set<AbortController>();
  app.addHook('preClose', async () => {
    for (const stop of open) stop.abort('stopped');
  });
  app.get(
    '/api/v1/events',
    {
      config: { role: 'viewer' },
      // It would have no end.
      exposeHeadRoute: false,
      schema: {
        ...{ summary, description, tags: ['events'], querystring: wantedSchema, produces: ['text/event-stream'] },
        response: answers({ 200: { type: 'string', description: 'A stream of events.' } }, 400, 503),
      },
    },
    async (request, reply) => {
      const wanted = wantedOf(request, ['*']);
      const listener = events.listening.come('sse');
      if (!listener) throw tooMany();
      const response = begin(reply);
      const stop = new AbortController();
      open.add(stop);
      response.on('close', () => stop.abort('left'));
      if (response.destroyed) stop.abort('left');
      const end = setTimeout(() => stop.abort('over'), most).unref();
      const timer = setInterval(() => response.writableNeedDrain || response.write(beat), every);
      const options = { ...wanted, signal: stop.signal, patience, told: listener.told };
      const slow = await stream(events, sseSink(response), options).finally(() => {
        clearInterval(timer);
        clearTimeout(end);
        open.delete(stop);
      });
      listener.gone(slow ?? (stop.signal.reason as Ending));
      // What it did not take it will not take; others get what is under way.
      if (slow) response.destroy();
      else response.end();
    },
  );
}

export const tooMany = () => new Fault(503, 'too-many-listeners', 'too many listen to events already; try again later');

function begin(reply: FastifyReply) {
  const headers = {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    // nginx would gather what is to be told at once.
    'x-accel-buffering': 'no',
  };
  reply.hijack();
  reply.raw.writeHead(200, headers as Record<string, string>);
  reply.raw.write(beat);
  return reply.raw;
}
