import { mkdtempSync, readdirSync, rm, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { type Client, writeClient } from '../http/client.ts';
import { writeProxyHeader } from '../http/proxy-header.ts';

/** A place for the socket that workers hand connections to, in a folder that nobody else may look into. */
export interface SocketPlace {
  readonly path: string;
  remove(): void;
}

/** `sun_path` of Linux has 108 bytes with its NUL. */
const longest = 107;
const prefix = '.offhook-';
const socketName = 'pages';

/** In the given folder, if its name is short enough and it can be written to; else in the system's folder for such. */
export function createSocketPlace(folder: string): SocketPlace {
  clearKilled(folder);
  for (const parent of [folder, tmpdir()]) {
    try {
      const made = mkdtempSync(join(parent, prefix));
      const path = join(made, socketName);
      const remove = () => rmSync(made, { recursive: true, force: true });
      if (Buffer.byteLength(path) <= longest) return { path, remove };
      remove();
    } catch {
      // The other one, then.
    }
  }
  throw new Error(`no socket can be made in ${folder} or ${tmpdir()}: neither can be written to`);
}

/** A daemon that was killed leaves its socket there, at which nobody listens. */
function clearKilled(folder: string): void {
  for (const name of foldersIn(folder)) {
    const left = join(folder, name);
    const there = connect(join(left, socketName), () => there.destroy());
    there.on('error', (error: NodeJS.ErrnoException) => {
      // What cannot be taken away harms nobody.
      if (error.code === 'ECONNREFUSED') rm(left, { recursive: true, force: true }, () => {});
    });
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith(prefix));
  } catch {
    return [];
  }
}

/**
 * Hands a whole connection over to the server behind a socket: first who the client is and what it showed of itself (by
 * the PROXY protocol), then what it has said already, then all that either of them says.
 */
export function passTo(path: string): (socket: Socket, head: Buffer, client: Client) => void {
  return (socket, head, client) => {
    const there = connect({ path, allowHalfOpen: true });
    there.write(Buffer.concat([writeProxyHeader(writeClient(client)), head]));
    // Two pipelines have more listeners on a TLS socket than Node takes for sound.
    socket.setMaxListeners(20);
    // Each ends the other, and by itself only when all has arrived.
    pipeline(socket, there, (error) => error && there.destroy());
    pipeline(there, socket, (error) => error && socket.destroy());
  };
}
