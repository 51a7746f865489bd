import type { Socket } from 'node:dgram';
import type { Failed, Wire } from './delivery.ts';
import type { Peer } from './fetch.ts';
import { writeDataHeader } from './packet.ts';

/** Sends through the sockets by their index. A packet that cannot be sent is lost, as any packet may be: never throws. */
export function createWire(sockets: readonly Pick<Socket, 'send' | 'getSendQueueCount'>[]): Wire {
  const headers = sockets.map(() => Buffer.allocUnsafe(4));

  /** Says whether packets wait in the socket's queue, because the kernel could not take them at once. */
  function transmit({ address, port, socket }: Peer, packet: readonly Buffer[], failed?: Failed): boolean {
    try {
      const through = sockets[socket]!;
      // Without a callback Node drops the error of a send; with one it costs a turn of the event loop.
      if (failed) through.send(packet, port, address, (error) => error && failed(error));
      else through.send(packet, port, address);
      return through.getSendQueueCount() > 0;
    } catch (error) {
      failed?.(error as NodeJS.ErrnoException);
      return false;
    }
  }

  return {
    send: (to, packet, failed) => void transmit(to, [packet], failed),
    data(to, { block, bytes }, failed) {
      const header = headers[to.socket]!;
      writeDataHeader(header, block & 0xffff);
      // Sent, the header is free again; queued, it belongs to its packet.
      if (transmit(to, [header, bytes], failed)) headers[to.socket] = Buffer.allocUnsafe(4);
    },
  };
}
