import type { NotifyFact } from '../model/fact.ts';
import type { Ending } from '../rollout/queue.ts';
import type { Response } from '../sip/message.ts';

/** How a NOTIFY ended: the part of its fact that the network decides. */
export type Verdict = Pick<NotifyFact, 'outcome' | 'status' | 'reason'>;

/** Seen from phones that are there and well, but take no such event out of a dialog (RFC 6665: 489). */
const withoutEvent = new Set([400, 481, 489]);

/** The phone is there, and wants another event. */
export const refusesEvent = ({ outcome, status = 0 }: Verdict): boolean =>
  outcome === 'answered' && withoutEvent.has(status);

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

/** Not found, not there for the moment, no such dialog, busy; RFC 3261 section 21. 5xx are the fault of somebody on the way. */
const passing = new Set([404, 408, 480, 481, 486, 600]);

/** What is to be had by asking again: the device has it, does not want it, or was not to be found. */
export function endingOf({ outcome, status = 0 }: Verdict): Ending {
  if (outcome === 'silent' || outcome === 'unreachable') return 'missed';
  if (outcome === 'handed' || (status >= 200 && status < 300)) return 'reached';
  return passing.has(status) || (status >= 500 && status < 600) ? 'missed' : 'refused';
}

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
