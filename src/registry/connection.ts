import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a PBX listens for programs. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  /** Absent: plain TCP. */
  readonly tls?: { readonly ca?: string; readonly server_name?: string };
}

export interface Connection {
  write(text: string): void;
  /** Nothing is told after it. */
  close(): void;
}

export interface ConnectionEvents {
  readonly opened: () => void;
  readonly data: (bytes: Buffer) => void;
  /** Told once, whoever closed it but oneself; a sentence. */
  readonly closed: (reason: string) => void;
}

export type Dial = (peer: Peer, events: ConnectionEvents) => Connection;

const patience = 10_000;
/** A peer that does not read is not there: more than this never waits to be sent. */
const mostUnsent = 4 * 1024 * 1024;

/** Opens a connection; a name that is unknown, a refusal, a certificate that is not trusted: all are told by `closed`. */
export const dial: Dial = (peer, { opened, data, closed }) => {
  let over = false;
  const socket = open(peer);
  const end = (reason: string) => {
    if (over) return;
    over = true;
    socket.destroy();
    closed(reason);
  };
  socket.setTimeout(patience, () => end(`no connection to ${place(peer)} within ${patience / 1_000} s`));
  socket.once(peer.tls ? 'secureConnect' : 'connect', () => {
    socket.setTimeout(0);
    socket.setKeepAlive(true, 30_000);
    if (!over) opened();
  });
  socket.on('data', (bytes: Buffer) => {
    if (!over) data(bytes);
  });
  socket.on('error', (error) => end(explain(error, peer)));
  socket.on('close', () => end(`${place(peer)} closed the connection`));
  return {
    write(text) {
      if (over) return;
      socket.write(text);
      if (socket.writableLength > mostUnsent) end(`${place(peer)} does not read what it is sent`);
    },
    close() {
      over = true;
      socket.destroy();
    },
  };
};

function open({ host, port, tls }: Peer): Socket {
  if (!tls) return connect({ host, port });
  const servername = tls.server_name ?? (isIP(host) === 0 ? host : undefined);
  return connectTls({ host, port, ca: tls.ca, servername });
}

const place = ({ host, port }: Peer): string => `${host}:${port}`;

const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name cannot be looked up',
  EHOSTUNREACH: 'no such host in its network',
  ENETUNREACH: 'no route leads there',
  ETIMEDOUT: 'it does not answer',
};

function explain(error: NodeJS.ErrnoException, peer: Peer): string {
  const meaning = meanings[error.code ?? ''];
  const words = meaning === undefined ? error.message.replace(/\p{Cc}+/gu, ' ').slice(0, 160) : meaning;
  return `${place(peer)}: ${words}${error.code && !words.includes(error.code) ? ` (${error.code})` : ''}`;
}
