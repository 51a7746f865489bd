import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Libc } from './libc.ts';
import { parseHost } from './messages.ts';

/** An address to bind; the name of a host is resolved once, here, and never for a packet. */
export interface Place {
  readonly address: string;
  readonly family: 4 | 6;
}

export async function resolveHost(host: string): Promise<Place> {
  const { address, family } = isIP(host) === 0 ? await lookup(host) : { address: host, family: isIP(host) };
  return { address, family: family === 6 ? 6 : 4 };
}

export interface Binding extends Place {
  /** 0: any. */
  readonly port: number;
  /** Several workers on one port (SO_REUSEPORT). */
  readonly reusePort?: boolean;
  /** Bytes that are asked for; the kernel may give less. */
  readonly receiveBuffer: number;
}

/** A socket with its descriptor, if we are to know it. */
export interface Bound {
  readonly socket: Socket;
  readonly descriptor?: number;
}

/** Binds at once; with a C library, and for IPv4, so that the descriptor is known. Throws as `bindSocket` does. */
export function bind(binding: Binding, libc?: Libc): Bound {
  const descriptor = libc && binding.family === 4 ? openDescriptor(binding, libc) : undefined;
  if (!libc || descriptor === undefined) return { socket: bindSocket(binding) };
  const socket = createSocketOf(binding);
  try {
    socket.bind({ fd: descriptor, exclusive: true });
    return { socket, descriptor };
  } catch {
    libc.close(descriptor);
    return { socket: bindSocket(binding) };
  }
}

// From Linux' uapi headers, alike on x64 and arm64.
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;

/** Undefined when anything is wrong with it: whoever binds in the ordinary way then learns what. */
function openDescriptor({ address, port, reusePort }: Binding, libc: Libc): number | undefined {
  const descriptor = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return undefined;
  const one = Buffer.from([1, 0, 0, 0]);
  const name = Buffer.alloc(16);
  name.writeUInt16LE(AF_INET, 0);
  name.writeUInt16BE(port, 2);
  name.writeInt32BE(parseHost(address), 4);
  const shared = !reusePort || libc.setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, one, one.length) === 0;
  if (shared && libc.bind(descriptor, name, name.length) === 0) return descriptor;
  libc.close(descriptor);
  return undefined;
}

/** Binds at once. Throws an error whose message is a sentence with the remedy, and whose cause is the system's. */
export function bindSocket(binding: Binding): Socket {
  const { address, port } = binding;
  const socket = createSocketOf(binding);
  try {
    socket.bindSync({ address, port });
    return socket;
  } catch (error) {
    socket.close();
    throw new Error(bindSentence(error as NodeJS.ErrnoException, { address, port }), { cause: error });
  }
}

function createSocketOf({ family, reusePort = false, receiveBuffer }: Binding): Socket {
  return createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    reusePort,
    recvBufferSize: receiveBuffer,
    // Addresses of clients are never names: this spares dgram a look-up for each packet.
    lookup: (host, _options, done) => done(null, host, family),
  });
}

function bindSentence({ code, message }: NodeJS.ErrnoException, { address, port }: { address: string; port: number }) {
  const what = `TFTP cannot listen on UDP port ${port} of ${address}`;
  if (code === 'EACCES')
    return (
      `${what}: this user may not bind a port below 1024. Give the program the right (setcap cap_net_bind_service=+ep on ` +
      'node, or AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit), lower the bound ' +
      `(sysctl net.ipv4.ip_unprivileged_port_start=${port}), or choose another --tftp-port and redirect port ${port} to it.`
    );
  if (code === 'EADDRINUSE')
    return `${what}: another program has it, perhaps another TFTP server. Stop that one, or choose another --tftp-port.`;
  if (code === 'EADDRNOTAVAIL') return `${what}: this machine has no such address. Choose another --host.`;
  return `${what}: ${message}`;
}

/** The sentence for the log when the kernel gave the socket less than was asked for; undefined when it did not. */
export function receiveBufferSentence(got: number, asked: number, platform = process.platform): string | undefined {
  const given = platform === 'linux' ? got / 2 : got; // Linux tells twice what it gives: the rest is for its own use
  if (given >= asked) return undefined;
  return (
    `TFTP asked for a receive buffer of ${asked} bytes and got ${given}: when many phones boot at once the kernel drops ` +
    `their first packets. Set sysctl net.core.rmem_max=${asked}.`
  );
}
