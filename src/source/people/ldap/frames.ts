import { BerError, BerReader, boundsOf } from './ber.ts';

/** One LDAPMessage as it came (RFC 4511, section 4.1.1). */
export interface Frame {
  /** 0: the server speaks by itself. */
  readonly id: number;
  /** Which operation, as its tag says. */
  readonly operation: number;
  readonly body: BerReader;
  /** The value of each control by its OID. */
  controls(): ReadonlyMap<string, Buffer>;
}

/** More than any entry of a person has, picture and certificates with it. */
const largest = 8 << 20;

/** Cuts what comes from a socket into messages. Throws a `BerError` for what can be none. */
export function createFrames(): { take(chunk: Buffer): Frame[]; readonly rest: number } {
  let rest: Buffer = Buffer.alloc(0);
  return {
    take(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: Frame[] = [];
      let offset = 0;
      for (;;) {
        if (offset < bytes.length && bytes[offset] !== 0x30) throw new BerError('what comes is no LDAP');
        const bounds = boundsOf(bytes, offset, bytes.length);
        if (bounds && bounds.end - bounds.start > largest) throw new BerError('a message is longer than 8 MiB');
        if (!bounds || bounds.end > bytes.length) break;
        frames.push(frameOf(new BerReader(bytes, bounds.start, bounds.end)));
        offset = bounds.end;
      }
      rest = bytes.subarray(offset);
      return frames;
    },
    get rest() {
      return rest.length;
    },
  };
}

function frameOf(message: BerReader): Frame {
  const id = message.integer();
  const operation = message.tag;
  if (operation === undefined) throw new BerError('a message without an operation');
  const body = message.enter(operation);
  return { id, operation, body, controls: () => controlsOf(message) };
}

function controlsOf(message: BerReader): Map<string, Buffer> {
  const controls = new Map<string, Buffer>();
  if (message.tag !== 0xa0) return controls;
  const list = message.enter(0xa0);
  while (!list.isAtEnd) {
    const control = list.enter(0x30);
    const oid = control.text();
    if (control.tag === 0x01) control.skip();
    controls.set(oid, control.tag === 0x04 ? control.octets() : Buffer.alloc(0));
  }
  return controls;
}
