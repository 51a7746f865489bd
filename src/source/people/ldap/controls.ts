import { Ber, BerWriter, Control } from 'ldapts';
import { BerReader } from './ber.ts';

/** Controls that ldapts does not have. */

export const oid = {
  paged: '1.2.840.113556.1.4.319',
  showDeleted: '1.2.840.113556.1.4.417',
  syncRequest: '1.3.6.1.4.1.4203.1.9.1.1',
  syncState: '1.3.6.1.4.1.4203.1.9.1.2',
  syncDone: '1.3.6.1.4.1.4203.1.9.1.3',
  syncInfo: '1.3.6.1.4.1.4203.1.9.1.4',
} as const;

/** A control with a value that was made before. */
class ValueControl extends Control {
  readonly #value: Buffer;

  constructor(type: string, value: Buffer, critical = true) {
    super(type, { critical });
    this.#value = value;
  }

  override writeControl(writer: BerWriter): void {
    writer.writeBuffer(this.#value, Ber.OctetString);
  }
}

/** Active Directory hands out what was deleted, too ([MS-ADTS] 3.1.1.3.4.1.14). */
export const showDeleted = (): Control => new Control(oid.showDeleted, { critical: true });

/** Simple Paged Results (RFC 2696). A server that has no pages hands out everything at once. */
export function paged(size: number, cookie: Buffer): Control {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(size);
  writer.writeBuffer(cookie, Ber.OctetString);
  writer.endSequence();
  return new ValueControl(oid.paged, writer.buffer, false);
}

/** Empty when there is no further page, or the server knows no pages. */
export function cookieOf(controls: ReadonlyMap<string, Buffer>): Buffer {
  const value = controls.get(oid.paged);
  if (!value) return Buffer.alloc(0);
  const reader = new BerReader(value).enter(0x30);
  reader.skip();
  return Buffer.from(reader.octets());
}

/** Sync Request, refreshOnly (RFC 4533, section 2.2). */
export function syncRequest(cookie: string): Control {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeEnumeration(1);
  writer.writeString(cookie);
  writer.endSequence();
  return new ValueControl(oid.syncRequest, writer.buffer);
}
