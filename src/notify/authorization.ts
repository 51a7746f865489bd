import { type Challenge, parseChallenges } from '../sip/challenge.ts';
import { authorize, type Credentials } from '../sip/digest.ts';
import { type Header, headersOf, type Response } from '../sip/message.ts';

/** What was answered to challenges so far, in one exchange with a device. */
export type Answered = ReadonlyMap<AuthorizationName, { readonly challenge: Challenge; readonly count: number }>;

type AuthorizationName = 'Authorization' | 'Proxy-Authorization';

/** Either the challenges to answer with the next request, or why there will be none. */
export type Reaction = { readonly answered: Answered } | { readonly reason: string };

/** 401 asks for one header, 407 for the other (RFC 3261 section 22). */
const asked: ReadonlyMap<number, { readonly header: string; readonly answer: AuthorizationName }> = new Map([
  [401, { header: 'WWW-Authenticate', answer: 'Authorization' }],
  [407, { header: 'Proxy-Authenticate', answer: 'Proxy-Authorization' }],
]);

export const isChallenge = (response: Response): boolean => asked.has(response.status);

/**
 * Answers a challenge once, and once more when only the nonce had aged; a second challenge without that says that the
 * password is wrong.
 */
export function react(response: Response, credentials: Credentials | undefined, before: Answered): Reaction {
  const question = asked.get(response.status);
  const values = question ? headersOf(response, question.header) : [];
  const [challenge] = parseChallenges(values);
  if (!question || values.length === 0) return { reason: 'asks for credentials without saying how' };
  if (!challenge) return { reason: 'asks for credentials in a way that is not known here' };
  if (!credentials) return { reason: 'asks for credentials, and its first line has none' };
  const previous = before.get(question.answer);
  const aged = challenge.stale && !previous?.challenge.stale;
  if (previous && !aged) return { reason: `does not take the credentials of user ${credentials.user}` };
  const again = [...before].map(([name, { challenge, count }]) => [name, { challenge, count: count + 1 }] as const);
  return { answered: new Map([...again, [question.answer, { challenge, count: 1 }]]) };
}

/** The headers for the next request. */
export function authorizationsOf(
  answered: Answered,
  input: { method: string; uri: string; credentials: Credentials; random: () => string },
): Header[] {
  return [...answered].map(([name, { challenge, count }]) => ({
    name,
    value: authorize({ ...input, challenge, count, cnonce: input.random() }),
  }));
}
