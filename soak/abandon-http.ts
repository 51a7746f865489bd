import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Abandoning } from './abandon-tftp.ts';

/** Where a connection is left. */
export interface HttpState {
  readonly name: string;
  /** What has been sent by then. */
  readonly sent: (path: string) => string;
  /** Whether something of an answer has come by then, of which no more than a little is read. */
  readonly answered: boolean;
  /** Whether the server writes this down as a fetch. */
  readonly fetched: boolean;
  /** Seconds after which the server has ended it by itself (limits.ts of the HTTP server, and its looks at the clock). */
  readonly ends: number;
  /** Of a file that is larger than what the kernel takes for a client that does not read. */
  readonly large?: boolean;
}

const host = 'Host: 127.0.0.1\r\n';

export const httpStates: readonly HttpState[] = [
  { name: 'after the connection', sent: () => '', answered: false, fetched: false, ends: 15 },
  { name: 'in the request line', sent: (path) => `GET /${path} HT`, answered: false, fetched: false, ends: 15 },
  {
    name: 'in the headers',
    sent: (path) => `GET /${path} HTTP/1.1\r\n${host}Range: by`,
    answered: false,
    fetched: false,
    ends: 15,
  },
  {
    name: 'in the body of the request',
    sent: (path) => `POST /${path} HTTP/1.1\r\n${host}Content-Length: 100000\r\n\r\n${'x'.repeat(1000)}`,
    answered: false,
    fetched: true,
    ends: 35,
  },
  {
    name: 'in the body of the answer',
    sent: (path) => `GET /${path} HTTP/1.1\r\n${host}\r\n`,
    answered: true,
    fetched: true,
    ends: 70,
    large: true,
  },
  {
    name: 'after the answer',
    sent: (path) => `GET /${path} HTTP/1.1\r\n${host}Range: bytes=0-9\r\n\r\n`,
    answered: true,
    fetched: true,
    ends: 15,
  },
];

/** How it is left: broken off, closed in both directions, or in one, or not at all, so that the server has to. */
export const endings = ['reset', 'close', 'half-close', 'silence'] as const;
export type Ending = (typeof endings)[number];

/** Resolves when it is left; the socket may be open. */
export async function abandonHttp({ port, path, from }: Abandoning, state: HttpState, ending: Ending): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
  await once(socket, 'connect');
  socket.on('error', () => {});
  const sent = state.sent(path);
  if (sent !== '') await new Promise<unknown>((done) => socket.write(sent, done));
  if (state.answered) await Promise.race([once(socket, 'data'), sleep(10_000)]);
  // Not a byte more is read: what the kernel does not take stays with the server.
  socket.pause();
  if (ending === 'reset') socket.resetAndDestroy();
  if (ending === 'close') socket.destroy();
  if (ending === 'half-close') socket.end();
  return socket;
}
