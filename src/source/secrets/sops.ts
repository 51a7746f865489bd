import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import type { Path } from '../../model/sources.ts';
import { type Leaf, leavesOf } from '../yaml.ts';
import { type Decrypt, openAge, type Undecrypted } from './age.ts';
import { createRules, type Rules } from './sops-rules.ts';
import { hashedBytes } from './sops-values.ts';

// A YAML file as SOPS encrypts it (getsops/sops, `stores/yaml`, `aes/cipher.go` and `Tree.Decrypt` in `sops.go`): each value by
// itself with one key for the whole file, which is encrypted for each recipient. The library sops-age neither checks the MAC
// nor decrypts what stands below a key of digits, such as an extension's number.

/** Why a file cannot be decrypted, and where in its text. */
export interface SopsFault extends Undecrypted {
  readonly offset?: number;
}

/** Whether a text is a file of SOPS: of all else that may be in YAML, none is called `sops` and has a MAC. */
export const isSops = (text: string): boolean => /^sops:[ \t]*\r?$/m.test(text) && /^\s+mac:/m.test(text);

/** One value that is encrypted. */
const encrypted = /^ENC\[AES256_GCM,data:([\w+/=]*),iv:([\w+/=]+),tag:([\w+/=]+),type:([a-z]+)\]$/;

interface Parts {
  readonly leaves: readonly Leaf[];
  readonly metadata: ReadonlyMap<string, Leaf>;
  readonly rules: Rules;
  /** Where the section `sops` stands in the text. */
  readonly section: { readonly from: number; readonly to: number };
}

/**
 * The text as it was before SOPS encrypted it, line by line in the same place, without the section `sops`; its MAC is
 * checked. What was no text of YAML before stays none.
 */
export async function decryptSops(text: string, decrypt: Decrypt): Promise<string | SopsFault> {
  const parts = partsOf(text);
  if ('reason' in parts) return parts;
  const key = await dataKey(parts.metadata, decrypt);
  if ('reason' in key) return key;
  const hash = createHash('sha512');
  if (parts.rules.macOnlyEncrypted) hash.update(macOnlyEncryptedStart);
  const edits: Edit[] = [];
  for (const leaf of parts.leaves) {
    const plain = plainOf(leaf, { ...parts, key });
    if ('reason' in plain) return { ...plain, offset: leaf.from };
    if (plain.isEncrypted) edits.push({ ...leaf, by: written(plain.value, plain.type) });
    if (plain.isEncrypted || !parts.rules.macOnlyEncrypted) hash.update(plain.bytes);
  }
  if (!isMac(parts.metadata, { key, digest: hash.digest('hex').toUpperCase() }))
    return { reason: 'was changed after SOPS encrypted it: its MAC does not fit' };
  return edited(text, [...edits, { ...parts.section, by: '' }]);
}

/**
 * The text with a stand-in for each value that is encrypted, where all of those are passwords; else undefined: nobody
 * can check what is not there.
 */
export function sopsWithStandIns(text: string, standIn: (leaf: Leaf) => string): string | undefined | SopsFault {
  const parts = partsOf(text);
  if ('reason' in parts) return parts;
  const hidden = parts.leaves.filter(({ value }) => encrypted.test(value));
  if (!hidden.every(({ path }) => isPassword(path))) return undefined;
  const edits = hidden.map((leaf) => ({ ...leaf, by: JSON.stringify(standIn(leaf)) }));
  return edited(text, [...edits, { ...parts.section, by: '' }]);
}

const isPassword = (path: Path): boolean => /(?:password|token)$/.test(String(path.at(-1)));

function partsOf(text: string): Parts | SopsFault {
  const all = attempt(() => leavesOf(text));
  if (!all) return { reason: 'is encrypted by SOPS, and no YAML any more' };
  if (all.some(({ style }) => style === 'alias'))
    return { reason: 'has an alias, which SOPS never writes and its MAC does not count' };
  const mine = all.filter(({ path }) => path[0] === 'sops');
  const metadata = new Map(mine.map((leaf) => [leaf.path.slice(1).join('.'), leaf]));
  const from = mine[0]?.section ?? text.length;
  const to = Math.min(text.length, ...all.map(({ section }) => section).filter((start) => start > from));
  const rules = createRules((name) => metadata.get(name)?.value);
  if ('reason' in rules) return rules;
  return { leaves: all.filter(({ path }) => path[0] !== 'sops'), metadata, rules, section: { from, to } };
}

