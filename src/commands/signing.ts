import { existsSync, readFileSync } from 'node:fs';
import { openSecretKey, type PublicKey, parsePublicKey, type SecretKey } from '../output/minisign-key.ts';

/** As the command line has them. */
export interface ManifestArguments {
  readonly manifest: boolean;
  /** File of a secret key; asks for a manifest, too. */
  readonly signKey?: string;
  readonly signPasswordFile?: string;
}

/** That a manifest is wanted, and what it is signed with. */
export interface Wanted {
  readonly key?: SecretKey;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Undefined when no manifest is asked for. The password of a locked key is in `OFFHOOK_SIGN_PASSWORD`, or in a file.
 * @throws Error, a sentence, before anything is built: no such key, the wrong password
 */
export async function manifestOf(
  { manifest, signKey, signPasswordFile }: ManifestArguments,
  env: Environment,
): Promise<Wanted | undefined> {
  if (signKey === undefined) return manifest ? {} : undefined;
  const password = signPasswordFile === undefined ? env.OFFHOOK_SIGN_PASSWORD : passwordIn(signPasswordFile);
  const text = readText('the secret key', signKey);
  try {
    return { key: await openSecretKey(text, password) };
  } catch (error) {
    const hint = password === undefined ? ' (OFFHOOK_SIGN_PASSWORD, or --sign-password-file FILE)' : '';
    throw new Error(`${signKey}: ${error instanceof Error ? error.message : error}${hint}`);
  }
}

/** The file of a public key, or the key itself. */
export function publicKeyOf(given: string | undefined): PublicKey | undefined {
  if (given === undefined) return undefined;
  try {
    return parsePublicKey(existsSync(given) ? readFileSync(given, 'utf8') : given);
  } catch (error) {
    throw new Error(`--public-key ${given}: ${error instanceof Error ? error.message : error}`);
  }
}

/** A text file ends with a line break; the password does not. */
const passwordIn = (path: string): string => readText('the password', path).replace(/\r?\n$/, '');

function readText(what: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${what} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
