import type { FetchFact } from '../../model/fact.ts';
import { type ErrorName, writeError, writeOack } from '../../tftp/packet.ts';
import type { Gate } from '../access/admission.ts';
import type { Lookup, Served } from '../served.ts';
import {
  type Denial,
  errorOf,
  type Fetch,
  factOf,
  keyOf,
  type Outcome,
  outcomeOf,
  type Peer,
  type Running,
  refusalOfError,
  refusalOutcome,
} from './fetch.ts';
import { find, isDenial } from './find.ts';
import type { Limits } from './limits.ts';
import { negotiate } from './options.ts';
import type { Recent } from './recent.ts';
import type { Sources } from './source.ts';
import type { Mode, Source } from './streamed-file.ts';
import type { Table } from './table.ts';
import type { TimerWheel } from './timer-wheel.ts';
import { acknowledge, begin, blockEnd, blockStart, expire, patience, repeat, type Transfer } from './transfer.ts';

/** Milliseconds of one turn of the timer wheel. */
export const tickLength = 25;

/** How packets leave: neither throws, and `failed` hears of what the network refused. */
export interface Wire {
  /** A DATA packet. The bytes are copied. */
  data(to: Peer, packet: { readonly block: number; readonly bytes: Buffer }, failed?: Failed): void;
  send(to: Peer, packet: Buffer, failed?: Failed): void;
}

export type Failed = (error: NodeJS.ErrnoException) => void;

/** All that answering takes: effects handed in, and what is under way. */
export interface Context {
  readonly lookup: Lookup;
  /** Who may fetch what; without one, everybody everything. */
  readonly gate?: Gate;
  readonly record: (fact: FetchFact) => void;
  readonly wire: Wire;
  readonly limits: Limits;
  /** Milliseconds of a clock that only goes forward. */
  readonly steady: () => number;
  readonly table: Table<Fetch>;
  readonly wheel: TimerWheel<Fetch>;
  readonly sources: Sources;
  /** Clients whose transfers ended a moment ago: what they still send is no stray. */
  readonly finished: Recent;
}

/**
 * Asks the gate, looks the file up, opens it and sends the first answer: before this returns whenever all is in memory.
 * A refusal is answered and recorded. Never rejects.
 */
export async function open(context: Context, fetch: Fetch, mode: Mode): Promise<void> {
  const found: { file?: string } = {};
  try {
    const looked = find(context, fetch);
    const answer = looked instanceof Promise ? await looked : looked;
    if (isDenial(answer)) refuse(context, fetch, answer);
    if (isDenial(answer) || fetch.over) return;
    found.file = answer.file;
    const opened = context.sources.open(answer, mode);
    const source = opened instanceof Promise ? await opened : opened;
    if (fetch.over) source.close();
    else start(context, fetch, { served: answer, source });
  } catch (error) {
    refuse(context, fetch, { ...refusalOfError(error), ...found });
  }
}

function start(context: Context, fetch: Fetch, { served, source }: { served: Served; source: Source }): void {
  const agreed = negotiate(fetch.request.options, source.size, context.limits);
  const transfer = begin(source.size, agreed, context.limits.retry);
  const counts = { retransmits: 0, timeouts: 0 };
  fetch.running = { served, source, transfer, options: agreed.accepted, next: 0, reading: false, ...counts };
  sendWindow(context, fetch, fetch.running);
}

/** Sends what stands to be sent, from its first block, and waits for the answer. */
function sendWindow(context: Context, fetch: Fetch, running: Running, failed?: Failed): void {
  running.next = running.transfer.acked + 1;
  sendOn(context, fetch, { running, failed });
  context.wheel.schedule(fetch.timer, Math.ceil(patience(running.transfer) / tickLength));
}

