import { createServer, type Socket } from 'node:net';
import type { Log } from '../../log.ts';
import type { FetchFact } from '../../model/fact.ts';
import type { Agent } from '../../model/user-agent.ts';
import type { Gate } from '../access/admission.ts';
import type { Lookup } from '../served.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { ApiDoor } from './api-door.ts';
import { type Client, createProxyList } from './client.ts';
import { hasDescriptorLeft } from './descriptors.ts';
import { createEntrance } from './entrance.ts';
import type { Pages } from './handler.ts';
import { defaultLimits, type HttpLimits } from './limits.ts';
import { type Listening, listen } from './listen.ts';
import { createReception } from './reception.ts';
import { createRecorder } from './recorder.ts';
import { createTls, type TlsOptions } from './tls.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** A Unix domain socket to listen on instead. */
  readonly path?: string;
  /** Several servers, of several threads, on one port. */
  readonly reusePort?: boolean;
  readonly lookup: Lookup;
  /** Who may fetch what; without one, everybody everything. */
  readonly gate?: Gate;
  /** Where PUT and POST go while it is on; else they are refused. */
  readonly uploads?: Pick<Uploads, 'isOn' | 'receive'>;
  /** Gets one fact for every answer but those of pages. */
  readonly record: (fact: FetchFact) => void;
  /** What a user agent says of itself. */
  readonly identify: (userAgent: string) => Agent;
  readonly pages?: Pages;
  /** Where requests of the API go, asked for with each; where there is none they are for files. */
  readonly api?: () => ApiDoor | undefined;
  readonly log: Log;
  readonly limits?: Partial<HttpLimits>;
  /** HTTPS in place of HTTP. */
  readonly tls?: TlsOptions;
  /**
   * Addresses, ranges of them (`10.0.0.0/8`), or `unix`, of proxies: they may speak the PROXY protocol, and from them alone
   * X-Forwarded-For and Forwarded count.
   */
  readonly proxies?: readonly string[];
  /** Requests that are not of phones for files; by default all under `/-/` and `/api/`, and `/ws`. They are answered by node:http, or passed. */
  readonly handOver?: (path: string, method: string) => boolean;
  /** Gets the whole connection of a request that is not for phones: for servers that have no pages of their own. */
  readonly pass?: (socket: Socket, head: Buffer, client: Client) => void;
  /** False: everything goes by way of node:http, for comparison. */
  readonly fast?: boolean;
}

/** What can change while it serves. */
export interface HttpChanges {
  readonly tls?: TlsOptions;
  readonly proxies?: readonly string[];
}

export interface HttpServer {
  /** Throws a sentence with the remedy when the port cannot be had. */
  start(): Promise<Listening>;
  /** For connections from now on; those that stand are not touched. Throws what is wrong with it, and then nothing changes. */
  update(changes: HttpChanges): void;
  /** Finishes the answers that are under way, then closes all connections. */
  stop(): Promise<void>;
}

/** Serves what `lookup` finds over HTTP. No input ends the process. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits = { ...defaultLimits, ...options.limits };
  const say = atMostEvery(10_000, (message: string) => options.log.error(message));
  const warn = atMostEvery(1000, (message: string) => options.log.warn(message));
  const recorder = createRecorder(options);
  let isListed = createProxyList(options.proxies ?? []);
  const isProxy = (address: string) => isListed(address);
  const reception = createReception({ ...options, limits, recorder, isProxy });
  const entrance = createEntrance({
    isProxy,
    isOwn: options.path !== undefined,
    patience: limits.headers,
    admit: reception.admit,
    failed: (address, reason) => warn(`no TLS with ${address}: ${reason}`),
  });
  const front = createServer({ allowHalfOpen: options.tls === undefined, noDelay: true }, entrance.enter);
  front.maxConnections = limits.connections;
  const useTls = (tls: TlsOptions) => entrance.use(createTls(tls, limits.headers));
  if (options.tls !== undefined) useTls(options.tls);

  const sweep = () => {
    reception.sweep();
    entrance.sweep();
    recorder.forget();
    if (!hasDescriptorLeft())
      say('HTTP has no descriptor left and closes new connections unanswered; wanted a higher limit of open files');
  };
  let sweeping: NodeJS.Timeout | undefined;
  return {
    async start() {
      const listening = await listen(front, { ...options, secure: options.tls !== undefined });
      // Without a listener an error, of `accept` without descriptors left, say, would end the process.
      front.on('error', (error) => say(`HTTP cannot take a connection: ${error.message}`));
      front.on('drop', () => say('HTTP has as many connections as it bears and closes new ones unanswered'));
      sweeping = setInterval(sweep, 1000).unref();
      return listening;
    },
    update({ tls, proxies }) {
      const list = proxies === undefined ? isListed : createProxyList(proxies);
      if (tls !== undefined) useTls(tls);
      isListed = list;
    },
    async stop() {
      clearInterval(sweeping);
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      front.close(() => resolve());
      entrance.close();
      reception.close();
      const patience = setTimeout(reception.destroy, limits.stop);
      await closed;
      clearTimeout(patience);
    },
  };
}

function atMostEvery<T>(ms: number, work: (value: T) => void): (value: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    if (performance.now() - last < ms) return;
    last = performance.now();
    work(value);
  };
}
