import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { doorFor } from './api-door.ts';
import { ask, type Client, type IsProxy } from './client.ts';
import { createConnections } from './connections.ts';
import { Exchange, type Recorder, type Reply, type Way } from './exchange.ts';
import { createHandler, type HandlerOptions, pathOf } from './handler.ts';
import type { Given, Known } from './house.ts';
import type { HttpLimits } from './limits.ts';
import { type RawRefusal, refusalOf, refuseRaw } from './malformed.ts';

/** The server that understands all of HTTP: node:http, over connections that it is given. */
export interface Full {
  take(given: Given, known?: Known): void;
  /** Cuts off answers that take too long; called now and then. */
  sweep(): void;
  /** From now on a connection is closed when its answer is out, idle ones at once. */
  close(): void;
  /** Ends what is still open. */
  destroy(reason: string): void;
}

export interface FullOptions extends Omit<HandlerOptions, 'unwantedBody'> {
  readonly limits: HttpLimits;
  readonly recorder: Recorder;
  readonly isProxy: IsProxy;
  /** Each connection is for one request. */
  readonly once: boolean;
}

interface Guest {
  readonly client: Client;
  known?: Known;
}

export function createFull(options: FullOptions): Full {
  const { limits, recorder } = options;
  const guests = new WeakMap<Duplex, Guest>();
  const connections = createConnections(limits);
  const handle = createHandler({ ...options, unwantedBody: limits.unwantedBody });
  const server = createServer({
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.idle,
    connectionsCheckingInterval: Math.min(limits.headers, 2000),
    maxHeaderSize: limits.headerBytes,
    // Checked by the handler, so that this refusal is in the journal, too.
    requireHostHeader: false,
    // Of others it is nothing but a wish, which need not be heard.
    shouldUpgradeCallback: ({ url = '' }) => doorFor(pathOf(url), options.api) !== undefined,
  });
  server.setTimeout(limits.stalled, (socket) => connections.cut(socket, 'the connection stood still for too long'));

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const guest = guests.get(request.socket);
    if (guest === undefined) return request.socket.destroy();
    const known = guest.known;
    guest.known = undefined;
    const { method = '', url: target = '', headers } = request;
    const asked = ask(guest.client, { method, target, headers }, options.isProxy);
    const way = new FullWay(response);
    const exchange = new Exchange(asked, way, recorder);
    response.once('finish', () => exchange.finished());
    // What goes wrong with a connection is seen when it closes.
    response.on('error', () => {});
    if (options.once) response.shouldKeepAlive = false;
    if (!(await connections.begin(exchange, response))) return;
    way.start();
    await handle(exchange, { request, response, found: known?.target === target ? known.found : undefined });
  };
  const refuseWith = async (socket: Duplex, refusal: () => RawRefusal | undefined) => {
    await connections.answered(socket as Socket);
    const refused = refusal();
    const guest = guests.get(socket);
    if (refused === undefined || guest === undefined) socket.destroy();
    else recorder.record(refuseRaw(socket as Socket, guest.client, refused));
  };
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { method = '', url: target = '', headers } = request;
    const guest = guests.get(socket);
    const door = doorFor(pathOf(target), options.api);
    if (guest === undefined || door === undefined) socket.destroy();
    else door.upgrade(request, socket, head, ask(guest.client, { method, target, headers }, options.isProxy));
  };
  const refused = new WeakSet<Duplex>();

  server.on('connection', connections.add);
  server.on('request', answer);
  server.on('upgrade', upgrade);
  server.on('checkContinue', answer);
  server.on('checkExpectation', answer);
  server.on('connect', ({ url: target = '' }, socket) =>
    refuseWith(socket, () => ({ status: 405, method: 'CONNECT', target, reason: 'no tunnels here' })),
  );
  server.on('clientError', (error, socket) => {
    // What is no HTTP makes an error of every packet that follows, too.
    if (refused.has(socket)) return;
    refused.add(socket);
    void refuseWith(socket, () => refusalOf(error, socket as Socket));
  });
  // It never listens itself, but watches the time of its connections only from this event on.
  server.emit('listening');

  return {
    take({ socket, bytes, client }, known) {
      guests.set(socket, { client, known });
      socket.pause();
      if (bytes.length > 0) socket.unshift(bytes);
      server.emit('connection', socket);
      socket.resume();
    },
    sweep: connections.sweep,
    close() {
      server.close(() => {});
      connections.close();
    },
    destroy: connections.destroy,
  };
}

/**
 * Through node:http. A class, since an object with a getter of its own has a shape of its own, and each shape holds its request
 * until the whole heap is looked through.
 */
class FullWay implements Way {
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  #before: number | undefined = undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#socket = response.req.socket;
  }

  start(): void {
    this.#before = this.#socket.bytesWritten;
  }

  get begun(): boolean {
    return this.#response.headersSent;
  }

  send({ status, headers }: Reply, body: Buffer | string | undefined): void {
    this.#before = undefined;
    this.#response.writeHead(status, headers);
    this.#response.end(body);
  }

  taken(): number {
    // Of a body in one piece nothing is certain before all is; others are streamed.
    if (this.#before === undefined) return 0;
    const header: unknown = Reflect.get(this.#response, '_header');
    const ofHeader = typeof header === 'string' ? header.length : 0;
    return (this.#socket.bytesWritten ?? 0) - this.#socket.writableLength - this.#before - ofHeader;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
