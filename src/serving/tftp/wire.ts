import type { Socket } from 'node:dgram';
import type { Failed, Wire } from './delivery.ts';
import type { Peer } from './fetch.ts';
import { writeDataHeader } from './packet.ts';

/** Sends through the sockets by their index. A packet that cannot be sent is lost, as any packet may be: never throws. */
export function createWire(sockets: readonly Socket[]): Wire {
  const headers = sockets.map(() => Buffer.allocUnsafe(4));

  function transmit({ address, port, socket }: Peer, packet: readonly Buffer[], failed?: Failed): void {
    try {
      // Without a callback Node drops the error of a send; with one it costs a turn of the event loop.
      if (failed) sockets[socket]!.send(packet, port, address, (error) => error && failed(error));
      else sockets[socket]!.send(packet, port, address);
    } catch (error) {
      failed?.(error as NodeJS.ErrnoException);
    }
  }

  return {
    send: (to, packet, failed) => transmit(to, [packet], failed),
    data(to, { block, bytes }, failed) {
      const header = headers[to.socket]!;
      writeDataHeader(header, block & 0xffff);
      transmit(to, [header, bytes], failed);
      // Sent, the header is free again; queued, because the socket is full, it belongs to that packet.
      if (sockets[to.socket]!.getSendQueueCount() > 0) headers[to.socket] = Buffer.allocUnsafe(4);
    },
  };
}
