import { type Option, parsePacket, writeAck, writeRequest } from '../../src/tftp/packet.ts';
import { createModelClient } from './tftp-model-client.ts';
import { openUdp } from './udp-socket.ts';

export interface FetchRequest {
  readonly port: number;
  readonly path: string;
  readonly mode?: string;
  readonly options?: Readonly<Record<string, string | number>>;
  readonly address?: string;
  /** What happens after the first packet has come and before it is acknowledged. */
  pause?(): Promise<unknown>;
}

/** Fetches a file over a network without faults; rejects with the text of an ERROR. */
export async function fetchTftp(request: FetchRequest): Promise<Buffer> {
  const { port, path, mode = 'octet', options = {}, address } = request;
  let { pause } = request;
  const socket = openUdp(address);
  try {
    const asked = Object.entries(options).map(([name, value]): Option => [name, String(value)]);
    socket.send(writeRequest({ method: 'RRQ', path, mode, options: asked }), port);
    const plain = { blockSize: 512, windowSize: 1, answersRepeats: true, answersGaps: true };
    let client = createModelClient(plain);
    while (!client.done()) {
      const received = await socket.next();
      await pause?.();
      pause = undefined;
      const packet = parsePacket(received.packet);
      if (packet.kind === 'error') throw new Error(packet.message);
      if (packet.kind === 'oack') client = createModelClient({ ...plain, ...agreedIn(packet.options) });
      const ack = packet.kind === 'data' ? client.data(packet.block, packet.bytes) : 0;
      if (ack !== undefined) socket.send(writeAck(ack), received.port);
    }
    return client.bytes();
  } finally {
    socket.close();
  }
}

function agreedIn(options: readonly Option[]): { blockSize?: number; windowSize?: number } {
  const { blksize, windowsize } = Object.fromEntries(options);
  return { ...(blksize && { blockSize: Number(blksize) }), ...(windowsize && { windowSize: Number(windowsize) }) };
}
