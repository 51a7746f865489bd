import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

export interface Listening {
  readonly address: string;
  readonly port: number;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** A local socket to listen on instead: the path of a Unix domain socket. */
  readonly path?: string;
  /** Several threads or processes listen on one port, and the kernel shares the connections out among them. */
  readonly reusePort?: boolean;
  /** It is HTTPS that is spoken there, for the words of an error. */
  readonly secure?: boolean;
}

/** How many connections the kernel keeps until they are accepted, at most: a building full of phones. */
const backlog = 4096;

/** Throws an Error whose message is a sentence with the remedy, and whose cause is the system's. */
export async function listen(server: Server, options: ListenOptions): Promise<Listening> {
  const { host, port, path, reusePort } = options;
  try {
    const listening = once(server, 'listening');
    server.listen(path === undefined ? { host, port, reusePort, backlog } : { path, backlog });
    await listening;
  } catch (cause) {
    throw new Error(path === undefined ? sentence(cause, options) : `cannot serve HTTP on ${path}: ${cause}`, {
      cause,
    });
  }
  const given = server.address();
  return given === null || typeof given === 'string' ? { address: given ?? '', port: 0 } : placeOf(given);
}

const placeOf = ({ address, port }: AddressInfo): Listening => ({ address, port });

function sentence(error: unknown, { host, port, secure = false }: ListenOptions): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const option = secure ? '--https-port' : '--http-port';
  const failed = `cannot serve ${secure ? 'HTTPS' : 'HTTP'} on port ${port} of ${host}`;
  if (code === 'EACCES')
    return `${failed}: this user may not bind a port below 1024; give another port (${option}), or the right to it: AmbientCapabilities=CAP_NET_BIND_SERVICE in a systemd unit, sysctl net.ipv4.ip_unprivileged_port_start=${port} in a container`;
  if (code === 'EADDRINUSE')
    return `${failed}: another program has it, ss -ltnp shows which; end that one or give another port (${option})`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${failed}: this machine has no such address; give one that it has (--host), or 0.0.0.0 for all`;
  return `${failed}: ${error instanceof Error ? error.message : error}`;
}
