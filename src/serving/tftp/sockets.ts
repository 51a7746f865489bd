import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

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

/** Binds at once. Throws an error whose message is a sentence with the remedy, and whose cause is the system's. */
export function bindSocket({ address, family, port, reusePort = false, receiveBuffer }: Binding): Socket {
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    reusePort,
    recvBufferSize: receiveBuffer,
    // Addresses of clients are never names: this spares dgram a look-up for each packet.
    lookup: (host, _options, done) => done(null, host, family),
  });
  try {
    socket.bindSync({ address, port });
    return socket;
  } catch (error) {
    socket.close();
    throw new Error(bindSentence(error as NodeJS.ErrnoException, { address, port }), { cause: error });
  }
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
