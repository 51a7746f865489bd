import { createHash } from 'node:crypto';
import type { Credentials } from './rules.ts';
import type { Prints } from './same-secret.ts';

/** The hashes that a digest may be made with; phones know the first. */
export const algorithms = { MD5: 'md5', 'SHA-256': 'sha256' } as const;
export type Algorithm = keyof typeof algorithms;

/** Where the credentials are asked for; a part of every digest. */
export const realm = 'provisioning';

/** Credentials in the forms that a comparison needs: each is made once. */
export interface Account {
  readonly user: Buffer;
  readonly password: Buffer;
  readonly scheme: Credentials['scheme'];
  /** The hash over user, realm and password (RFC 7616 section 3.4.2: A1). */
  readonly key: Readonly<Record<Algorithm, string>>;
}

export function createAccount({ user, password, scheme }: Credentials, prints: Prints): Account {
  const text = `${user}:${realm}:${password}`;
  const key = { MD5: hashOf('MD5', text), 'SHA-256': hashOf('SHA-256', text) };
  return { user: prints.of(user), password: prints.of(password), scheme, key };
}

export const hashOf = (algorithm: Algorithm, text: string): string =>
  createHash(algorithms[algorithm]).update(text).digest('hex');
