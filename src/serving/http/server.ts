import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../../log.ts';
import type { FetchFact } from '../../model/fact.ts';
import type { Agent } from '../../model/user-agent.ts';
import type { Lookup } from '../served.ts';
import { type Connections, createConnections } from './connections.ts';
import { openExchange } from './exchange.ts';
import { createHandler, type Pages } from './handler.ts';
import { defaultLimits, type HttpLimits } from './limits.ts';
import { type Listening, listen } from './listen.ts';
import { type RawRefusal, refusalOf, refuseRaw } from './malformed.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly lookup: Lookup;
  /** Gets one fact for every answer but those of pages. */
  readonly record: (fact: FetchFact) => void;
  /** What a user agent says of itself. */
  readonly identify: (userAgent: string) => Agent;
  readonly pages?: Pages;
  readonly log: Log;
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpServer {
  /** Throws a sentence with the remedy when the port cannot be had. */
  start(): Promise<Listening>;
  /** Finishes the answers that are under way, then closes all connections. */
  stop(): Promise<void>;
}

/** Serves what `lookup` finds over HTTP. No input ends the process. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits = { ...defaultLimits, ...options.limits };
  const connections = createConnections(limits);
  const server = createServer({
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.idle,
    connectionsCheckingInterval: Math.min(limits.headers, 2000),
    maxHeaderSize: limits.headerBytes,
    // Checked by the handler, so that this refusal is in the journal, too.
    requireHostHeader: false,
  });
  server.maxConnections = limits.connections;
  server.setTimeout(limits.stalled, (socket) => connections.cut(socket, 'the connection stood still for too long'));
  attend(server, connections, { ...options, limits, ...guarded(options) });

  let sweeping: NodeJS.Timeout | undefined;
  return {
    async start() {
      const listening = await listen(server, options);
      reportTroubles(server, options.log);
      sweeping = setInterval(connections.sweep, 1000).unref();
      return listening;
    },
    async stop() {
      clearInterval(sweeping);
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      connections.close();
      const patience = setTimeout(() => server.closeAllConnections(), limits.stop);
      await closed;
      clearTimeout(patience);
    },
  };
}

/** Whatever a connection brings, from its first byte on, comes in here. */
function attend(server: Server, connections: Connections, options: HttpServerOptions & { limits: HttpLimits }): void {
  const { record, identify, lookup, pages, limits } = options;
  const handle = createHandler({ lookup, pages, unwantedBody: limits.unwantedBody });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const exchange = openExchange(request, response, { protocol: 'http', record, identify });
    if (await connections.begin(exchange)) await handle(exchange);
  };
  const refuseWith = async (socket: Duplex, refusal: () => RawRefusal | undefined) => {
    await connections.answered(socket as Socket);
    const refused = refusal();
    if (refused === undefined) socket.destroy();
    else record(refuseRaw(socket as Socket, 'http', refused));
  };
  const refused = new WeakSet<Duplex>();

  server.on('connection', connections.add);
  server.on('request', answer);
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
}

/** Once it listens: without a listener an error, of `accept` without descriptors left, say, would end the process. */
function reportTroubles(server: Server, log: Log): void {
  const say = atMostEvery(10_000, (message: string) => log.error(message));
  server.on('error', (error) => say(`HTTP cannot take a connection: ${error.message}`));
  server.on('drop', () => say('HTTP has as many connections as it bears and closes new ones unanswered'));
}

function atMostEvery<T>(ms: number, work: (value: T) => void): (value: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    if (performance.now() - last < ms) return;
    last = performance.now();
    work(value);
  };
}

/** A fault in a function that was handed in costs its fact, not the process. */
function guarded({ record, identify, log }: HttpServerOptions): Pick<HttpServerOptions, 'record' | 'identify'> {
  const attempt = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (error) {
      log.error(`a fetch cannot be recorded: ${error}`);
      return otherwise;
    }
  };
  return {
    record: (fact) => attempt(() => record(fact), undefined),
    identify: (userAgent) => attempt(() => identify(userAgent), {}),
  };
}
