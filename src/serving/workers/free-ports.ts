import { once } from 'node:events';
import { createServer } from 'node:net';
import { listen } from '../http/listen.ts';
import { bindSocket, resolveHost } from '../tftp/sockets.ts';
import type { Places } from './messages.ts';

/**
 * Throws a sentence when another program has one of the ports. Workers share theirs, and would share them with any
 * other program of this user that shares them too, another offhook, say: each would get some of the phones.
 */
export async function demandFreePorts({ host, httpPort, tftpPort }: Omit<Places, 'answerPorts'>): Promise<void> {
  const place = await resolveHost(host);
  if (tftpPort !== 0) bindSocket({ ...place, port: tftpPort, receiveBuffer: 65_536 }).close();
  if (httpPort === 0) return;
  const server = createServer();
  await listen(server, { host, port: httpPort });
  const closed = once(server, 'close');
  server.close();
  await closed;
}
