import websocket from '@fastify/websocket';
import type { App } from '../app.ts';
import { answers } from '../schemas/shared.ts';
import { type Ending, stream, usualTiming } from '../streams/stream.ts';
import { wantedOf, wantedSchema } from '../streams/wanted.ts';
import { type Socket, socketSink } from '../streams/web-socket.ts';
import { type EventsDeps, tooMany } from './events.ts';

const summary = 'What happens to phones, as it happens';
const description =
  'WebSocket: one event as JSON in each message. Without `types` those of `phone`; a token in the header Authorization, or as the subprotocol `bearer.TOKEN` beside `offhook`.';

/** `GET /ws`: the same events as `/api/v1/events`, for those who know WebSockets. */
export function eventSocket(app: App, { events, eventTiming = {} }: EventsDeps): void {
  const { beat, patience, most } = { ...usualTiming, ...eventTiming };
  const open = new Set<AbortController>();
  app.addHook('preClose', async () => {
    for (const stop of open) stop.abort('stopped');
  });
  app.register(websocket, {
    // Nobody has anything to tell us. The token is not repeated.
    options: {
      maxPayload: 1024,
      perMessageDeflate: false,
      handleProtocols: (names) => names.has('offhook') && 'offhook',
    },
    // Those that are open are closed above, with a reason.
    preClose: (done) => done(),
  });
  app.after(() => {
    app.get(
      '/ws',
      {
        ...{ websocket: true, config: { role: 'viewer' } },
        schema: {
          ...{ summary, description, tags: ['predecessors'], querystring: wantedSchema },
          response: answers({ 101: { type: 'null', description: 'From here on a WebSocket.' } }, 400, 503),
        },
        preHandler: async (request) => void wantedOf(request, ['phone']),
      },
      async (socket: Socket, request) => {
        const listener = events.listening.come('websocket');
        if (!listener) return socket.close(1013, tooMany().message);
        const stop = new AbortController();
        open.add(stop);
        socket.on('close', () => stop.abort('left'));
        socket.on('error', () => stop.abort('left'));
        const over = setTimeout(() => stop.abort('over'), most).unref();
        const timer = watchOver(socket, { every: beat, dead: () => stop.abort('silent') });
        const options = { ...wantedOf(request, ['phone']), signal: stop.signal, patience, told: listener.told };
        const slow = await stream(events, socketSink(socket), options).finally(() => {
          clearInterval(timer);
          clearTimeout(over);
          open.delete(stop);
        });
        const ending = slow ?? (stop.signal.reason as Ending);
        listener.gone(ending);
        end(socket, ending);
      },
    );
  });
}

/** Tells when the other side answers no ping. */
function watchOver(socket: Socket, { every, dead }: { readonly every: number; readonly dead: () => void }) {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  return setInterval(() => {
    if (!isAlive) return dead();
    isAlive = false;
    socket.ping();
  }, every);
}

/** RFC 6455, 7.4; 1013 of the IANA registry: try again later. */
const closings: Readonly<Record<Ending, readonly [code: number, reason: string]>> = {
  left: [1000, ''],
  slow: [1013, 'too slow: events were not taken'],
  silent: [1001, 'no answer to a ping'],
  over: [1001, 'an hour is over: come again, and go on with `since`'],
  stopped: [1001, 'the daemon stops'],
};

/** Who does not answer in time is not waited for. */
function end(socket: Socket, ending: Ending): void {
  socket.close(...closings[ending]);
  if (ending === 'silent') socket.terminate();
  else setTimeout(() => socket.terminate(), 1000).unref();
}
