import { type Account, type Algorithm, algorithms, hashOf, realm } from './account.ts';
import type { Nonces } from './nonce.ts';
import type { Replays } from './replays.ts';
import { type Prints, sameHex, samePrint } from './same-secret.ts';

/** What a digest comes to. `stale`: the password is right, the nonce is not, or not any more. */
export type DigestVerdict = 'right' | 'stale' | 'wrong';

export interface DigestRequest {
  readonly parameters: ReadonlyMap<string, string>;
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  readonly address: string;
}

export interface DigestContext {
  readonly accounts: readonly Account[];
  readonly prints: Prints;
  readonly nonces: Nonces;
  readonly replays: Replays;
}

/**
 * One challenge for each algorithm. RFC 7616 section 3.7 would have the strongest first; MD5 stands first because phones
 * read only the first, and know nothing else. Those that choose can choose.
 */
export function digestChallenges(nonce: string, stale: boolean): string[] {
  return Object.keys(algorithms).map(
    (algorithm) =>
      `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`,
  );
}

/** Checks a digest (RFC 7616 section 3.4; without qop as RFC 2069 had it). The same work is done for every account. */
export function checkDigest(request: DigestRequest, context: DigestContext): DigestVerdict {
  const digest = readDigest(request);
  if (digest === undefined) return 'wrong';
  const user = context.prints.of(digest.user);
  let right = false;
  for (const account of context.accounts) {
    const sameUser = samePrint(user, account.user);
    const sameResponse = sameHex(digest.response, responseOf(digest, account.keys[digest.algorithm]));
    if (sameUser && sameResponse && account.scheme !== 'basic') right = true;
  }
  if (!right) return 'wrong';
  const issuedAt = context.nonces.issuedAt(digest.nonce, request.address);
  if (issuedAt === undefined) return 'stale';
  if (digest.qop === undefined) return 'right';
  return context.replays.isFirst({ text: digest.nonce, issuedAt }, digest.count) ? 'right' : 'stale';
}

interface Digest {
  readonly user: string;
  readonly nonce: string;
  readonly response: string;
  readonly algorithm: Algorithm;
  /** The hash over the method and the path. */
  readonly request: string;
  /** As they stand in the header: the response is made over the text. */
  readonly qop?: { readonly nc: string; readonly cnonce: string };
  readonly count: number;
}

function readDigest({ parameters, method, target }: DigestRequest): Digest | undefined {
  const [user, nonce, response, uri] = ['username', 'nonce', 'response', 'uri'].map((name) => parameters.get(name));
  const algorithm = algorithmOf(parameters.get('algorithm'));
  if (user === undefined || nonce === undefined || response === undefined || uri === undefined) return undefined;
  if (algorithm === undefined || parameters.get('realm') !== realm || !isSameTarget(uri, target)) return undefined;
  const base = { user, nonce, response, algorithm, request: hashOf(algorithm, `${method}:${uri}`) };
  const qop = parameters.get('qop')?.toLowerCase();
  if (qop === undefined) return { ...base, count: 0 };
  const [nc = '', cnonce] = [parameters.get('nc'), parameters.get('cnonce')];
  if (qop !== 'auth' || cnonce === undefined || !/^[0-9a-f]{8}$/i.test(nc)) return undefined;
  return { ...base, qop: { nc, cnonce }, count: Number.parseInt(nc, 16) };
}

const algorithmOf = (name = 'MD5'): Algorithm | undefined =>
  (Object.keys(algorithms) as Algorithm[]).find((known) => known === name.toUpperCase());

/** The response that proves the password; `key` is the hash over user, realm and password. */
export function responseOf(
  { nonce, algorithm, request, qop }: Pick<Digest, 'nonce' | 'algorithm' | 'request' | 'qop'>,
  key: string,
): string {
  const proof = qop === undefined ? nonce : `${nonce}:${qop.nc}:${qop.cnonce}:auth`;
  return hashOf(algorithm, `${key}:${proof}:${request}`);
}

/** A proxy may have made the target absolute, and percent-encoding may differ; another path is another request. */
function isSameTarget(uri: string, target: string): boolean {
  return uri === target || plain(uri) === plain(target);
}

function plain(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
