import type { NotifyFact } from '../model/fact.ts';
import type { Response } from '../sip/message.ts';

/** How a NOTIFY ended: the part of its fact that the network decides. */
export type Verdict = Pick<NotifyFact, 'outcome' | 'status' | 'reason'>;

/** Seen from phones that are there and well, but take no such event out of a dialog (RFC 6665: 489). */
const withoutEvent = new Set([400, 481, 489]);

/** The verdict of a final response; the remarks are what else is to be said, as why a challenge was not answered. */
export function answeredVerdict({ status, reason }: Response, remarks: readonly string[]): Verdict {
  const sentences = [...wordsFor(status, printable(`${status} ${reason}`).trim()), ...remarks];
  return { outcome: 'answered', status, reason: sentences.length > 0 ? sentences.join('; ') : undefined };
}

function wordsFor(status: number, words: string): string[] {
  if (status >= 200 && status < 300) return [];
  return [withoutEvent.has(status) ? `reached, but it does not do this event (${words})` : words];
}

export const silentVerdict = (reason: string): Verdict => ({ outcome: 'silent', reason });

export const unreachableVerdict = (reason: string): Verdict => ({ outcome: 'unreachable', reason });

const networkErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'no such host in its network',
  ENETUNREACH: 'no route leads there',
  EINVAL: 'no route leads there from this address',
  EACCES: 'the system does not allow it',
  EPERM: 'the system does not allow it',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'no connection came about',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name cannot be looked up',
  EADDRINUSE: 'the port to send from is taken',
  EADDRNOTAVAIL: 'the address to send from is not one of this machine',
};

/** What an error of the network means; its code stands behind it. */
export function explainNetworkError(error: NodeJS.ErrnoException): string {
  const meaning = networkErrors[error.code ?? ''];
  return meaning === undefined ? printable(error.message) : `${meaning} (${error.code})`;
}

/** What a device wrote may go to a log and a terminal: no control characters, and not without end. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 160);
}
