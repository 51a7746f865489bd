import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Option, parsePacket, writeAck, writeRequest } from '../src/tftp/packet.ts';
import { createModelClient } from '../test/support/tftp-model-client.ts';

/** Where a transfer is left. */
export interface TftpState {
  readonly name: string;
  readonly options: readonly Option[];
  /** Whether the client says no more, asked at each packet that comes: the OACK (`blocks` 0), or a block. */
  leaves(at: { readonly blocks: number; readonly done: boolean }): boolean;
}

const options: readonly Option[] = [
  ['blksize', '1428'],
  ['windowsize', '4'],
];

export const tftpStates: readonly TftpState[] = [
  { name: 'after the request', options: [], leaves: () => true },
  { name: 'after the OACK', options, leaves: () => true },
  { name: 'after the first block', options: [], leaves: ({ blocks }) => blocks >= 1 },
  { name: 'after the seventh block, in mid-window', options, leaves: ({ blocks, done }) => blocks >= 7 || done },
  { name: 'after the 30th block', options, leaves: ({ blocks, done }) => blocks >= 30 || done },
  { name: 'after the last block', options, leaves: ({ done }) => done },
];

export interface Abandoning {
  readonly port: number;
  readonly path: string;
  readonly from: string;
}

const host = '127.0.0.1';

/** Begins a transfer and leaves it; resolves when it is left, with the socket, which stays open and silent. */
export async function abandonTftp({ port, path, from }: Abandoning, state: TftpState): Promise<Socket> {
  const socket = createSocket('udp4');
  const { promise: left, resolve, reject } = Promise.withResolvers<void>();
  const sizes = Object.fromEntries(state.options);
  const { blksize = 512, windowsize = 1 } = sizes;
  const shape = { blockSize: Number(blksize), windowSize: Number(windowsize), answersRepeats: true, answersGaps: true };
  const client = createModelClient(shape);
  let blocks = 0;
  let silent = false;
  socket.on('error', reject);
  socket.on('message', (datagram, { port: to }) => {
    if (silent) return;
    const packet = parsePacket(datagram);
    if (packet.kind === 'error') return reject(new Error(`${path}: ${packet.message}`));
    const block = packet.kind === 'data' ? client.data(packet.block, packet.bytes) : client.oack();
    if (packet.kind === 'data') blocks++;
    silent = state.leaves({ blocks, done: client.done() });
    if (silent) resolve();
    else if (block !== undefined) socket.send(writeAck(block), to, host);
  });
  socket.bind(0, from);
  await once(socket, 'listening');
  const request = writeRequest({ method: 'RRQ', path, mode: 'octet', options: state.options });
  const again = setInterval(() => blocks === 0 && socket.send(request, port, host), 2000);
  const giveUp = setTimeout(() => reject(new Error(`${path}: silence`)), 30_000);
  socket.send(request, port, host);
  await left.finally(() => {
    clearInterval(again);
    clearTimeout(giveUp);
  });
  return socket;
}
