import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FetchFact } from '../../model/fact.ts';
import { type Agent, cutUserAgent } from '../../model/user-agent.ts';
import { shownPath } from '../request-path.ts';

/** What the answer will say of itself in the journal. */
export type Note = Partial<Pick<FetchFact, 'status' | 'file' | 'device' | 'revision' | 'reason'>> & {
  /** Bytes of the body that is being sent. */
  readonly length?: number;
};

/** One request and its answer, up to the fact that the journal keeps. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When the body began to go out (`performance.now()`), and its length; undefined until then. */
  readonly sending?: { readonly since: number; readonly length: number };
  /** The answer is out, or cut off. */
  readonly over: boolean;
  /** Resolves when it is over. */
  readonly done: Promise<void>;
  note(fields: Note): void;
  /** This is no fetch: no fact is kept. */
  forget(): void;
  /** Ends the exchange and its connection. */
  cut(reason: string): void;
  /** The connection was closed, by whomever. */
  closed(): void;
}

export interface ExchangeOptions {
  readonly protocol: 'http' | 'https';
  readonly record: (fact: FetchFact) => void;
  readonly identify: (userAgent: string) => Agent;
}

/** Keeps one fact for each exchange, exactly once: when the last byte is with the system, or the connection is gone. */
export function openExchange(request: IncomingMessage, response: ServerResponse, options: ExchangeOptions): Exchange {
  const { socket } = request;
  const at = Date.now();
  const since = performance.now();
  const address = clientAddress(socket);
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let note: Note = {};
  let sending: { since: number; length: number; written: number } | undefined;
  let over = false;
  let isCut = false;
  let isFetch = true;

  const fact = (complete: boolean): FetchFact => {
    const userAgent = request.headers['user-agent'];
    const agent = userAgent === undefined ? {} : options.identify(userAgent);
    return {
      at,
      protocol: options.protocol,
      address,
      method: request.method ?? '',
      path: shownPath(request.url ?? ''),
      file: note.file,
      device: note.device ?? agent.mac,
      user_agent: userAgent === undefined ? undefined : cutUserAgent(userAgent),
      model: agent.model,
      firmware: agent.firmware,
      status: note.status ?? 499,
      bytes: complete ? (sending?.length ?? 0) : bytesTaken(response, socket, sending),
      complete,
      revision: note.revision,
      reason: note.reason ?? (complete ? undefined : 'the client closed the connection'),
      duration: Math.round(performance.now() - since),
    };
  };
  const settle = (complete: boolean) => {
    if (over) return;
    over = true;
    if (isFetch) options.record(fact(complete));
    resolve();
  };
  response.once('finish', () => settle(!isCut));
  // What goes wrong with a connection is seen when it closes.
  response.on('error', () => {});

  return {
    request,
    response,
    done,
    get over() {
      return over;
    },
    get sending() {
      return sending;
    },
    note(fields) {
      note = { ...note, ...fields };
      if (fields.length !== undefined)
        sending = { since: performance.now(), length: fields.length, written: socket.bytesWritten };
    },
    forget() {
      isFetch = false;
    },
    cut(reason) {
      if (!isCut) note = { ...note, reason };
      isCut = true;
      socket.destroy();
    },
    closed() {
      settle(false);
    },
  };
}

/** Bytes of the body that the system has taken for certain, when the answer was cut off. */
function bytesTaken(
  response: ServerResponse,
  socket: Socket,
  sending: { readonly length: number; readonly written: number } | undefined,
): number {
  if (sending === undefined) return 0;
  const header: unknown = Reflect.get(response, '_header');
  const ofHeader = typeof header === 'string' ? header.length : 0;
  const taken = (socket.bytesWritten ?? 0) - socket.writableLength - sending.written - ofHeader;
  return Math.max(0, Math.min(taken, sending.length));
}

/** Without port; an IPv4 client of an IPv6 socket has an address of its own family. */
export function clientAddress(socket: Socket): string {
  const address = socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
