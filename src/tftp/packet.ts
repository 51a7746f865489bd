/** The packets of TFTP, read and written (RFC 1350 section 5, RFC 2347). Reading never throws; numbers are big-endian. */

export const opcodes = { rrq: 1, wrq: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;

/** RFC 1350 section 5 and RFC 2347; the text is what the client is told, and says no more than it needs. */
export const errors = {
  undefined: { code: 0, text: 'Try again later' },
  'not-found': { code: 1, text: 'File not found' },
  access: { code: 2, text: 'Access violation' },
  'disk-full': { code: 3, text: 'Disk full' },
  illegal: { code: 4, text: 'Illegal TFTP operation' },
  'unknown-tid': { code: 5, text: 'Unknown transfer ID' },
  exists: { code: 6, text: 'File already exists' },
  'no-user': { code: 7, text: 'No such user' },
  options: { code: 8, text: 'Options refused' },
} as const;

export type ErrorName = keyof typeof errors;

/** Name and value as they came over the wire: names are case-insensitive, values decimal (RFC 2347). */
export type Option = readonly [name: string, value: string];

export type Packet =
  | Request
  | { readonly kind: 'data'; readonly block: number; readonly bytes: Buffer }
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'oack'; readonly options: readonly Option[] }
  | { readonly kind: 'malformed'; readonly opcode: number; readonly reason: string };

export interface Request {
  readonly kind: 'request';
  readonly method: 'RRQ' | 'WRQ';
  readonly path: string;
  /** In lower case: `octet`, `netascii`, or whatever the client wrote. */
  readonly mode: string;
  readonly options: readonly Option[];
}

/** The opcode, or -1 of a datagram that is too short to have one. */
export const opcodeOf = (packet: Buffer): number => (packet.length < 2 ? -1 : packet.readUInt16BE(0));

/** The block number of a DATA or ACK, or -1 of one that is too short. */
export const blockOf = (packet: Buffer): number => (packet.length < 4 ? -1 : packet.readUInt16BE(2));

export function parsePacket(packet: Buffer): Packet {
  const opcode = opcodeOf(packet);
  if (opcode === opcodes.rrq || opcode === opcodes.wrq) return parseRequest(packet, opcode);
  if (opcode === opcodes.oack) return { kind: 'oack', options: pairs(strings(packet, 2)) };
  const number = blockOf(packet);
  if (number === -1) return { kind: 'malformed', opcode, reason: `a datagram of ${packet.length} bytes` };
  if (opcode === opcodes.ack) return { kind: 'ack', block: number };
  if (opcode === opcodes.data) return { kind: 'data', block: number, bytes: packet.subarray(4) };
  if (opcode === opcodes.error) return { kind: 'error', code: number, message: strings(packet, 4)[0] ?? '' };
  return { kind: 'malformed', opcode, reason: `opcode ${opcode} is none of TFTP's` };
}

function parseRequest(packet: Buffer, opcode: number): Packet {
  const [path, mode, ...rest] = strings(packet, 2);
  if (path === undefined || mode === undefined)
    return { kind: 'malformed', opcode, reason: 'a request without a file name or without a mode' };
  const method = opcode === opcodes.rrq ? 'RRQ' : 'WRQ';
  return { kind: 'request', method, path, mode: mode.toLowerCase(), options: pairs(rest) };
}

/** Strings that each end in a NUL; some boot ROMs leave the last NUL out. */
function strings(packet: Buffer, from: number): string[] {
  const found: string[] = [];
  for (let start = from; start < packet.length; ) {
    const nul = packet.indexOf(0, start);
    const end = nul === -1 ? packet.length : nul;
    found.push(packet.toString('utf8', start, end));
    start = end + 1;
  }
  return found;
}

/** A name without a value at the end is dropped. */
function pairs(texts: readonly string[]): Option[] {
  const options: Option[] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) options.push([texts[i] ?? '', texts[i + 1] ?? '']);
  return options;
}

/** Bytes in front of a block. */
export const dataHeader = 4;

/** Writes them at the beginning of a packet. */
export function writeDataHeader(packet: Buffer, block: number): void {
  packet[0] = 0;
  packet[1] = opcodes.data;
  packet[2] = block >> 8;
  packet[3] = block;
}

export function writeData(block: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([numbers(opcodes.data, block), bytes]);
}

export const writeAck = (block: number): Buffer => numbers(opcodes.ack, block);

export function writeError(name: ErrorName, text: string = errors[name].text): Buffer {
  return Buffer.concat([numbers(opcodes.error, errors[name].code), zeroEnded([text])]);
}

export function writeOack(options: readonly Option[]): Buffer {
  return Buffer.concat([numbers(opcodes.oack), zeroEnded(options.flat())]);
}

export function writeRequest({ method, path, mode, options }: Omit<Request, 'kind'>): Buffer {
  const opcode = method === 'RRQ' ? opcodes.rrq : opcodes.wrq;
  return Buffer.concat([numbers(opcode), zeroEnded([path, mode, ...options.flat()])]);
}

function numbers(...values: readonly number[]): Buffer {
  const buffer = Buffer.allocUnsafe(values.length * 2);
  for (const [i, value] of values.entries()) buffer.writeUInt16BE(value, i * 2);
  return buffer;
}

const zeroEnded = (texts: readonly string[]): Buffer => Buffer.from(texts.map((text) => `${text}\0`).join(''));
