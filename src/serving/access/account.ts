import { hash } from 'node:crypto';
import type { Credentials } from './rules.ts';
import type { Prints } from './same-secret.ts';

/** The hashes that a digest may be made with; phones know the first. */
export const algorithms = { MD5: 'md5', 'SHA-256': 'sha256' } as const;
export type Algorithm = keyof typeof algorithms;

/** Where the credentials are asked for; a part of every digest. */
export const realm = 'provisioning';

export const hashOf = (algorithm: Algorithm, text: string): string => hash(algorithms[algorithm], text);

export function keysOf(user: string, password: string): Credentials['keys'] {
  const text = `${user}:${realm}:${password}`;
  return { MD5: hashOf('MD5', text), 'SHA-256': hashOf('SHA-256', text) };
}

/** Credentials, ready for a comparison. */
export interface Account {
  readonly user: Buffer;
  readonly scheme: Credentials['scheme'];
  readonly keys: Credentials['keys'];
}

export const createAccount = ({ user, keys, scheme }: Credentials, prints: Prints): Account => ({
  user: prints.of(user),
  scheme,
  keys,
});
