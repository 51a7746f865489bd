import { hash } from 'node:crypto';

/** `/t/<token>/…`: a path that proves by itself that somebody was told it. What phones are told is made in `model/access.ts`. */

export interface TokenPath {
  readonly token: string;
  /** What stands behind it, with the slash that it began with. */
  readonly path: string;
}

/** What a token is known by. It is long and random: nobody finds it again from this. */
export const tokenHash = (token: string): string => hash('sha256', token);

/** In absolute form or not, and for TFTP without the first slash. */
const form = /^(?:https?:\/\/[^/?#]+\/|\/?)t\/([^/?#]*)(\/.*)?$/is;

/** Undefined when the path begins with no token. */
export function splitToken(target: string): TokenPath | undefined {
  const [, token, path = '/'] = form.exec(target) ?? [];
  return token === undefined ? undefined : { token, path };
}
