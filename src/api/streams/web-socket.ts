import type { IncomingMessage } from 'node:http';
import type { WebSocket } from '@fastify/websocket';
import type { App } from '../app.ts';
import { lostText } from './sse.ts';
import type { Sink } from './stream.ts';

export type Socket = WebSocket;

/** What may be under way to a reader before it is waited for, in bytes. */
const mostUnderWay = 64 * 1024;

/** One event as JSON in each message. */
export function socketSink(socket: Socket): Sink {
  function send(text: string): Promise<void> | undefined {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Called when it is out, and when the connection is no more.
    socket.send(text, () => resolve());
    return socket.bufferedAmount > mostUnderWay ? promise : undefined;
  }
  return { event: (_, text) => send(text), lost: (lost) => send(lostText(lost)) };
}

/** A connection that was to become a WebSocket and did not is of no more use: nobody reads requests from it. */
export function endRefusedUpgrades(app: App): void {
  app.addHook('onResponse', async ({ raw }) => {
    if (raw.headers.upgrade !== undefined) raw.socket.destroySoon();
  });
}

/**
 * Browsers let nobody set a header of a WebSocket: then the token comes as a subprotocol `bearer.TOKEN`, which is logged
 * less than a URL is. Puts it to where tokens are looked for.
 */
export function takeTokenOf({ headers }: IncomingMessage): void {
  const named = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
  const token = named?.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length);
  if (token !== undefined) headers.authorization ??= `Bearer ${token}`;
}
