import type { Libc } from './libc.ts';

/**
 * Memory for so many datagrams as recvmmsg(2) and sendmmsg(2) want it: Linux, 64 bits, little-endian (`struct mmsghdr`,
 * `msghdr`, `iovec`, `sockaddr_in`; the same for glibc and musl). It is laid out once and stays where it is.
 */
export interface Messages {
  readonly count: number;
  /** The headers, for the call. */
  readonly headers: Buffer;
  /** Where the header of a datagram is. */
  pointerTo(index: number): bigint;
  /** The memory of a datagram. */
  readonly slots: readonly Buffer[];
  /** Of a datagram that came. */
  lengthOf(index: number): number;
  /** Host order: 127.0.0.1 is 0x7f000001, as a signed number. */
  hostOf(index: number): number;
  portOf(index: number): number;
  /** Of a datagram that is to be sent. */
  address(index: number, to: { readonly host: number; readonly port: number; readonly length: number }): void;
}

/** Bytes of a datagram that there is room for; what comes is cut, what is sent must fit. */
export const slotSize = 2048;

const headerSize = 64;
const vectorSize = 16;
const nameSize = 16;
const AF_INET = 2;

export function createMessages({ pointerTo }: Pick<Libc, 'pointerTo'>, count: number): Messages {
  const allocate = (size: number) => Buffer.allocUnsafeSlow(size * count).fill(0);
  const headers = allocate(headerSize);
  const vectors = allocate(vectorSize);
  const names = allocate(nameSize);
  const data = allocate(slotSize);
  const at = {
    headers: pointerTo(headers),
    vectors: pointerTo(vectors),
    names: pointerTo(names),
    data: pointerTo(data),
  };
  for (let index = 0; index < count; index++) {
    vectors.writeBigUInt64LE(at.data + BigInt(index * slotSize), index * vectorSize);
    vectors.writeBigUInt64LE(BigInt(slotSize), index * vectorSize + 8);
    headers.writeBigUInt64LE(at.names + BigInt(index * nameSize), index * headerSize);
    headers.writeUInt32LE(nameSize, index * headerSize + 8);
    headers.writeBigUInt64LE(at.vectors + BigInt(index * vectorSize), index * headerSize + 16);
    headers.writeBigUInt64LE(1n, index * headerSize + 24);
    names.writeUInt16LE(AF_INET, index * nameSize);
  }
  const pointers = Array.from({ length: count }, (_, index) => at.headers + BigInt(index * headerSize));
  return {
    count,
    headers,
    pointerTo: (index) => pointers[index]!,
    slots: Array.from({ length: count }, (_, index) => data.subarray(index * slotSize, (index + 1) * slotSize)),
    lengthOf: (index) => headers.readUInt32LE(index * headerSize + 56),
    hostOf: (index) => names.readInt32BE(index * nameSize + 4),
    portOf: (index) => names.readUInt16BE(index * nameSize + 2),
    address(index, { host, port, length }) {
      names.writeUInt16BE(port, index * nameSize + 2);
      names.writeInt32BE(host, index * nameSize + 4);
      vectors.writeUInt32LE(length, index * vectorSize + 8);
    },
  };
}

export const formatHost = (host: number): string =>
  `${host >>> 24}.${(host >>> 16) & 255}.${(host >>> 8) & 255}.${host & 255}`;

/** Of a dotted IPv4 address. */
export function parseHost(address: string): number {
  return address.split('.').reduce((host, part) => (host << 8) | Number(part), 0);
}
