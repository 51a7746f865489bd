import type { Agreement } from './options.ts';

/**
 * One read transfer as a state machine without clock or socket (RFC 1350, windows RFC 7440). Blocks are counted from 1
 * and never roll over here; block 0 is the OACK, when there is one. After every step the blocks that stand to be sent
 * are `acked + 1` to `sent`.
 */
export interface Transfer {
  readonly size: number;
  readonly blockSize: number;
  readonly windowSize: number;
  /** Number of the last block, which is shorter than the others and may be empty. */
  readonly last: number;
  /** The first that is sent: 0 with an OACK, else 1. */
  readonly first: 0 | 1;
  readonly retry: Retry;
  acked: number;
  sent: number;
  /** How often the blocks that stand to be sent went out. */
  tries: number;
}

/** When to send again, in milliseconds: after `first`, then after twice as long each time, up to `most`. */
export interface Retry {
  readonly first: number;
  readonly most: number;
  /** Sends in all. */
  readonly tries: number;
  /**
   * The least to wait after the last send. Clients are about (atftp) that do not answer what they have already, and
   * start their own timer anew with every packet: only when we fall silent do they repeat the ACK that was lost.
   */
  readonly farewell: number;
}

/** What is to be done after a step. */
export type Next = 'nothing' | 'send' | 'complete' | 'give-up';

/** Begins a transfer of `size` bytes: the OACK, or else the first window, stands to be sent. */
export function begin(size: number, agreed: Agreement, retry: Retry): Transfer {
  const { blockSize, windowSize, timeout } = agreed;
  const last = Math.floor(size / blockSize) + 1;
  const first = agreed.accepted.length > 0 ? 0 : 1;
  const patience = timeout === undefined ? retry : { ...retry, first: timeout * 1000 };
  return { size, blockSize, windowSize, last, first, retry: patience, ...atStart(first, windowSize, last) };
}

function atStart(first: 0 | 1, windowSize: number, last: number): Pick<Transfer, 'acked' | 'sent' | 'tries'> {
  return first === 0 ? { acked: -1, sent: 0, tries: 1 } : { acked: 0, sent: Math.min(windowSize, last), tries: 1 };
}

/**
 * An ACK with this number on the wire. Only one that acknowledges something new moves the transfer: an ACK that comes
 * twice is never answered twice (the Sorcerer's Apprentice, RFC 1123 4.2.3.1), and one for the middle of a window
 * goes on from there.
 */
export function acknowledge(transfer: Transfer, wireBlock: number): Next {
  const advance = (wireBlock - transfer.acked) & 0xffff;
  if (advance === 0 || advance > transfer.sent - transfer.acked) return 'nothing';
  transfer.acked += advance;
  transfer.tries = 1;
  if (transfer.acked === transfer.last) return 'complete';
  transfer.sent = Math.min(transfer.acked + transfer.windowSize, transfer.last);
  return 'send';
}

/** Nothing was heard for `patience(transfer)` milliseconds. */
export function expire(transfer: Transfer): Next {
  if (transfer.tries >= transfer.retry.tries) return 'give-up';
  transfer.tries++;
  return 'send';
}

/**
 * The request came again from the same port. A client that has acknowledged nothing gets the first answer again. In
 * the middle of a transfer it is a straggler of the network, unless the client has gone silent: then it has started
 * anew, with the port that it always uses, and is served from the start.
 */
export function repeat(transfer: Transfer): Next {
  if (transfer.acked === transfer.first - 1) return 'send';
  if (!isSilent(transfer)) return 'nothing';
  Object.assign(transfer, atStart(transfer.first, transfer.windowSize, transfer.last));
  return 'send';
}

/** Milliseconds to wait for an ACK before the blocks are sent again. */
export function patience({ retry, tries }: Transfer): number {
  const wait = Math.min(retry.first * 2 ** (tries - 1), Math.max(retry.first, retry.most));
  return tries < retry.tries ? wait : Math.max(wait, retry.farewell);
}

/** The client has let two sends pass without an answer. */
export const isSilent = ({ tries }: Transfer): boolean => tries > 2;

/** The client has acknowledged something: it is there, and nobody's forgery. */
export const hasAnswered = ({ acked, first }: Transfer): boolean => acked >= first;

/** Where a block's bytes begin in the file; they end where the next block's begin, or with the file. */
export const blockStart = (transfer: Transfer, block: number): number => (block - 1) * transfer.blockSize;
export const blockEnd = (transfer: Transfer, block: number): number =>
  Math.min(block * transfer.blockSize, transfer.size);

/** Bytes of the file that the client has confirmed. */
export const acknowledgedBytes = ({ acked, blockSize, size }: Transfer): number =>
  Math.min(Math.max(acked, 0) * blockSize, size);
