import type { Socket } from 'node:dgram';
import { dataHeader, writeDataHeader } from '../../tftp/packet.ts';
import type { Batch } from './batch.ts';
import type { Failed, Wire } from './delivery.ts';
import type { Peer } from './fetch.ts';

/** Packets up to this length are kept, one of each length, and filled again and again. */
const kept = 2048;

/**
 * Sends through the sockets by their index, many packets at a time where there is a batch. A packet that cannot be sent
 * is lost, as any packet may be: never throws.
 */
export function createWire(sockets: readonly Pick<Socket, 'send' | 'getSendQueueCount'>[], batch?: Batch): Wire {
  const packets = new Map<number, Buffer>();

  /** Says whether packets wait in the socket's queue, because the kernel could not take them at once. */
  function transmit({ address, port, socket }: Peer, packet: Buffer, failed?: Failed): boolean {
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

  function packetOf(length: number): Buffer {
    const packet = packets.get(length) ?? Buffer.allocUnsafeSlow(length);
    if (length <= kept) packets.set(length, packet);
    return packet;
  }

  /** Who wants to hear of a failure is sent to at once. */
  const place = (to: Peer, length: number, failed?: Failed): Buffer | undefined =>
    failed ? undefined : batch?.place(to, length);

  return {
    send(to, packet, failed) {
      const placed = place(to, packet.length, failed);
      if (placed) packet.copy(placed);
      else transmit(to, packet, failed);
    },
    data(to, { block, bytes }, failed) {
      const length = dataHeader + bytes.length;
      const placed = place(to, length, failed);
      // Copied behind its header: the kernel takes one piece faster than two.
      const packet = placed ?? packetOf(length);
      writeDataHeader(packet, block & 0xffff);
      bytes.copy(packet, dataHeader);
      // Sent, the packet is free again; queued, it must keep what it says.
      if (!placed && transmit(to, packet, failed)) packets.delete(length);
    },
  };
}
