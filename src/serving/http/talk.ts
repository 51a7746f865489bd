import type { Socket } from 'node:net';
import type { Client } from './client.ts';
import { isTooSlow } from './exchange.ts';
import { readHead, readTarget } from './head.ts';
import type { House, Known, Read, Talk } from './house.ts';
import { type ClientError, refusalOf, refuseRaw } from './malformed.ts';
import { openTurn, takeTurn, wayOf } from './turn.ts';

/**
 * Reads and answers what comes over a connection, request by request, as long as they are ordinary ones. From the first
 * that is not, the connection is given to node:http, with all bytes that are not answered yet.
 */
export function startTalk(socket: Socket, client: Client, house: House): void {
  const data = (chunk: Buffer) => hear(talk, chunk);
  const end = () => hearEnd(talk);
  const close = () => abandon(talk);
  const talk: Talk = {
    ...{ socket, client, house },
    way: wayOf(socket, () => talk),
    turn: undefined,
    waiting: [],
    rest: undefined,
    elsewhere: undefined,
    deaf: false,
    since: performance.now(),
    answered: false,
    stalls: undefined,
    next: (kept) => goOn(talk, kept),
    handOver: (known) => handOver(talk, known),
    letGo() {
      house.talks.delete(talk);
      socket.off('data', data).off('end', end).off('close', close);
      socket.setTimeout(0);
    },
  };
  house.talks.add(talk);
  socket.on('data', data).on('end', end).on('close', close).on('error', ignore);
}

/** What goes wrong with a connection is seen when it closes. */
const ignore = () => {};

function hear(talk: Talk, chunk: Buffer): void {
  if (talk.deaf) return;
  const { rest, socket } = talk;
  if (rest === undefined) talk.since = performance.now();
  readAll(talk, rest === undefined ? chunk : Buffer.concat([rest, chunk]));
  if (talk.elsewhere === undefined) return;
  socket.pause();
  if (talk.turn === undefined) give(talk);
}

function readAll(talk: Talk, bytes: Buffer): void {
  let start = 0;
  while (start < bytes.length && !talk.deaf) {
    const head = readHead(bytes, start);
    if (head === 'incomplete') break;
    const target = head === 'unusual' ? readTarget(bytes, start) : head.target;
    talk.elsewhere = target === undefined ? 'full' : talk.house.elsewhere(target);
    if (head === 'unusual') talk.elsewhere ??= 'full';
    if (head === 'unusual' || talk.elsewhere !== undefined) break;
    talk.deaf = !head.keepAlive;
    take(talk, { head, bytes, start });
    start += head.length;
  }
  talk.rest = start < bytes.length && !talk.deaf ? bytes.subarray(start) : undefined;
}

function take(talk: Talk, read: Read): void {
  if (talk.turn === undefined) {
    takeTurn(talk, read);
    return;
  }
  talk.waiting.push(read);
  if (talk.waiting.length >= talk.house.limits.pipelined) abandon(talk, 'too many requests at once on one connection');
}

/** The end of a connection, before all of its answers were out. */
function abandon(talk: Talk, reason?: string): void {
  talk.letGo();
  talk.deaf = true;
  for (const read of [undefined, ...talk.waiting.splice(0)]) {
    const exchange = read === undefined ? talk.turn?.exchange : openTurn(talk, read);
    if (reason !== undefined) exchange?.cut(reason);
    exchange?.closed();
  }
}

function goOn(talk: Talk, kept: boolean): void {
  const { socket, house, stalls } = talk;
  talk.since = performance.now();
  talk.answered = true;
  if (stalls !== undefined) socket.setTimeout(0, stalls);
  talk.stalls = undefined;
  const read = kept ? talk.waiting.shift() : undefined;
  if (!kept) hangUp(talk);
  else if (read !== undefined) takeTurn(talk, read);
  else if (talk.elsewhere !== undefined) give(talk);
  else if (talk.deaf || house.closing) hangUp(talk);
}

/** All that was written is with the system, which sends it still; only TLS has a word of its own to say. */
function hangUp({ socket, client }: Talk): void {
  if (client.protocol === 'https') socket.destroySoon();
  else socket.destroy();
}

function give(talk: Talk, known?: Known): void {
  const { socket, client, house, elsewhere = 'full', rest: bytes = Buffer.alloc(0) } = talk;
  talk.letGo();
  house.giveTo(elsewhere, { socket, bytes, client }, known);
}

function handOver(talk: Talk, known: Known): void {
  const { socket, turn, waiting, rest = Buffer.alloc(0) } = talk;
  if (turn === undefined) return;
  // Bytes cannot be put back where the end was read; node:http would not answer either.
  if (socket.readableEnded) {
    abandon(talk, 'the client closed the connection');
    return;
  }
  const heads = [turn.read, ...waiting].map(({ bytes, start, head }) => bytes.subarray(start, start + head.length));
  turn.exchange.forget();
  socket.pause();
  talk.elsewhere = 'full';
  talk.rest = Buffer.concat([...heads, rest]);
  give(talk, known);
}

/** Who has said all he wanted to say is taken to have left, as node:http takes it: what is not on its way is not sent. */
function hearEnd(talk: Talk): void {
  const { turn } = talk;
  talk.deaf = true;
  if (turn !== undefined) {
    if (!turn.begun) abandon(talk, 'the client closed the connection');
  } else if (talk.rest === undefined) hangUp(talk);
  else refuseHalf(talk, { code: 'HPE_INVALID_EOF_STATE', message: '' });
}

/** A head that does not become whole. */
function refuseHalf(talk: Talk, { code, message }: Pick<ClientError, 'code' | 'message'>): void {
  const { socket, client, house, rest: rawPacket } = talk;
  const refusal = refusalOf({ code, message, rawPacket }, socket);
  talk.letGo();
  if (refusal === undefined) socket.destroy();
  else house.recorder.record(refuseRaw(socket, client, refusal));
}

/** Looks at how long it takes, now and then (`now` as `performance.now()` gives it). */
export function sweepTalk(talk: Talk, now: number): void {
  const { socket, turn, house, rest, answered } = talk;
  const { limits } = house;
  const age = now - talk.since;
  if (turn !== undefined) watch(talk, turn.exchange);
  else if (rest !== undefined && age > limits.headers)
    refuseHalf(talk, { code: 'ERR_HTTP_REQUEST_TIMEOUT', message: '' });
  else if (rest === undefined && age > (answered ? limits.idle : limits.headers)) socket.destroy();
}

/** An answer that is not out within one sweep is given a clock that runs as long as nothing moves. */
function watch(talk: Talk, exchange: NonNullable<Talk['turn']>['exchange']): void {
  const { socket, house } = talk;
  if (isTooSlow(exchange, house.limits)) exchange.cut('the client reads too slowly');
  if (talk.stalls !== undefined) return;
  talk.stalls = () => talk.turn?.exchange.cut('the connection stood still for too long');
  socket.setTimeout(house.limits.stalled, talk.stalls);
}
