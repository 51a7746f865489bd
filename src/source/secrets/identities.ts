import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createDecrypt, type Decrypt, type Identity } from './age.ts';

export interface IdentityOptions {
  /** `--age-identity`, or OFFHOOK_AGE_IDENTITY. */
  readonly file?: string;
  /** Counts where no file is named, if it is there. */
  readonly usual?: string;
  /** SOPS_AGE_KEY has identities in itself, SOPS_AGE_KEY_FILE names a file: who uses SOPS has set them already. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What can be decrypted with. */
export interface Identities {
  readonly all: readonly Identity[];
  readonly decrypt: Decrypt;
  /** Files that were looked into: to be watched. */
  readonly files: readonly string[];
  /** Why there is none, or not all of them: a sentence for whoever needs one. */
  readonly lacking?: string;
  /** The same for as long as the identities are. */
  readonly version: string;
}

const whereFrom =
  '.age-identity beside devices.yml, --age-identity FILE, OFFHOOK_AGE_IDENTITY, SOPS_AGE_KEY_FILE or SOPS_AGE_KEY';

/** Reads the identities anew: all that are named count. */
export function readIdentities({ file, usual, env }: IdentityOptions): Identities {
  const own = file || (usual !== undefined && existsSync(usual) ? usual : undefined);
  const files = [own, env.SOPS_AGE_KEY_FILE].filter((path): path is string => path !== undefined && path !== '');
  const read = files.map((path) => identitiesIn(path, readText(path)));
  if (env.SOPS_AGE_KEY) read.push(identitiesIn('SOPS_AGE_KEY', env.SOPS_AGE_KEY));
  const all = [...new Set(read.flatMap((one) => ('reason' in one ? [] : one.identities)))];
  const reasons = read.flatMap((one) => ('reason' in one ? [one.reason] : []));
  if (read.length === 0) reasons.push('there is no identity to decrypt with');
  const version = hash('sha256', JSON.stringify([all, reasons]));
  const lacking = reasons.length > 0 ? `${reasons.join(', ')} (${whereFrom})` : undefined;
  const toWatch = file || usual === undefined ? files : [usual, ...files];
  return {
    all,
    decrypt: createDecrypt(all),
    files: [...new Set(toWatch)],
    version,
    ...(lacking !== undefined && { lacking }),
  };
}

type Read = { readonly identities: readonly Identity[] } | { readonly reason: string };

/** A file as `age-keygen` writes it: identities line by line, with comments. What is none is never shown: it is secret all the same. */
function identitiesIn(name: string, text: string | Error): Read {
  if (text instanceof Error) return { reason: `the identity file ${name} ${text.message}` };
  if (/^-----BEGIN AGE|^age-encryption\.org/.test(text))
    return { reason: `${name} is an identity behind a passphrase; wanted one without (age -d ${name})` };
  if (/^-----BEGIN /.test(text))
    return { reason: `${name} is a key of SSH; wanted an identity of age (offhook secret keygen)` };
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const wrong = said.find((line) => !isIdentity(line));
  if (wrong !== undefined) return { reason: `${name}, line ${lines.indexOf(wrong) + 1}, is no identity of age` };
  return said.length > 0 ? { identities: said } : { reason: `${name} has no identity in it` };
}

function isIdentity(text: string): boolean {
  try {
    createDecrypt([text]);
    return true;
  } catch {
    return false;
  }
}

function readText(path: string): string | Error {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return new Error(code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`);
  }
}
