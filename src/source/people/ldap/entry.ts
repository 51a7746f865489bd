import type { BerReader } from './ber.ts';

/** An entry as a server hands it out. */
export interface Entry {
  readonly dn: string;
  /** Values by the attribute's name in lower case, with its options (`member;range=0-1499`); what is no text is bytes. */
  readonly attributes: ReadonlyMap<string, readonly Value[]>;
}

export type Value = string | Buffer;

/** SearchResultEntry (RFC 4511, section 4.5.2). */
export function readEntry(body: BerReader): Entry {
  const dn = body.text();
  const attributes = new Map<string, Value[]>();
  for (const list = body.enter(0x30); !list.isAtEnd; ) {
    const attribute = list.enter(0x30);
    const name = attribute.text().toLowerCase();
    const values: Value[] = [];
    for (const set = attribute.enter(0x31); !set.isAtEnd; ) values.push(isBinary(name) ? bytesOf(set) : set.value());
    if (values.length > 0) attributes.set(name, values);
  }
  return { dn, attributes };
}

/** Sixteen bytes that may happen to be a text. */
const isBinary = (name: string): boolean =>
  name === 'objectguid' || name === 'invocationid' || name.endsWith(';binary');

const bytesOf = (set: BerReader): Buffer => Buffer.from(set.octets());

export const firstText = ({ attributes }: Entry, name: string): string | undefined =>
  attributes.get(name.toLowerCase())?.find((value) => typeof value === 'string');

export const textsOf = ({ attributes }: Entry, name: string): string[] =>
  attributes.get(name.toLowerCase())?.filter((value) => typeof value === 'string') ?? [];

/** What stays the same when an entry is renamed or moved; the DN where the server has no such thing. */
export function idOf(entry: Entry): string {
  const guid = entry.attributes.get('objectguid')?.[0];
  if (Buffer.isBuffer(guid)) return guid.toString('hex');
  return firstText(entry, 'entryuuid')?.toLowerCase().replaceAll('-', '') ?? normalDn(entry.dn);
}

/**
 * One spelling of a DN, to compare it: case, spaces beside commas and equals signs, and escaped bytes of letters do not
 * count (RFC 4514; the attributes of people and groups compare without case).
 */
export function normalDn(dn: string): string {
  return dn
    .replace(/(?:\\[89a-f][0-9a-f])+/gi, (bytes) => Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'))
    .replace(/(?<!\\)\s*([,=+])\s*/g, '$1')
    .toLowerCase();
}
