import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { visible } from '../../../problem.ts';
import type { BerReader } from './ber.ts';
import { DirectoryFailure, resultSeen, socketSeen } from './failure.ts';
import { createFrames, type Frame } from './frames.ts';

// ldapts writes the requests; the connection and the reading of answers are our own: its client gathers a whole page in
// memory, takes a page without entries for the last one although its cookie says otherwise (Active Directory sends
// such), waits for TLS after StartTLS for ever, has no time limit for a socket that stalls in between, and cannot hear
// the messages of RFC 4533.

/** What of ldapts' requests is needed here. */
export interface Request {
  messageId: number;
  write(): Buffer;
}

/** The last message of an answer (RFC 4511, section 4.1.9). */
export interface Answer {
  readonly code: number;
  readonly message: string;
  readonly referrals: readonly string[];
  readonly controls: ReadonlyMap<string, Buffer>;
}

export interface Asking {
  /** For the error, should there be one. */
  readonly step: string;
  /** Told of each message before the last one: entries, references, information. */
  readonly onPart?: (frame: Frame) => void;
  /** Result codes that are no failure, besides 0. */
  readonly allowed?: readonly number[];
}

export interface Connection {
  /** `ldaps://dc1.example.com:636` */
  readonly server: string;
  /** Rejects with a `DirectoryFailure` for any end but a good one. One at a time. */
  ask(request: Request, asking: Asking): Promise<Answer>;
  /** TLS on the connection as it stands. */
  secure(options: ConnectionOptions): Promise<void>;
  /** Says goodbye and leaves nothing open. */
  close(): void;
}

export interface Reach {
  readonly url: string;
  /** What TLS trusts and shows. */
  readonly tls: ConnectionOptions;
  /** Milliseconds for each step, and for all of them. */
  readonly within: number;
  readonly altogether: number;
  readonly signal?: AbortSignal;
}

const operation = { entry: 0x64, reference: 0x73, info: 0x79 } as const;
const parts: ReadonlySet<number> = new Set(Object.values(operation));

export const isEntry = (frame: Frame): boolean => frame.operation === operation.entry;
export const isReference = (frame: Frame): boolean => frame.operation === operation.reference;

interface Waiting {
  readonly id: number;
  readonly onPart?: (frame: Frame) => void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (seen: string) => void;
}

