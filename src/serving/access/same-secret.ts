import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Prints of secrets under a key that nobody else has: they can be compared, and looked up, without the time that it takes
 * saying anything of the secrets themselves. They never leave the process.
 */
export interface Prints {
  of(text: string): Buffer;
  /** The same as text, for the key of a map. */
  nameOf(text: string): string;
}

export function createPrints(key: string = randomBytes(32).toString('hex')): Prints {
  return {
    of: (text) => hash('sha256', key + text, 'buffer'),
    nameOf: (text) => hash('sha256', key + text, 'base64url'),
  };
}

/** Whether two prints are the same, in constant time. */
export const samePrint = (a: Buffer, b: Buffer): boolean => timingSafeEqual(a, b);

/** The same of hashes in hexadecimal. One of another length is another one at once, and says nothing by it. */
export function sameHex(shown: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(shown.toLowerCase()), Buffer.from(wanted)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
