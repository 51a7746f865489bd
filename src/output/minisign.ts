import { createHash, type Hash, sign as signBytes, verify as verifyBytes } from 'node:crypto';
import { fromBase64, type PublicKey, type SecretKey } from './minisign-key.ts';

// Signatures that `minisign` makes and verifies, https://jedisct1.github.io/minisign/#signature-format.

/** `ED`: what is signed is the BLAKE2b-512 of the file. The older `Ed` signs the file itself, and is only verified here. */
const prehashed = 'ED';
const legacy = 'Ed';

/** The hash of a file that is to be signed, fed as the file is written. */
export const createPrehash = (): Hash => createHash('blake2b512');

/** The time and the file that a signature is for, as minisign writes them by itself. */
export const trustedCommentFor = (file: string, now: number): string =>
  `timestamp:${Math.floor(now / 1000)}\tfile:${file}\thashed`;

/** Seconds since 1970 of a trusted comment that names a time. */
export function timestampOf(trustedComment: string): number | undefined {
  const [, seconds] = /(?:^|\t)timestamp:(\d{1,15})(?:\t|$)/.exec(trustedComment) ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}

/** The text of a `.minisig` file. `digest` is that of `createPrehash`; `trustedComment` is signed, too. */
export function sign(digest: Buffer, { id, key }: SecretKey, trustedComment: string): string {
  if (/[\r\n]/.test(trustedComment)) throw new Error('a trusted comment is one line');
  const signature = signBytes(null, digest, key);
  const whole = signBytes(null, Buffer.concat([signature, Buffer.from(trustedComment)]), key);
  return [
    'untrusted comment: signature from offhook',
    Buffer.concat([Buffer.from(prehashed), id, signature]).toString('base64'),
    `trusted comment: ${trustedComment}`,
    whole.toString('base64'),
    '',
  ].join('\n');
}

/**
 * Verifies a file against the text of its `.minisig` file; answers the trusted comment.
 * @throws Error, a sentence that says what does not hold
 */
export function verify(file: Buffer, signatureText: string, { id, key }: PublicKey): string {
  const { algorithm, keyId, signature, trustedComment, whole } = parseSignature(signatureText);
  if (!keyId.equals(id)) throw new Error(`it is signed with another key: ${shownId(keyId)} instead of ${shownId(id)}`);
  const signed = algorithm === prehashed ? createPrehash().update(file).digest() : file;
  if (!verifyBytes(null, signed, key, signature))
    throw new Error('its signature does not hold: the file was changed, or cut off, after it was signed');
  if (!verifyBytes(null, Buffer.concat([signature, Buffer.from(trustedComment)]), key, whole))
    throw new Error('the trusted comment of its signature is forged');
  return trustedComment;
}

/** Of the text of a `.minisig` file, not verified; undefined when it is none. */
export function trustedCommentOf(signatureText: string): string | undefined {
  try {
    return parseSignature(signatureText).trustedComment;
  } catch {
    return undefined;
  }
}

/** As minisign prints it. */
const shownId = (id: Buffer): string => Buffer.from(id).reverse().toString('hex').toUpperCase();

interface Signature {
  readonly algorithm: string;
  readonly keyId: Buffer;
  readonly signature: Buffer;
  readonly trustedComment: string;
  readonly whole: Buffer;
}

const mark = { untrusted: 'untrusted comment: ', trusted: 'trusted comment: ' };
const longest = 8192;

function parseSignature(text: string): Signature {
  const [untrusted = '', line = '', trusted = '', last = '', ...rest] = text.slice(0, longest).split(/\r?\n/);
  const bytes = fromBase64(line);
  const whole = fromBase64(last);
  const algorithm = bytes?.toString('latin1', 0, 2);
  const isWhole =
    untrusted.startsWith(mark.untrusted) && trusted.startsWith(mark.trusted) && rest.every((each) => each === '');
  if (!isWhole || bytes?.length !== 74 || whole?.length !== 64 || (algorithm !== prehashed && algorithm !== legacy))
    throw new Error('its signature file is none of minisign, or is cut off');
  return {
    algorithm,
    keyId: bytes.subarray(2, 10),
    signature: bytes.subarray(10),
    trustedComment: trusted.slice(mark.trusted.length),
    whole,
  };
}
