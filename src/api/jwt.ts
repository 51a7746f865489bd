import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type JwtSettings, type Role, roles } from '../model/api.ts';
import { Secret } from '../model/secret.ts';
import type { Caller } from './app.ts';
import { Fault } from './fault.ts';

/** Who a JWT says it is; undefined when it is none that counts. Throws a Fault of 503 when its key cannot be had now. */
export type ReadJwt = (text: string, settings: JwtSettings) => Promise<Caller | undefined>;

/** Signatures by a key of which anybody may have the public half; never HMAC, for which that half would be the secret. */
const publicAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Milliseconds that keys of a JWKS are kept; that a name that is not among them is not asked for again; that an answer may take. */
const jwksTiming = { cacheMaxAge: 600_000, cooldownDuration: 30_000, timeoutDuration: 5_000 };

/** RFC 7519, with keys of RFC 7517. */
export function createJwt(): ReadJwt {
  const sets = new Map<string, JWTVerifyGetKey>();

  /** One set at a time: of the URL that holds now. */
  function keysAt(url: string): JWTVerifyGetKey {
    const known = sets.get(url);
    if (known) return known;
    const made = createRemoteJWKSet(new URL(url), jwksTiming);
    sets.clear();
    sets.set(url, made);
    return made;
  }

  function verify(text: string, { key, issuer, audience, clock_skew }: JwtSettings) {
    const demands = { issuer, audience, clockTolerance: clock_skew, requiredClaims: ['exp'] };
    if ('jwks' in key) return jwtVerify(text, keysAt(key.jwks), { ...demands, algorithms: publicAlgorithms });
    const secret = Buffer.from(Secret.reveal(key.secret));
    return jwtVerify(text, secret, { ...demands, algorithms: ['HS256'] });
  }

  return async (text, settings) => {
    try {
      const { payload } = await verify(text, settings);
      return callerIn(payload, settings);
    } catch (error) {
      if (isAway(error))
        throw new Fault(503, 'no-keys', 'the keys of the identity provider cannot be had just now; try again later');
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}

/** Not the token's fault: what should have the keys does not answer, or with something else. */
const isAway = (error: unknown): boolean =>
  error instanceof errors.JWKSTimeout ||
  error instanceof errors.JWKSInvalid ||
  (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC') ||
  error instanceof TypeError;

/** Its strongest role; nobody without one. */
function callerIn(claims: JWTPayload, { name_claim, role_claim, roles: words }: JwtSettings): Caller | undefined {
  const said = [at(claims, role_claim)].flat().filter((word) => typeof word === 'string');
  const role = roles.findLast((one: Role) => words[one].some((word) => said.includes(word)));
  const name = at(claims, name_claim);
  if (role === undefined || typeof name !== 'string') return undefined;
  return { name: name.slice(0, 200), role };
}

const at = (claims: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, step) => (Object.hasOwn(Object(inner), step) ? Object(inner)[step] : undefined), claims);
