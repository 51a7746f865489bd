import { onTestFinished } from 'vitest';
import { headerOf, type Request } from '../../src/sip/message.ts';
import { answerTo, type Say, startPhone } from '../notify/phone.ts';

/** A phone that takes NOTIFYs on an address of its own. */
export interface ListeningPhone {
  readonly address: string;
  readonly port: number;
  /** Each NOTIFY once: a busy machine answers late, and then it is sent again. */
  notifies(): Request[];
  /** Their Event headers, joined. */
  events(): string;
  /** Counts anew from here on. */
  forget(): void;
}

const ok = (request: Request, say: Say) => say(answerTo(request, '200 OK'));

/** Asks for credentials, and takes whichever come. */
export const challenging = (request: Request, say: Say): void =>
  say(
    headerOf(request, 'Authorization') === undefined
      ? answerTo(request, '401 Unauthorized', 'WWW-Authenticate: Digest realm="acme", nonce="n1", qop="auth"')
      : answerTo(request, '200 OK'),
  );

/** `answer` gets each request as often as it comes. Closed when the test has ended. */
export async function startListening(answer: (request: Request, say: Say) => void = ok): Promise<ListeningPhone> {
  const phone = await startPhone((request, _, say) => answer(request, say));
  onTestFinished(phone.close);
  const forgotten = new Set<string>();
  const branchOf = (request: Request) => headerOf(request, 'Via') ?? '';
  const notifies = () => {
    const byBranch = new Map(phone.requests.map((request) => [branchOf(request), request]));
    return [...byBranch].filter(([branch]) => !forgotten.has(branch)).map(([, request]) => request);
  };
  return {
    address: phone.address,
    port: phone.port,
    notifies,
    events: () =>
      notifies()
        .map((request) => headerOf(request, 'Event'))
        .join(),
    forget() {
      for (const request of phone.requests) forgotten.add(branchOf(request));
    },
  };
}

export const startPhones = (count: number): Promise<ListeningPhone[]> =>
  Promise.all(Array.from({ length: count }, () => startListening()));

/** How many NOTIFYs each has. */
export const counts = (phones: readonly ListeningPhone[]): number[] => phones.map((phone) => phone.notifies().length);
