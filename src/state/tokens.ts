import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRole, type Role } from '../model/api.ts';
import { explainDiskError } from '../model/disk-error.ts';

/** What is known of a token; not the token. Times are milliseconds since 1970. */
export interface Token {
  readonly name: string;
  readonly role: Role;
  readonly created: number;
  /** Absent: never. */
  readonly expires?: number;
}

/** A file for each, so that two who make some at one time do not lose one, and who takes one away takes no other. */
interface Kept extends Omit<Token, 'name'> {
  /** SHA-256 of its text: 256 random bits cannot be guessed from it, and need no salt. */
  readonly hash: string;
}

/** Names of tokens, which are names of files. */
export const tokenName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Known by sight, in a log or a repository where it has no business to be. */
const prefix = 'offhook_';

const folderIn = (state: string) => join(state, 'api-tokens');
const digest = (text: string) => hash('sha256', text, 'buffer');

/**
 * Makes a token, and gives its text: it is kept nowhere.
 * @throws Error with a sentence when there is one of this name, or the disk does not take it
 */
export function createToken(state: string, { name, ...token }: Token): string {
  const folder = folderIn(state);
  const text = `${prefix}${randomBytes(32).toString('base64url')}`;
  const kept: Kept = { ...token, hash: digest(text).toString('hex') };
  const beside = join(folder, `.${name}.${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    writeFileSync(beside, `${JSON.stringify(kept)}\n`, { mode: 0o600, flush: true });
    // Unlike a rename it does not replace one that is there.
    linkSync(beside, join(folder, `${name}.json`));
  } catch (error) {
    const isThere = Object(error).code === 'EEXIST';
    const wanted = `wanted another name, or \`offhook token revoke ${name}\` first`;
    const sentence = isThere
      ? `there is a token ${name}; ${wanted}`
      : `no token can be kept in ${folder}: ${explainDiskError(error)}`;
    throw new Error(sentence, { cause: error });
  } finally {
    remove(beside);
  }
  return text;
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // What stands above it is no folder: it was not made, either.
  }
}

/** Takes a token away; false when there is none of this name. */
export function revokeToken(state: string, name: string): boolean {
  try {
    rmSync(join(folderIn(state), `${name}.json`));
    return true;
  } catch (error) {
    if (Object(error).code === 'ENOENT') return false;
    throw error;
  }
}

/** All, by name, those that are over too. A file that is none is left out. */
export function readTokens(state: string): Token[] {
  const folder = folderIn(state);
  try {
    if (statSync(folder, { throwIfNoEntry: false })) readdirSync(folder);
  } catch (error) {
    throw new Error(`the tokens in ${folder} cannot be read: ${explainDiskError(error)}`, { cause: error });
  }
  return readKept(folder).map(({ hash: _, ...token }) => token);
}

export interface Tokens {
  /** Whose text this is, if its time is not over; what was made or taken away since counts. */
  find(text: string, now: number): Token | undefined;
}

/** What has changed a moment ago may change again within one tick of the file system's clock. */
const settledMs = 2000;

export function openTokens(state: string): Tokens {
  const folder = folderIn(state);
  let known: { readonly stamp: bigint | undefined; readonly tokens: readonly (Token & Kept)[] } | undefined;

  function current(now: number): readonly (Token & Kept)[] {
    const stamp = statSync(folder, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
    const isSettled = stamp === undefined || Number(stamp / 1_000_000n) + settledMs < now;
    if (!known || known.stamp !== stamp || !isSettled) known = { stamp, tokens: readKept(folder) };
    return known.tokens;
  }

  return {
    find(text, now) {
      const given = digest(text);
      // All of them, so that the time it takes tells nothing of any.
      const found = current(now).filter((token) => timingSafeEqual(Buffer.from(token.hash, 'hex'), given));
      return found.find(({ expires = Number.POSITIVE_INFINITY }) => expires > now);
    },
  };
}

function readKept(folder: string): (Token & Kept)[] {
  return namesIn(folder)
    .sort()
    .flatMap((file) => {
      const name = file.replace(/\.json$/, '');
      const kept = tokenName.test(name) && file.endsWith('.json') ? readOne(join(folder, file)) : undefined;
      return kept ? [{ name, ...kept }] : [];
    });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readOne(path: string): Kept | undefined {
  try {
    const { hash: text, role, created, expires } = Object(JSON.parse(readFileSync(path, 'utf8')));
    const isHash = typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
    const hasTimes = typeof created === 'number' && (expires === undefined || typeof expires === 'number');
    return isHash && isRole(role) && hasTimes ? { hash: text, role, created, expires } : undefined;
  } catch {
    return undefined;
  }
}
