import { armor, Decrypter, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';

/** Text of an identity (`AGE-SECRET-KEY-1…`). Never in a message. */
export type Identity = string;

/** What cannot be decrypted, in words: after what it is called, as in `extensions.yml.age is encrypted for somebody else`. */
export interface Undecrypted {
  readonly reason: string;
}

const version = 'age-encryption.org/v1\n';
const armored = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Whether bytes are of an encrypted file: https://age-encryption.org/v1, armored or not. */
export function isAge(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 80)).toString('latin1').trimStart();
  return head.startsWith(version) || head.startsWith(armored);
}

/**
 * The bytes of an encrypted text, checked for their form: a file or a value, armored, or in base64 with or without line
 * breaks. Decrypts nothing.
 */
export function openAge(text: Uint8Array | string): Uint8Array | Undecrypted {
  const bytes = bytesOf(text);
  if (!bytes) return { reason: 'is not of the form that age writes (armored text, or base64 of its file)' };
  const header = Buffer.from(bytes.subarray(0, 1 << 16)).toString('latin1');
  if (
    !/^age-encryption\.org\/v1\n(?:-> [!-~]+(?: [!-~]+)*\n(?:[\w+/]{64}\n)*[\w+/]{0,63}\n)+--- [\w+/]{43}\n/.test(
      header,
    )
  )
    return { reason: 'is cut short, or was changed: its header is not of the form that age writes' };
  if (header.includes('\n-> scrypt '))
    return { reason: 'is encrypted with a passphrase; wanted recipients (age -r), so that nobody has to type it' };
  return bytes;
}

function bytesOf(text: Uint8Array | string): Uint8Array | undefined {
  const ascii = typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
  if (ascii.trimStart().startsWith(armored)) return attempt(() => armor.decode(unfolded(ascii)));
  if (typeof text !== 'string') return ascii.startsWith(version) ? text : undefined;
  const packed = ascii.replace(/\s/g, '');
  if (!/^[\w+/]+={0,2}$/.test(packed)) return undefined;
  const bytes = Buffer.from(packed, 'base64');
  return bytes.subarray(0, version.length).toString('latin1') === version ? bytes : undefined;
}

/** YAML makes blanks of the line breaks of a text that is not in a block. */
const unfolded = (text: string): string => {
  const [, body] = /-----BEGIN AGE ENCRYPTED FILE-----([\s\S]*)-----END AGE ENCRYPTED FILE-----\s*$/.exec(text) ?? [];
  if (body === undefined) return text;
  const lines = body.replace(/\s/g, '').match(/.{1,64}/g) ?? [];
  return [armored, ...lines, '-----END AGE ENCRYPTED FILE-----', ''].join('\n');
};

export type Decrypt = (bytes: Uint8Array) => Promise<Uint8Array | Undecrypted>;

/** Decrypts what `openAge` has opened, with the first of the identities that fits. */
export function createDecrypt(identities: readonly Identity[]): Decrypt {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  return async (bytes) => {
    try {
      return await decrypter.decrypt(bytes);
    } catch (error) {
      const nobody = error instanceof Error && error.message.startsWith('no identity matched');
      return {
        reason: nobody ? 'is encrypted for somebody else: no identity here fits' : 'was changed, or is cut short',
      };
    }
  };
}

export type Encrypt = (plain: Uint8Array | string) => Promise<Uint8Array>;

/** @throws Error with a sentence for what is no recipient */
export function createEncrypt(recipients: readonly string[]): Encrypt {
  const encrypter = new Encrypter();
  for (const recipient of recipients)
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new Error(
        `${JSON.stringify(recipient)} is no recipient; wanted age1…, as \`offhook secret keygen\` shows`,
        {
          cause: error,
        },
      );
    }
  return (plain) => encrypter.encrypt(plain);
}

export const toArmor = (bytes: Uint8Array): string => armor.encode(bytes);

/** A new identity, and the recipient to encrypt for. */
export async function makeIdentity(): Promise<{ identity: Identity; recipient: string }> {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** Undefined for what is no identity. */
export const recipientOf = (identity: Identity): Promise<string | undefined> =>
  identityToRecipient(identity).catch(() => undefined);

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
