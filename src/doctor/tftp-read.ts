import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Option, parsePacket, writeAck, writeError, writeRequest } from '../tftp/packet.ts';

export interface TftpQuestion {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  readonly path: string;
  readonly options: readonly Option[];
  /** How often an answer is waited for, and how long each time (ms). */
  readonly tries?: number;
  readonly patience?: number;
}

/** What came of it. `heard`: the server answered at all; `bytes` that came before it went silent. */
export type TftpAnswer =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly code: number; readonly message: string }
  | { readonly kind: 'silent'; readonly heard: boolean; readonly bytes: number }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** A file that is larger is none of ours. */
const mostBytes = 64 * 1024 * 1024;

/** Reads a file as a client of RFC 1350 does, one block at a time, with the options that it is given (RFC 2347, 2348). Never rejects. */
export function readTftp({
  address,
  port,
  path,
  options,
  tries = 3,
  patience = 1000,
}: TftpQuestion): Promise<TftpAnswer> {
  const { promise, resolve } = Promise.withResolvers<TftpAnswer>();
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const blocks: Buffer[] = [];
  let last = writeRequest({ method: 'RRQ', path, mode: 'octet', options });
  let blockSize = 512;
  let size = 0;
  /** The server's transfer ID. */
  let peer = port;
  let heard = false;
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;

  let over = false;
  const end = (answer: TftpAnswer) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    resolve(answer);
    // What was sent last is still to leave.
    setImmediate(() => socket.close());
  };
  const transmit = () => {
    clearTimeout(timer);
    if (sent++ === tries) end({ kind: 'silent', heard, bytes: size });
    else {
      socket.send(last, peer, address, (error) => error && end({ kind: 'unreachable', reason: error.message }));
      timer = setTimeout(transmit, patience);
    }
  };
  const acknowledge = (block: number) => {
    last = writeAck(block & 0xffff);
    sent = 0;
    transmit();
  };

  function receive(datagram: Buffer, from: RemoteInfo): void {
    const packet = parsePacket(datagram);
    if (heard && from.port !== peer) socket.send(writeError('unknown-tid'), from.port, from.address);
    else if (packet.kind === 'error') end({ kind: 'refused', code: packet.code, message: packet.message });
    else if (packet.kind === 'oack' && blocks.length === 0) {
      [heard, peer] = [true, from.port];
      blockSize = Number(packet.options.find(([name]) => name.toLowerCase() === 'blksize')?.[1] ?? blockSize);
      acknowledge(0);
    } else if (packet.kind === 'data' && packet.block === ((blocks.length + 1) & 0xffff)) {
      [heard, peer] = [true, from.port];
      take(packet.block, packet.bytes);
    }
  }

  function take(block: number, bytes: Buffer): void {
    blocks.push(Buffer.from(bytes));
    size += bytes.length;
    if (bytes.length >= blockSize && size < mostBytes) acknowledge(block);
    else socket.send(writeAck(block), peer, address, () => end({ kind: 'whole', bytes: Buffer.concat(blocks) }));
  }

  socket.on('message', receive);
  socket.on('error', (error) => end({ kind: 'unreachable', reason: error.message }));
  transmit();
  return promise;
}