/** Connects, with TLS if the URL says so. */
export async function openConnection({ url, tls, within, altogether, signal }: Reach): Promise<Connection> {
  const { host, port, isSecure } = addressOf(url);
  const server = `${isSecure ? 'ldaps' : 'ldap'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const deadline = performance.now() + altogether;
  const limit = () => Math.max(1, Math.min(within, deadline - performance.now()));
  const fail = (step: string, seen: string, code?: number) => new DirectoryFailure({ server, step, seen, code });
  let socket: Socket = connect({ host, port, noDelay: true });
  let frames = createFrames();
  let waiting: Waiting | undefined;
  /** Why nothing more will come. */
  let ended: string | undefined;
  let id = 0;
  const stop = () => void socket.destroy(new Error('stopped'));
  const release = () => signal?.removeEventListener('abort', stop);
  signal?.addEventListener('abort', stop);

  try {
    if (signal?.aborted) stop();
    await until(socket, { event: 'connect', within: limit() });
  } catch (error) {
    release();
    throw fail('connect', (error as Error).message);
  }
  listen();
  if (isSecure) await secure(tls);

  function end(seen: string): void {
    ended ??= seen;
    socket.destroy();
    waiting?.reject(seen);
  }

  function listen(): void {
    socket.on('data', take);
    socket.on('error', (error) => end(socketSeen(error)));
    socket.on('close', () => end('the server closed the connection'));
  }

  function take(chunk: Buffer): void {
    try {
      for (const frame of frames.take(chunk)) hear(frame);
    } catch (error) {
      // Whatever it is that somebody sends: it ends this connection, and nothing else.
      end(`its answer cannot be read: ${visible((error as Error).message)}`);
    }
  }

  function hear(frame: Frame): void {
    if (frame.id === 0) end(`it ends the connection: ${resultSeen(resultOf(frame))}`);
    else if (frame.id !== waiting?.id) return;
    else if (parts.has(frame.operation)) waiting.onPart?.(frame);
    else waiting.resolve(resultOf(frame));
  }

  async function ask(request: Request, { step, onPart, allowed = [] }: Asking): Promise<Answer> {
    if (ended !== undefined) throw fail(step, ended);
    id += 1;
    request.messageId = id;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const wait = limit();
    const timer = setTimeout(() => end(slow(wait)), wait);
    waiting = { id, onPart, resolve, reject: (seen) => reject(fail(step, seen)) };
    socket.write(request.write());
    try {
      const answer = await promise;
      if (answer.code !== 0 && !allowed.includes(answer.code)) throw fail(step, resultSeen(answer), answer.code);
      return answer;
    } finally {
      clearTimeout(timer);
      waiting = undefined;
    }
  }

  async function secure(options: ConnectionOptions): Promise<void> {
    // What came in the clear would be taken for a part of what was said under TLS (CVE-2011-0411).
    if (frames.rest > 0) throw fail('TLS', 'the server speaks before TLS has begun');
    const plain = socket;
    plain.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close');
    const name = options.servername ?? (isIP(host) ? undefined : host);
    const over = connectTls({ ...options, socket: plain, host, ...(name === undefined ? {} : { servername: name }) });
    // It is the outer one whose faults count; the inner one must not end the process.
    plain.on('error', () => {});
    socket = over;
    frames = createFrames();
    try {
      await until(over, { event: 'secureConnect', within: limit() });
    } catch (error) {
      plain.destroy();
      release();
      ended = (error as Error).message;
      throw fail('TLS', ended);
    }
    listen();
  }

  return {
    server,
    ask,
    secure,
    close() {
      release();
      ended ??= 'the connection is closed';
      socket.removeAllListeners('data');
      // UnbindRequest (RFC 4511, section 4.3): nobody answers it, and nobody waits for it to arrive.
      if (socket.writable) socket.end(Buffer.from([0x30, 0x05, 0x02, 0x01, 0x7f, 0x42, 0x00]), () => socket.destroy());
      else socket.destroy();
      setTimeout(() => socket.destroy(), 1000).unref();
    },
  };
}

const slow = (wait: number): string => `no answer within ${Math.round(wait / 100) / 10} s`;

/** Waits for a socket's event; rejects, with the socket destroyed, when it fails or takes too long. */
async function until(socket: Socket, { event, within }: { event: string; within: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failed = (error: Error) => reject(new Error(socketSeen(error)));
  const closed = () => reject(new Error('the server closed the connection'));
  socket
    .once(event, () => resolve())
    .once('error', failed)
    .once('close', closed);
  const timer = setTimeout(() => reject(new Error(slow(within))), within);
  try {
    await promise;
    socket.removeListener('error', failed).removeListener('close', closed);
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function resultOf({ body, controls }: Frame): Answer {
  const code = body.integer(0x0a);
  body.skip();
  const message = body.text();
  const referrals: string[] = [];
  if (body.tag === 0xa3) for (const list = body.enter(0xa3); !list.isAtEnd; ) referrals.push(list.text());
  return { code, message, referrals, controls: controls() };
}

/** A reference has nothing but URLs (RFC 4511, section 4.5.3). */
export function referencesOf(body: BerReader): string[] {
  const urls: string[] = [];
  while (!body.isAtEnd) urls.push(body.text());
  return urls;
}

function addressOf(url: string): { host: string; port: number; isSecure: boolean } {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'ldaps:';
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(port) || (isSecure ? 636 : 389), isSecure };
}
