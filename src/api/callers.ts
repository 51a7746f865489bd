import type { ApiAuth, Role } from '../model/api.ts';
import type { Caller } from './app.ts';
import { Fault } from './fault.ts';
import { createJwt } from './jwt.ts';

/** A token that `offhook token create` has made. */
export interface KnownToken {
  readonly name: string;
  readonly role: Role;
}

/** Whose token this is. Throws a Fault of 401 when it is nobody's. */
export type Authenticate = (text: string, auth: ApiAuth) => Promise<Caller>;

export interface CallersOptions {
  readonly tokenOf: (text: string) => KnownToken | undefined;
}

export function createAuthenticate({ tokenOf }: CallersOptions): Authenticate {
  const jwt = createJwt();
  return async (text, { tokens, jwt: settings }) => {
    const known = tokens ? tokenOf(text) : undefined;
    if (known) return { name: `token:${known.name}`, role: known.role };
    if (!settings || !isJwt(text)) throw invalid();
    const claimed = await jwt(text, settings);
    if (claimed === undefined) throw invalid();
    return { name: `jwt:${claimed.name}`, role: claimed.role };
  };
}

/** RFC 7519 section 3: three parts in base64url. */
const isJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text) && text.length <= 16_384;

/** In the words of the second predecessor's document; why it is none is nobody's to know. */
const invalid = (): Fault =>
  new Fault(401, 'invalid-token', 'Invalid or expired token', {
    headers: { 'www-authenticate': 'Bearer realm="offhook", error="invalid_token"' },
  });
