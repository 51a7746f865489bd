import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Address } from '../sip/notify-request.ts';

/** The UDP side: one standing socket for each address family, opened when it is first needed. */
export interface Sockets {
  /** Where answers from this target come to. Throws the system's error: no such address, port taken, no route. */
  localFor(target: Address): Address;
  /** The error is the system's: no route, not allowed. */
  send(bytes: Uint8Array, target: Address, failed: (error: Error) => void): void;
  close(): Promise<void>;
}

export interface SocketsOptions {
  /** The address that NOTIFYs come from; each route's own when none is given. */
  readonly localAddress?: string;
  /** 0 for one that the system chooses. */
  readonly port: number;
  readonly receive: (datagram: Uint8Array, from: RemoteInfo) => void;
  /** An error of the socket itself; it goes on. */
  readonly failed: (error: Error) => void;
}

/** Room for the answers to a burst. The kernel's default of 208 KiB loses some; it may give less than is asked. */
const receiveBufferSize = 4 * 1024 * 1024;

export function createSockets(options: SocketsOptions): Sockets {
  const standing = new Map<Family, Standing>();
  const routes = createRoutes();

  function standingFor({ address }: Address): Standing {
    const family = familyOf(address);
    const found = standing.get(family) ?? openSocket(family, options);
    standing.set(family, found);
    return found;
  }

  return {
    localFor(target) {
      const { local } = standingFor(target);
      return local.address === '0.0.0.0' || local.address === '::'
        ? { address: routes.addressFor(target.address), port: local.port }
        : local;
    },
    send(bytes, target, failed) {
      const { socket } = standingFor(target);
      socket.send(bytes, 0, bytes.length, target.port, target.address, (error) => {
        if (error && !isPassing(error)) failed(error);
      });
    },
    async close() {
      const sockets = [...standing.values()];
      standing.clear();
      await Promise.all(sockets.map(({ socket }) => new Promise<void>((done) => socket.close(() => done()))));
    },
  };
}

/** A queue was full: the datagram is lost like any other, and is sent again like any other. */
function isPassing(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOBUFS' || error.code === 'EAGAIN';
}

type Family = 'udp4' | 'udp6';

interface Standing {
  readonly socket: Socket;
  readonly local: Address;
}

const familyOf = (address: string): Family => (isIPv6(address) ? 'udp6' : 'udp4');

function openSocket(type: Family, { localAddress, port, receive, failed }: SocketsOptions): Standing {
  const family = type === 'udp6' ? 6 : 4;
  // Targets are addresses: looking them up would only cost time, and a name must never be asked for.
  const socket = createSocket({ type, ipv6Only: family === 6, lookup: (host, _, found) => found(null, host, family) });
  socket.on('message', receive);
  socket.on('error', failed);
  const own = localAddress !== undefined && familyOf(localAddress) === type;
  try {
    const { address, port: bound } = socket.bindSync({ port, address: own ? localAddress : undefined });
    makeRoom(socket, failed);
    return { socket, local: { address, port: bound } };
  } catch (error) {
    socket.close();
    throw error;
  }
}

function makeRoom(socket: Socket, failed: (error: Error) => void): void {
  try {
    socket.setRecvBufferSize(receiveBufferSize);
  } catch (error) {
    failed(error as Error);
  }
}

/** How long the address of a route is believed, in milliseconds. */
const routeLife = 60_000;

/** Asks the system, once a minute for each /24 or /64, which address of this machine speaks to a target. */
function createRoutes(): { addressFor(address: string): string } {
  const known = new Map<string, { address: string; until: number }>();
  return {
    addressFor(address) {
      const network = isIPv6(address) ? address.split(':', 4).join(':') : address.replace(/\.\d+$/, '');
      const now = performance.now();
      const route = known.get(network);
      if (route && route.until > now) return route.address;
      if (known.size > 10_000) known.clear();
      const fresh = { address: askRoute(address), until: now + routeLife };
      known.set(network, fresh);
      return fresh.address;
    },
  };
}

/** Connecting a UDP socket sends nothing; the system only chooses a route and with it the address. */
function askRoute(address: string): string {
  const socket = createSocket(familyOf(address));
  try {
    socket.connectSync(9, address);
    return socket.address().address;
  } finally {
    socket.close();
  }
}
