import { plainAddress } from '../../model/cidr.ts';

/** What stands before the first byte of the client, when a proxy speaks the PROXY protocol. */
export interface ProxyHeader {
  /** Bytes to take off. */
  readonly length: number;
  /** Of the client; absent when the proxy speaks for itself (a health check) or does not know. */
  readonly address?: string;
  /** The client speaks TLS with the proxy. */
  readonly isSecure?: true;
  /** What a thread of ours says on top of it, as JSON. */
  readonly more?: string;
}

/** Types of what may stand behind the addresses (sections 2.2.6 and 2.2.7): 0xe0 and on are everybody's own. */
const secureType = 0x20;
const moreType = 0xe0;

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const word = Buffer.from('PROXY ', 'latin1');
/** Version 1 is never longer, with its line end. */
const longestLine = 107;
/** Version 2: 16 bytes, then addresses and whatever else the proxy wants to tell, 64 KB of it by the length field. */
const longestBlock = 16_384;

/**
 * Reads the header of the PROXY protocol, version 1 or 2 (haproxy.org, proxy-protocol.txt, sections 2.1 and 2.2), at the
 * begin of a connection. `none` when the bytes are something else; `incomplete` when more of them may make one;
 * `malformed` when they were meant as one: the connection is to be closed, says section 2.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'none' | 'incomplete' | 'malformed' {
  if (begins(bytes, signature)) return bytes.length < 16 ? 'incomplete' : readBlock(bytes);
  if (begins(bytes, word)) return bytes.length < word.length ? 'incomplete' : readLine(bytes);
  return 'none';
}

/** One is the begin of the other. */
function begins(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.compare(expected, 0, length, 0, length) === 0;
}

const number = '(0|[1-9]\\d{0,4})';
const known = new RegExp(`^PROXY TCP([46]) ([\\d.:a-f]+) ([\\d.:a-f]+) ${number} ${number}$`, 'i');

function readLine(bytes: Buffer): ProxyHeader | 'incomplete' | 'malformed' {
  const text = bytes.toString('latin1', 0, longestLine);
  const end = text.indexOf('\r\n');
  if (end === -1) return bytes.length < longestLine ? 'incomplete' : 'malformed';
  const line = text.slice(0, end);
  const length = end + 2;
  if (/^PROXY UNKNOWN(?: [!-~ ]*)?$/.test(line)) return { length };
  const [, family, source = '', target = '', ...ports] = known.exec(line) ?? [];
  const fits = [source, target].every((address) => address.includes(':') === (family === '6'));
  const address = plainAddress(source);
  if (!fits || address === undefined || plainAddress(target) === undefined) return 'malformed';
  return ports.every((port) => Number(port) < 65_536) ? { length, address } : 'malformed';
}

/** Bytes of both addresses and ports by family and transport (section 2.2): of other families nothing is read. */
const addressBytes: Readonly<Record<number, number>> = { 17: 12, 18: 12, 33: 36, 34: 36, 49: 216, 50: 216 };

function readBlock(bytes: Buffer): ProxyHeader | 'incomplete' | 'malformed' {
  const [command, family] = [bytes.readUInt8(12), bytes.readUInt8(13)];
  const rest = bytes.readUInt16BE(14);
  const length = 16 + rest;
  if ((command !== 0x20 && command !== 0x21) || length > longestBlock) return 'malformed';
  if (family >> 4 > 3 || (family & 15) > 2) return 'malformed';
  if (bytes.length < length) return 'incomplete';
  if (command === 0x20) return { length };
  const addresses = addressBytes[family] ?? 0;
  if (rest < addresses) return 'malformed';
  return { length, address: sourceOf(bytes, family), ...readExtras(bytes.subarray(16 + addresses, length)) };
}

/** What is cut off or unknown is not looked at. */
function readExtras(bytes: Buffer): Pick<ProxyHeader, 'isSecure' | 'more'> {
  const extras = new Map<number, Buffer>();
  for (let at = 0; at + 3 <= bytes.length; ) {
    const end = at + 3 + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) break;
    extras.set(bytes.readUInt8(at), bytes.subarray(at + 3, end));
    at = end;
  }
  const isSecure = ((extras.get(secureType)?.[0] ?? 0) & 1) === 1;
  return { ...(isSecure && { isSecure }), more: extras.get(moreType)?.toString() };
}

/** Version 2 without addresses, for those who say it all in `more`. */
export function writeProxyHeader(more: string): Buffer {
  const text = Buffer.from(more);
  const head = Buffer.concat([signature, Buffer.from([0x21, 0, 0, 0, moreType, 0, 0])]);
  head.writeUInt16BE(3 + text.length, 14);
  head.writeUInt16BE(text.length, 17);
  return Buffer.concat([head, text]);
}

function sourceOf(bytes: Buffer, family: number): string | undefined {
  if (family === 0x11) return bytes.subarray(16, 20).join('.');
  if (family !== 0x21) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(16 + 2 * i).toString(16));
  return plainAddress(groups.join(':'));
}
