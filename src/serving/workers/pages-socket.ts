import { mkdtempSync, rmSync } from 'node:fs';
import { connect, isIPv6, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import type { Client } from '../http/client.ts';

/** A place for the socket that workers hand connections to, in a folder that nobody else may look into. */
export interface SocketPlace {
  readonly path: string;
  remove(): void;
}

/** `sun_path` of Linux has 108 bytes with its NUL. */
const longest = 107;

/** In the given folder, if its name is short enough and it can be written to; else in the system's folder for such. */
export function createSocketPlace(folder: string): SocketPlace {
  for (const parent of [folder, tmpdir()]) {
    try {
      const made = mkdtempSync(join(parent, '.offhook-'));
      const path = join(made, 'pages');
      const remove = () => rmSync(made, { recursive: true, force: true });
      if (Buffer.byteLength(path) <= longest) return { path, remove };
      remove();
    } catch {
      // The other one, then.
    }
  }
  throw new Error(`no socket can be made in ${folder} or ${tmpdir()}: neither can be written to`);
}

/**
 * Hands a whole connection over to the server behind a socket: first a line that says who the client is (the PROXY
 * protocol, version 1), then what the client has said already, then all that either of them says.
 */
export function passTo(path: string): (socket: Socket, head: Buffer, client: Pick<Client, 'address'>) => void {
  return (socket, head, { address }) => {
    const there = connect({ path, allowHalfOpen: true });
    there.write(Buffer.concat([Buffer.from(proxyLine(address, socket)), head]));
    // Each ends the other, and by itself only when all has arrived.
    pipeline(socket, there, (error) => error && there.destroy());
    pipeline(there, socket, (error) => error && socket.destroy());
  };
}

function proxyLine(address: string, { localAddress = '', localPort = 0, remotePort = 0 }: Socket): string {
  const own = localAddress.startsWith('::ffff:') && !isIPv6(address) ? localAddress.slice(7) : localAddress;
  if (address === '' || own === '' || isIPv6(own) !== isIPv6(address)) return 'PROXY UNKNOWN\r\n';
  return `PROXY TCP${isIPv6(address) ? 6 : 4} ${address} ${own} ${remotePort} ${localPort}\r\n`;
}
