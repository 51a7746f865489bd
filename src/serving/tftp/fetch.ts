import { examinationMark, examined } from '../../model/examination.ts';
import type { FetchFact, RefusalKind } from '../../model/fact.ts';
import type { ErrorName, Option, Request } from '../../tftp/packet.ts';
import { shownPath } from '../request-path.ts';
import type { Refusal, Served } from '../served.ts';
import type { Source } from './streamed-file.ts';
import type { Entry } from './table.ts';
import type { Timer } from './timer-wheel.ts';
import { acknowledgedBytes, type Transfer } from './transfer.ts';

/** Where a datagram came from, and on which of our sockets: 0 is the port that takes requests. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly socket: number;
}

/** A request as it came, and when: milliseconds since 1970, and by a clock that only goes forward. */
export interface Asked {
  readonly peer: Peer;
  readonly request: Request;
  /** The datagram, by which a repeated request is known. */
  readonly datagram: Buffer;
  readonly at: number;
  readonly started: number;
}

/** A request that is being answered: first the file is looked up and opened, then the transfer runs. */
export interface Fetch extends Entry, Asked {
  /** The client, and the socket of ours that answers: our transfer ID. */
  readonly to: Peer;
  /** The tick in which it last made progress. */
  heard: number;
  timer: Timer<Fetch>;
  running?: Running;
  /** Why the network did not take the last packet that was sent again. */
  trouble?: string;
  over: boolean;
}

/** The part of a fetch that exists once the file is open. */
export interface Running {
  readonly served: Served;
  readonly source: Source;
  readonly transfer: Transfer;
  readonly options: readonly Option[];
  /** The next block that goes out. */
  next: number;
  /** It waits for the disk. */
  reading: boolean;
  /** Packets that were sent once more, and waits that were in vain. */
  retransmits: number;
  timeouts: number;
}

export const keyOf = ({ address, port }: Peer): string => `${address}|${port}`;

/** A refusal, of the lookup or of the gate. */
export type Denial = Omit<Refusal, 'status'> & {
  readonly status: Refusal['status'] | 401;
  readonly refusal?: RefusalKind;
};

export type Outcome = Pick<FetchFact, 'status' | 'bytes' | 'complete'> & Partial<FetchFact>;

export function factOf(
  { peer, request, at, started }: Omit<Asked, 'datagram'>,
  outcome: Outcome,
  now: number,
): FetchFact {
  const fact: FetchFact = {
    at,
    protocol: 'tftp',
    address: plainAddress(peer.address),
    method: request.method,
    path: shownPath(request.path),
    duration: Math.max(0, Math.round(now - started)),
    ...outcome,
  };
  return isExamination(request) ? examined(fact) : fact;
}

export const isExamination = ({ options }: Request): boolean =>
  options.some(([name]) => name.toLowerCase() === examinationMark);

/** What became of a transfer: whole without a reason, cut off with one. */
export function outcomeOf({ served, transfer, retransmits, timeouts }: Running, reason?: string): Outcome {
  const { file, device, revision } = served;
  const bytes = acknowledgedBytes(transfer);
  const trouble = { retransmits: retransmits || undefined, timeouts: timeouts || undefined };
  return { status: 200, bytes, complete: reason === undefined, file, device, revision, reason, ...trouble };
}

/** What became of a request that is answered with an ERROR, or not at all. */
export function refusalOutcome({ status, reason, file, device, refusal }: Denial): Outcome {
  return { status, bytes: 0, complete: false, file, device, reason, refusal };
}

/** The error of TFTP that says what the HTTP status says; why exactly is for the log alone. */
export function errorOf(status: Denial['status']): ErrorName {
  if (status === 404) return 'not-found';
  return status >= 500 ? 'undefined' : 'access';
}

/** A file that could not be opened or read. */
export function refusalOfError(error: unknown): Refusal {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = String(message ?? error);
  if (code === 'ENOENT') return { status: 404, reason };
  if (code === 'EACCES' || code === 'EPERM' || code === 'EISDIR' || code === 'ELOOP') return { status: 403, reason };
  return { status: code === 'EMFILE' || code === 'ENFILE' ? 503 : 500, reason };
}

/** An IPv4 client of an IPv6 socket has an address of its own family. */
export const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);

/** Text of strangers, fit for a log line. */
export function printable(text: string, most: number): string {
  const escaped = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return text
    .slice(0, most)
    .replace(/\p{Cc}/gu, escaped)
    .slice(0, most)
    .toWellFormed();
}
