import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A PBX's port, until the test ends. */
export interface Listening {
  readonly port: number;
  /** Those that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Ends every connection. */
  hangUp(): void;
}

export async function listen(answer: (socket: Socket) => void): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    answer(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    hangUp();
    server.close();
  });
  return { port: Object(server.address()).port, sockets, hangUp };
}
