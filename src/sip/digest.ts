import { createHash } from 'node:crypto';
import { Secret } from '../model/secret.ts';
import type { Challenge } from './challenge.ts';
import { quote } from './syntax.ts';

/** Who answers a challenge: a line's own SIP credentials. */
export interface Credentials {
  readonly user: string;
  readonly password: Secret;
}

export interface DigestInput {
  readonly challenge: Challenge;
  readonly credentials: Credentials;
  readonly method: string;
  /** The Request-URI, as it stands in the request. */
  readonly uri: string;
  /** The client's nonce, which nobody can guess. */
  readonly cnonce: string;
  /** How many requests, this one too, have used the challenge's nonce. */
  readonly count: number;
}

/**
 * The value of Authorization or Proxy-Authorization (RFC 7616 section 3.4, RFC 2617; without qop as RFC 2069 had it).
 * The client's nonce is left out where no server uses it: no qop, and no `-sess` algorithm.
 */
export function authorize(input: DigestInput): string {
  const { challenge, credentials, uri, cnonce } = input;
  const { realm, nonce, opaque, algorithm, qop, userhash } = challenge;
  const user = userhash ? hash(challenge, `${credentials.user}:${realm}`) : credentials.user;
  return `Digest ${[
    `username=${quote(user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${responseOf(input)}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(qop || challenge.session ? [`cnonce=${quote(cnonce)}`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(qop ? [`qop=${qop}`, `nc=${formatCount(input.count)}`] : []),
    ...(userhash ? ['userhash=true'] : []),
  ].join(', ')}`;
}

function responseOf({ challenge, credentials, method, uri, cnonce, count }: DigestInput): string {
  const { realm, nonce, qop } = challenge;
  const account = hash(challenge, `${credentials.user}:${realm}:${Secret.reveal(credentials.password)}`);
  const key = challenge.session ? hash(challenge, `${account}:${nonce}:${cnonce}`) : account;
  const request = hash(challenge, `${method}:${uri}`);
  const proof = qop ? `${nonce}:${formatCount(count)}:${cnonce}:${qop}` : nonce;
  return hash(challenge, `${key}:${proof}:${request}`);
}

const formatCount = (count: number): string => count.toString(16).padStart(8, '0');

const hash = ({ hash }: Challenge, text: string): string => createHash(hash).update(text).digest('hex');
