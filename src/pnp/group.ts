import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { Log } from '../log.ts';
import type { PnpSettings } from '../model/pnp.ts';

/** Where phones look for a server of configurations: sip.mcast.net (RFC 3261 section 23). */
const groupAddress = '224.0.1.75';

/** The socket that hears what is sent to the group. */
export interface Group {
  /** Resolves when it is open, or that failed and is tried again; never rejects. */
  open(): Promise<void>;
  close(): Promise<void>;
}

export interface GroupOptions {
  readonly settings: PnpSettings;
  readonly receive: (datagram: Uint8Array, from: RemoteInfo) => void;
  readonly log: Log;
  /** Milliseconds after which the port and the interfaces are looked at again: they come and go. */
  readonly every?: number;
}

/** IPv4 alone: no phone asks by IPv6. A PBX on the same machine keeps its port: only what is sent to the group comes here. */
export function createGroup({ settings, receive, log, every = 10_000 }: GroupOptions): Group {
  const joined = new Set<string>();
  const failed = new Map<string, string>();
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function follow(): void {
    const wanted = wantedAddresses(settings.interfaces);
    for (const address of joined) if (!wanted.has(address)) joined.delete(address);
    for (const [address, name] of wanted) if (!joined.has(address)) join(address, name);
    if (wanted.size === 0) fail('', 'none of its interfaces is there', { interfaces: settings.interfaces?.join(' ') });
  }

  function join(address: string, name: string): void {
    try {
      socket?.addMembership(groupAddress, address);
    } catch (error) {
      // Another address of the same interface was first, or it was away and is the same again.
      const { code } = Object(error);
      if (code !== 'EADDRINUSE') {
        fail(address, String(code), { interface: name, address });
        return;
      }
    }
    joined.add(address);
    failed.delete(address);
    failed.delete('');
    log.info('listening for phones that ask by multicast', { interface: name, address, port: settings.port });
  }

  /** Once, until it changes. */
  function fail(key: string, reason: string, fields: Record<string, string | undefined>): void {
    if (failed.get(key) !== reason) log.warn('cannot listen for phones that ask by multicast', { reason, ...fields });
    failed.set(key, reason);
  }

  /** A PBX may have the port, and give it back. */
  async function listen(): Promise<void> {
    try {
      const bound = await bind(settings.port);
      if (closed) return void bound.close();
      socket = bound;
      socket.on('message', receive);
      socket.on('error', (error) => fail('socket', error.message, {}));
      failed.delete('port');
    } catch (error) {
      fail('port', Object(error).code, { port: String(settings.port) });
    }
  }

  async function look(): Promise<void> {
    if (!socket) await listen();
    if (socket) follow();
    if (!closed) timer = setTimeout(look, every).unref();
  }

  return {
    open: look,
    async close() {
      closed = true;
      clearTimeout(timer);
      const open = socket;
      socket = undefined;
      if (open) await new Promise<void>((done) => open.close(() => done()));
    },
  };
}

/** Not every system lets a socket have the group's address; there it hears all that comes to the port. */
async function bind(port: number): Promise<Socket> {
  return bindTo(groupAddress, port).catch((error) => {
    if (error.code === 'EADDRINUSE') throw error;
    return bindTo('0.0.0.0', port);
  });
}

function bindTo(address: string, port: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const refuse = (error: Error) => {
    socket.close();
    reject(error);
  };
  socket.once('error', refuse);
  socket.bind({ address, port, exclusive: true }, () => {
    socket.off('error', refuse);
    makeRoom(socket);
    resolve(socket);
  });
  return promise;
}

/** For a building that comes back; the kernel may give less than is asked, and phones ask again. */
function makeRoom(socket: Socket): void {
  try {
    socket.setRecvBufferSize(1024 * 1024);
  } catch {
    // What there is does.
  }
}

/** Addresses of interfaces, each with the interface's name. The loopback must be named: no phone is there. */
function wantedAddresses(interfaces: readonly string[] | undefined): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, addresses = []] of Object.entries(networkInterfaces()))
    for (const { family, address, internal } of addresses) {
      const wanted = interfaces ? interfaces.includes(name) || interfaces.includes(address) : !internal;
      if (family === 'IPv4' && wanted) found.set(address, name);
    }
  return found;
}
