import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { certificateOf } from '../access/certificate.ts';
import { addressOf, type Client, type IsProxy, readClient } from './client.ts';
import { type ProxyHeader, readProxyHeader } from './proxy-header.ts';
import { handshakeFault, type Tls } from './tls.ts';

export interface EntranceOptions {
  readonly isProxy: IsProxy;
  /** The other end is a thread of ours: what it says of the client is believed, the certificate too. */
  readonly isOwn?: boolean;
  /** How long a proxy may take to say whom it brings (ms). */
  readonly patience: number;
  /** Gets every connection whose client is known. */
  admit(socket: Socket, client: Client): void;
  /** A handshake came to nothing. */
  failed(address: string, reason: string): void;
}

/** What stands between a connection and its first request: the PROXY protocol, and TLS. */
export interface Entrance {
  enter(socket: Socket): void;
  /** Handshakes that begin from now on are made by this one; undefined: there are none. */
  use(tls: Tls | undefined): void;
  /** Ends what has stood here for too long; called now and then. */
  sweep(): void;
  /** Ends all that stands here. */
  close(): void;
}

interface Handshake {
  readonly socket: Socket;
  readonly address: string;
}

export function createEntrance(options: EntranceOptions): Entrance {
  const { isProxy, isOwn = false, patience, admit, failed } = options;
  /** Connections of proxies that have not said yet whom they bring, and since when (`performance.now()`). */
  const unread = new Map<Socket, number>();
  /** By the other end's address and port: TLS has no other word for the connection below it. */
  const handshakes = new Map<string, Handshake>();
  let tls: Tls | undefined;

  const goIn = (socket: Socket, client: Client) => {
    if (tls === undefined) {
      admit(socket, client);
      return;
    }
    const { address } = client;
    const key = endOf(socket);
    handshakes.set(key, { socket, address });
    socket.on('error', ignore).once('close', () => handshakes.delete(key));
    tls.server.emit('connection', socket);
  };

  const succeed = (socket: TLSSocket, asked: boolean) => {
    const key = endOf(socket);
    const handshake = handshakes.get(key);
    handshakes.delete(key);
    if (handshake === undefined) return socket.destroy();
    const certificate = asked ? certificateOf(socket) : undefined;
    admit(socket, { protocol: 'https', address: handshake.address, certificate });
  };

  const fail = (error: Error, socket: TLSSocket) => {
    const handshake = handshakes.get(endOf(socket));
    if (handshake !== undefined && handshake.socket.bytesRead > 0) failed(handshake.address, handshakeFault(error));
    socket.destroy();
    handshake?.socket.destroy();
  };

  return {
    enter(socket) {
      const address = addressOf(socket);
      if (!isProxy(address)) return goIn(socket, { protocol: 'http', address });
      unread.set(socket, performance.now());
      readFromProxy(socket, (brought) => {
        unread.delete(socket);
        if (brought === undefined) return;
        goIn(socket, clientOf(brought, address, isOwn));
        // TLS reads what lies below by itself, with what was put back.
        if (tls === undefined) socket.resume();
      });
    },
    use(next) {
      tls = next;
      tls?.server.on('secureConnection', (socket) => succeed(socket, next?.asks === true)).on('tlsClientError', fail);
    },
    sweep() {
      for (const [socket, since] of unread) if (performance.now() - since > patience) socket.destroy();
    },
    close() {
      for (const socket of unread.keys()) socket.destroy();
      for (const { socket } of handshakes.values()) socket.destroy();
    },
  };
}

/** Whom a proxy brings; itself, when it names nobody. */
function clientOf({ address, isSecure, more }: Brought, peer: string, isOwn: boolean): Client {
  if (isOwn && more !== undefined) return readClient(more) ?? { protocol: 'http', address: peer };
  return { protocol: isSecure ? 'https' : 'http', address: address ?? peer };
}

type Brought = Omit<ProxyHeader, 'length'>;

/** What goes wrong with a connection is seen when it closes. */
const ignore = () => {};

const endOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

/**
 * Takes the header of the PROXY protocol off, if there is one. `then` gets what it says, and undefined when the
 * connection is over.
 */
function readFromProxy(socket: Socket, then: (brought: Brought | undefined) => void): void {
  let bytes = Buffer.alloc(0);
  const close = () => then(undefined);
  const data = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header === 'incomplete') return;
    if (header === 'malformed') {
      socket.destroy();
      return;
    }
    const { length, ...brought } = header === 'none' ? { length: 0 } : header;
    socket.off('data', data).off('end', end).off('close', close).pause();
    if (length < bytes.length) socket.unshift(bytes.subarray(length));
    then(brought);
  };
  const end = () => socket.destroy();
  socket.on('data', data).once('end', end).once('close', close).on('error', ignore);
}
