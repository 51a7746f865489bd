import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';
import type { HttpLimits } from './limits.ts';

/** The connections that node:http reads, and what is under way on each. */
export interface Connections {
  add(socket: Socket): void;
  /** Takes an exchange in; true when it is its turn to be answered, false when the connection went before that. */
  begin(exchange: Exchange, response: ServerResponse): Promise<boolean>;
  /** Resolves when nothing is under way on the connection. */
  answered(socket: Socket): Promise<void>;
  cut(socket: Socket, reason: string): void;
  /** Cuts off answers that take too long; called now and then. */
  sweep(): void;
  /** From now on a connection is closed when its answer is out, idle ones at once. */
  close(): void;
  /** Ends what is still open. */
  destroy(reason: string): void;
}

/**
 * Requests that come together on one connection are answered one after the other: a thousand of them in one packet
 * would open a thousand files otherwise.
 */
export function createConnections(limits: HttpLimits): Connections {
  const connections = new Map<Socket, Set<Exchange>>();
  let closing = false;

  const leave = (exchange: Exchange, socket: Socket) => {
    const underWay = connections.get(socket);
    underWay?.delete(exchange);
    if (closing && underWay?.size === 0) socket.destroySoon();
  };
  const cut = (socket: Socket, reason: string) => {
    for (const exchange of connections.get(socket) ?? []) exchange.cut(reason);
    socket.destroy();
  };

  return {
    add(socket) {
      connections.set(socket, new Set());
      socket.once('close', () => {
        for (const exchange of connections.get(socket) ?? []) exchange.closed();
        connections.delete(socket);
      });
    },
    async begin(exchange, response) {
      const { socket } = response.req;
      const underWay = connections.get(socket);
      if (underWay === undefined) {
        exchange.closed();
        return false;
      }
      const before = [...underWay].at(-1);
      underWay.add(exchange);
      void exchange.done.then(() => leave(exchange, socket));
      if (underWay.size > limits.pipelined) cut(socket, 'too many requests at once on one connection');
      await before?.done;
      if (closing) response.shouldKeepAlive = false;
      return !exchange.over;
    },
    async answered(socket) {
      await Promise.all([...(connections.get(socket) ?? [])].map(({ done }) => done));
    },
    cut,
    sweep() {
      for (const underWay of connections.values())
        for (const exchange of underWay) if (exchange.isTooSlow(limits)) exchange.cut('the client reads too slowly');
    },
    close() {
      closing = true;
      for (const [socket, underWay] of connections) if (underWay.size === 0) socket.destroy();
    },
    destroy(reason) {
      for (const socket of connections.keys()) cut(socket, reason);
    },
  };
}
