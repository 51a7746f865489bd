import { createPrivateKey, createPublicKey, type KeyObject, scrypt } from 'node:crypto';

// The keys of minisign, https://jedisct1.github.io/minisign/#public-key-format and the sections after it: a line of comment
// and a line of base64.

export interface PublicKey {
  /** Eight bytes that tell keys apart. */
  readonly id: Buffer;
  readonly key: KeyObject;
}

export interface SecretKey {
  readonly id: Buffer;
  readonly key: KeyObject;
}

/**
 * A public key: minisign's file (`minisign.pub`), or only its second line.
 * @throws Error, a sentence
 */
export function parsePublicKey(text: string): PublicKey {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const bytes = fromBase64(lines.at(lines.length > 1 ? 1 : 0) ?? '');
  if (lines.length > 2 || bytes?.length !== 42 || bytes.toString('latin1', 0, 2) !== 'Ed')
    throw new Error('this is no public key of minisign; wanted its file, or the line of it that begins with RW');
  return { id: bytes.subarray(2, 10), key: publicKeyOf(bytes.subarray(10)) };
}

/** Where the parts of a secret key begin: what it is, how it is locked, and the locked part to its end. */
const layout = { kdf: 2, checksum: 4, salt: 6, operations: 38, memory: 46, locked: 54, length: 158 };
/** In the locked part: the id, the seed with the public key behind it, a checksum. */
const unlocked = { seed: 8, public: 40, checksum: 72 };

/**
 * A secret key as `minisign -G` writes it, with a password or (`-W`) without. Unlocking takes as long, and as much
 * memory (1 GiB as a rule), as minisign wanted.
 * @throws Error, a sentence: no key, no password, the wrong one
 */
export async function openSecretKey(text: string, password?: string): Promise<SecretKey> {
  const bytes = fromBase64(text.split(/\r?\n/)[1] ?? '');
  const [algorithm, kdf] = [bytes?.toString('latin1', 0, 2), bytes?.toString('latin1', layout.kdf, layout.checksum)];
  if (bytes?.length !== layout.length || algorithm !== 'Ed' || (kdf !== 'Sc' && kdf !== '\0\0'))
    throw new Error('this is no secret key of minisign; `minisign -G` makes one');
  const locked = bytes.subarray(layout.locked);
  if (kdf === '\0\0') return secretKeyOf(locked, 'the secret key is damaged: its two halves do not belong together');
  if (password === undefined) throw new Error('the secret key is locked with a password, and none is given');
  const stream = await derive(password, bytes);
  const open = Buffer.from(locked.map((byte, index) => byte ^ (stream[index] ?? 0)));
  return secretKeyOf(open, 'the password does not open the secret key');
}

/** That the public half follows from the seed proves the password just as well as the checksum would. */
function secretKeyOf(open: Buffer, otherwise: string): SecretKey {
  const seed = open.subarray(unlocked.seed, unlocked.public);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
  const half = open.subarray(unlocked.public, unlocked.checksum);
  if (!createPublicKey(key).equals(publicKeyOf(half))) throw new Error(otherwise);
  return { id: open.subarray(0, unlocked.seed), key };
}

// What stands before the 32 bytes of an Ed25519 key in DER, RFC 8410 sections 4 and 7.
const spki = Buffer.from('302a300506032b6570032100', 'hex');
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const publicKeyOf = (bytes: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([spki, bytes]), format: 'der', type: 'spki' });

/** More than minisign ever asks for (1 GiB), so that a made-up key file cannot take all memory. */
const mostMemory = 2 ** 31;

function derive(password: string, bytes: Buffer): Promise<Buffer> {
  const salt = bytes.subarray(layout.salt, layout.operations);
  const operations = bytes.readBigUInt64LE(layout.operations);
  const memory = bytes.readBigUInt64LE(layout.memory);
  const { cost, parallelization } = scryptParameters(Number(operations), Number(memory));
  if (128 * cost * blockSize * parallelization > mostMemory)
    throw new Error('the secret key is locked with more work than minisign ever asks for');
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const options = { cost, blockSize, parallelization, maxmem: 2 * mostMemory };
  scrypt(password, salt, layout.length - layout.locked, options, (error, key) =>
    error ? reject(error) : resolve(key),
  );
  return promise;
}

const blockSize = 8;

/** How libsodium makes scrypt's parameters of limits: `pickparams` of crypto_pwhash_scryptsalsa208sha256. */
function scryptParameters(operationsLimit: number, memory: number): { cost: number; parallelization: number } {
  const operations = Math.max(operationsLimit, 32_768);
  const isBoundByWork = operations < memory / 32;
  const most = Math.floor(isBoundByWork ? operations / (blockSize * 4) : memory / (blockSize * 128));
  let cost = 2;
  while (cost <= most / 2) cost *= 2;
  if (isBoundByWork) return { cost, parallelization: 1 };
  const passes = Math.min(Math.floor(operations / 4 / cost), 0x3fffffff);
  return { cost, parallelization: Math.max(1, Math.floor(passes / blockSize)) };
}

/** Undefined when it is none: Node passes over what does not belong there. */
export function fromBase64(text: string): Buffer | undefined {
  const line = text.trim();
  const bytes = Buffer.from(line, 'base64');
  return bytes.toString('base64') === line ? bytes : undefined;
}
