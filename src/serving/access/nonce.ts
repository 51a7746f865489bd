import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Nonces that nobody keeps: each says when it was made and for whom, and proves it (RFC 7616 section 5.4). */
export interface Nonces {
  issue(address: string): string;
  /** When it was made; undefined when it is none of ours, for another address, or too old. */
  issuedAt(nonce: string, address: string): number | undefined;
}

export interface NonceOptions {
  /** The same in all workers, so that each takes what another gave; new with each start. */
  readonly key: Buffer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds that a nonce is good for: a boot and its repeats. */
  readonly lifetime?: number;
}

const timeBytes = 6;
const randomLength = 6;
const proofLength = 18;
const length = timeBytes + randomLength + proofLength;

export function createNonces({ key, now, lifetime = 300_000 }: NonceOptions): Nonces {
  const proofOf = (head: Buffer, address: string) =>
    createHmac('sha256', key).update(head).update(address).digest().subarray(0, proofLength);
  return {
    issue(address) {
      const head = Buffer.concat([Buffer.alloc(timeBytes), randomBytes(randomLength)]);
      head.writeUIntBE(now(), 0, timeBytes);
      return Buffer.concat([head, proofOf(head, address)]).toString('base64url');
    },
    issuedAt(nonce, address) {
      const bytes = Buffer.from(nonce, 'base64url');
      if (bytes.byteLength !== length || bytes.toString('base64url') !== nonce) return undefined;
      const head = bytes.subarray(0, timeBytes + randomLength);
      if (!timingSafeEqual(proofOf(head, address), bytes.subarray(head.byteLength))) return undefined;
      const at = head.readUIntBE(0, timeBytes);
      return Math.abs(now() - at) <= lifetime ? at : undefined;
    },
  };
}
