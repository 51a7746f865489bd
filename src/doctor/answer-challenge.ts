import { randomBytes } from 'node:crypto';
import { Secret } from '../model/secret.ts';
import { parseChallenges } from '../sip/challenge.ts';
import { authorize, type Credentials } from '../sip/digest.ts';

/**
 * What a phone would answer to a 401: a Digest where one is asked for (RFC 7616: as in SIP), else Basic (RFC 7617).
 * Undefined when neither is.
 */
export function answerChallenge(
  challenges: string | readonly string[] | undefined,
  { credentials, uri }: { readonly credentials: Credentials; readonly uri: string },
): string | undefined {
  const values = [challenges ?? []].flat();
  const [challenge] = parseChallenges(values);
  const cnonce = randomBytes(8).toString('hex');
  if (challenge) return authorize({ challenge, credentials, method: 'GET', uri, cnonce, count: 1 });
  if (!values.some((value) => /\bbasic\b/i.test(value))) return undefined;
  return `Basic ${Buffer.from(`${credentials.user}:${Secret.reveal(credentials.password)}`).toString('base64')}`;
}
