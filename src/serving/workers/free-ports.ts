import { once } from 'node:events';
import { createServer } from 'node:net';
import { type ListenOptions, listen } from '../http/listen.ts';
import { bindSocket, resolveHost } from '../tftp/sockets.ts';
import type { Places } from './messages.ts';

/**
 * Throws a sentence when another program has one of the ports. Workers share theirs, and would share them with any
 * other program of this user that shares them too, another offhook, say: each would get some of the phones.
 */
export async function demandFreePorts(places: Omit<Places, 'answerPorts'>): Promise<void> {
  const { host, httpPort, tftpPort, httpsPort = 0 } = places;
  const place = await resolveHost(host);
  if (tftpPort !== 0) bindSocket({ ...place, port: tftpPort, receiveBuffer: 65_536 }).close();
  if (httpPort !== 0) await portIfFree({ host, port: httpPort });
  if (httpsPort !== 0) await demandFreePort(host, httpsPort);
}

/** For HTTPS. */
export async function demandFreePort(host: string, port: number): Promise<void> {
  await portIfFree({ host, port, secure: true });
}

/** The port, or one that is free at the moment, for 0. */
export const portOf = async (host: string, port: number): Promise<number> =>
  port === 0 ? portIfFree({ host, port }) : port;

async function portIfFree(options: ListenOptions): Promise<number> {
  const server = createServer();
  const { port } = await listen(server, options);
  const closed = once(server, 'close');
  server.close();
  await closed;
  return port;
}
