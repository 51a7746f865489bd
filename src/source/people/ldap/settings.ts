import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { LdapSource } from '../../../model/people-source.ts';
import { ldapDefaults } from '../../../model/people-source.ts';
import { Secret } from '../../../model/secret.ts';
import type { Sources } from '../../../model/sources.ts';

/** A directory with its files and its password read. */
export interface Directory {
  readonly urls: readonly string[];
  readonly startTls: boolean;
  readonly tls: ConnectionOptions;
  readonly login: Login;
  /** Milliseconds for each step, and for a reading altogether. */
  readonly within: number;
  readonly altogether: number;
  /** Nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

export type Login =
  | { readonly how: 'anonymous' | 'EXTERNAL' }
  | { readonly how: 'simple' | 'PLAIN'; readonly dn: string; readonly password: Secret };

/** Throws a sentence for what cannot be read, or does not fit together. */
export function directoryOf(source: LdapSource, { dir, secret }: Pick<Sources, 'secret'> & { dir: string }): Directory {
  const { timeout = ldapDefaults.timeout, tls = {}, start_tls = false } = source;
  const file = (path: string | undefined, what: string) =>
    path === undefined ? {} : { [what]: read(dir, path, what) };
  return {
    urls: [source.url].flat(),
    startTls: start_tls,
    tls: {
      ...file(tls.ca, 'ca'),
      ...file(tls.cert, 'cert'),
      ...file(tls.key, 'key'),
      ...(tls.server_name === undefined ? {} : { servername: tls.server_name }),
    },
    login: loginOf(source, secret),
    within: timeout * 1000,
    altogether: Math.max(timeout * 1000, 15 * 60_000),
  };
}

function loginOf({ sasl, bind_dn, password }: LdapSource, secret: Sources['secret']): Login {
  if (sasl === 'EXTERNAL') return { how: 'EXTERNAL' };
  if (bind_dn === undefined && password === undefined) return { how: 'anonymous' };
  // With a name and no password a server would let anybody in, and hand out nothing (RFC 4513, section 5.1.2).
  if (bind_dn === undefined || password === undefined) throw new Error('bind_dn and password go together');
  const answer = secret(password);
  if (!(answer instanceof Secret))
    throw new Error(`the password of the directory cannot be read: ${answer.unreadable}`);
  return { how: sasl === 'PLAIN' ? 'PLAIN' : 'simple', dn: bind_dn, password: answer };
}

function read(dir: string, path: string, what: string): Buffer {
  try {
    return readFileSync(resolve(dir, path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`tls.${what}: ${path} cannot be read (${code ?? message}); wanted a PEM file`);
  }
}