/** Sends from the next block to the end of the window, or until the disk must be waited for. */
function sendOn(context: Context, fetch: Fetch, { running, failed }: { running: Running; failed?: Failed }): void {
  const { transfer, source } = running;
  while (running.next <= transfer.sent && !running.reading) {
    const block = running.next;
    const bytes = block === 0 ? undefined : source.read(blockStart(transfer, block), blockEnd(transfer, block));
    if (bytes instanceof Promise) {
      void sendWhenRead(context, fetch, { running, bytes });
      return;
    }
    if (bytes) context.wire.data(fetch.to, { block, bytes }, failed);
    else context.wire.send(fetch.to, writeOack(running.options), failed);
    running.next++;
  }
}

async function sendWhenRead(
  context: Context,
  fetch: Fetch,
  { running, bytes }: { running: Running; bytes: Promise<Buffer> },
): Promise<void> {
  const block = running.next;
  running.reading = true;
  try {
    const read = await bytes;
    running.reading = false;
    if (fetch.over) return;
    if (running.next === block) context.wire.data(fetch.to, { block, bytes: read });
    if (running.next === block) running.next++;
    sendOn(context, fetch, { running });
  } catch (error) {
    cutOff(context, fetch, { reason: refusalOfError(error).reason, error: 'undefined' });
  }
}

/** The client sent an ACK with this number. */
export function acknowledged(context: Context, fetch: Fetch, wireBlock: number): void {
  const { running } = fetch;
  if (!running) return;
  const next = acknowledge(running.transfer, wireBlock);
  if (next === 'complete') end(context, fetch, outcomeOf(running));
  if (next !== 'send') return;
  fetch.heard = context.wheel.now();
  context.table.touch(fetch);
  sendWindow(context, fetch, running);
}

/** The request came once more. */
export function repeated(context: Context, fetch: Fetch): void {
  const { running } = fetch;
  if (running && repeat(running.transfer) === 'send') sendWindow(context, fetch, again(running));
}

/** The timer went off. */
export function silent(context: Context, fetch: Fetch): void {
  const { running } = fetch;
  if (running) running.timeouts++;
  if (!running) cutOff(context, fetch, { reason: 'the file was not opened in time', error: 'undefined' });
  else if (expire(running.transfer) === 'give-up')
    cutOff(context, fetch, { reason: silence(running.transfer, fetch.trouble) });
  else sendAgain(context, fetch, running);
}

function sendAgain(context: Context, fetch: Fetch, running: Running): void {
  fetch.trouble = undefined;
  sendWindow(context, fetch, again(running), (error) => {
    fetch.trouble = error.code ?? error.message;
  });
}

/** What stands to be sent was sent before. */
function again(running: Running): Running {
  running.retransmits += running.transfer.sent - running.transfer.acked;
  return running;
}

function silence({ acked, last, retry }: Transfer, trouble: string | undefined): string {
  const what = acked === last - 1 ? 'the last block was not acknowledged' : 'the client went silent';
  return `${what}, sent ${retry.tries} times${trouble ? `; the network refused the last: ${trouble}` : ''}`;
}

/** Ends a fetch that is not whole; the client is told so when an error is named. */
export function cutOff(context: Context, fetch: Fetch, { reason, error }: { reason: string; error?: ErrorName }): void {
  if (fetch.over) return;
  if (error) context.wire.send(fetch.to, writeError(error));
  const { running } = fetch;
  end(context, fetch, running ? outcomeOf(running, reason) : refusalOutcome({ status: 503, reason }));
}

function refuse(context: Context, fetch: Fetch, refusal: Denial): void {
  if (fetch.over) return;
  context.wire.send(fetch.to, writeError(errorOf(refusal.status)));
  end(context, fetch, refusalOutcome(refusal));
}

function end(context: Context, fetch: Fetch, outcome: Outcome): void {
  fetch.over = true;
  context.wheel.cancel(fetch.timer);
  context.table.remove(fetch);
  context.finished.add(keyOf(fetch.peer));
  fetch.running?.source.close();
  context.record(factOf(fetch, outcome, context.steady()));
}