/** The key of the file: the first of those for recipients of age that an identity opens. */
async function dataKey(metadata: Parts['metadata'], decrypt: Decrypt): Promise<Uint8Array | Undecrypted> {
  if (metadata.has('key_groups.0.age.0.enc') || metadata.has('shamir_threshold'))
    return { reason: 'needs keys of several groups (SOPS’s key_groups), which offhook cannot put together' };
  let reason = 'is encrypted by SOPS without a recipient of age, and offhook has no other keys';
  for (let index = 0; ; index++) {
    const enc = metadata.get(`age.${index}.enc`)?.value;
    if (enc === undefined) return { reason };
    const opened = openAge(enc);
    const key = 'reason' in opened ? opened : await decrypt(opened);
    if (!('reason' in key)) return key.length === 32 ? key : { reason: 'has a key of the wrong length' };
    reason = key.reason;
  }
}

interface Context extends Pick<Parts, 'rules'> {
  readonly key: Uint8Array;
}

interface Plain {
  readonly value: string;
  /** SOPS’s word for it; `str` where it stands in quotes. */
  readonly type: string;
  /** What the MAC is made over. */
  readonly bytes: string | Uint8Array;
  readonly isEncrypted: boolean;
}

function plainOf(leaf: Leaf, { rules, key }: Context): Plain | Undecrypted {
  const { path, value } = leaf;
  if (!rules.isEncrypted(path)) return { value, type: 'str', bytes: hashedBytes(leaf), isEncrypted: false };
  // An empty text is not encrypted: it would say its length all the same.
  if (value === '' || hashedBytes(leaf) === '') return { value, type: 'str', bytes: '', isEncrypted: false };
  const match = encrypted.exec(value);
  if (!match) return { reason: 'has a value in the clear that SOPS would have encrypted' };
  const bytes = open(match, key, additionalData(path));
  if (!bytes) return { reason: 'has a value that was changed, or moved, after SOPS encrypted it' };
  return { value: bytes.toString('utf8'), type: match[4] ?? 'str', bytes, isEncrypted: true };
}

/** Keys, each with a colon behind it; places in lists do not count. */
const additionalData = (path: Path): string =>
  path.flatMap((step) => (typeof step === 'string' ? `${step}:` : [])).join('');

function open([, data = '', iv = '', tag = '']: RegExpExecArray, key: Uint8Array, aad: string): Buffer | undefined {
  return attempt(() => {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(aad)).setAuthTag(Buffer.from(tag, 'base64'));
    return Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]);
  });
}

// `MACOnlyEncryptedInitialization` of sops.go.
const macOnlyEncryptedStart = Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex');

function isMac(metadata: Parts['metadata'], { key, digest }: { key: Uint8Array; digest: string }): boolean {
  const match = encrypted.exec(metadata.get('mac')?.value ?? '');
  const mac = match && open(match, key, metadata.get('lastmodified')?.value ?? '');
  return mac?.length === digest.length && timingSafeEqual(mac, Buffer.from(digest));
}

/** Numbers and truths without quotes, as they were; SOPS writes True. The type is not encrypted: it is not relied upon. */
function written(value: string, type: string): string {
  if (type === 'bool' && /^(?:true|false)$/i.test(value)) return value.toLowerCase();
  return /^(?:int|float)$/.test(type) && /^[-+\d.e]+$/i.test(value) ? value : JSON.stringify(value);
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

/** With as many lines as before. */
function edited(text: string, edits: readonly Edit[]): string {
  const sorted = [...edits].sort((a, b) => a.from - b.from);
  const pieces = sorted.flatMap(({ from, to, by }, index) => [
    text.slice(sorted[index - 1]?.to ?? 0, from),
    by,
    '\n'.repeat(text.slice(from, to).split('\n').length - 1),
  ]);
  return [...pieces, text.slice(sorted.at(-1)?.to ?? 0)].join('');
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
