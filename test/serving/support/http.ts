import { connect, type Socket } from 'node:net';
import type { FetchFact } from '../../../src/model/fact.ts';
import { identify } from '../../../src/model/user-agent.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../../src/serving/http/server.ts';
import { createLookup } from '../../../src/serving/lookup.ts';
import type { Out } from './out.ts';

export interface Running {
  readonly port: number;
  readonly url: string;
  /** The facts so far, oldest first. */
  readonly facts: FetchFact[];
  /** Lines of the log. */
  readonly lines: string[];
  /** Waits until there are so many facts: a client may have its answer a moment before. */
  recorded(count: number): Promise<FetchFact[]>;
  stop(): Promise<void>;
  update: HttpServer['update'];
}

const vendors = [
  {
    id: 'acme',
    user_agents: [/^Acme (?<model>[A-Z]+\d+\w*) (?<firmware>[\d.]+)(?: (?<mac>[0-9A-Fa-f:]{12,17}))?$/],
  },
];

/** How servers of this test file read their requests, when a test says nothing else of it. */
export const usual: { fast: boolean } = { fast: true };

/** The HTTP server over an out/, on a port that is free. */
export async function serveHttp(out: Out, options: Partial<HttpServerOptions> = {}): Promise<Running> {
  const facts: FetchFact[] = [];
  const lines: string[] = [];
  const say = (message: string) => void lines.push(message);
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    lookup: createLookup({ out: out.folder, index: () => out.index, revisionOf: (mac) => `r-${mac}` }),
    record: (fact) => void facts.push(fact),
    identify: (userAgent) => identify(userAgent, vendors),
    log: { info: say, warn: say, error: say },
    fast: usual.fast,
    ...options,
  });
  const { port } = await server.start();
  const recorded = async (count: number) => {
    while (facts.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    return facts;
  };
  const url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return { port, url, facts, lines, recorded, stop: server.stop, update: server.update };
}

/** Opens a connection, resolved when it stands. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Sends bytes as they are and returns all that comes back until the server closes, or falls silent after an answer. */
export async function raw(port: number, request: string | Buffer): Promise<string> {
  const socket = await dial(port);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request);
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

/** A GET of a target as it stands, with more header lines, on a connection of its own. */
export const get = (port: number, target: string, lines: readonly string[] = []): Promise<string> =>
  raw(port, [`GET ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n'));

export const statusOf = (response: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(response)?.[1]);

export const bodyOf = (response: string): string => response.slice(response.indexOf('\r\n\r\n') + 4);
