import type { FetchFact } from '../../model/fact.ts';
import { blockOf, opcodeOf, opcodes, parsePacket, type Request, writeError } from '../../tftp/packet.ts';
import type { Gate } from '../access/admission.ts';
import type { Lookup, Refusal } from '../served.ts';
import { acknowledged, type Context, cutOff, open, repeated, silent, tickLength, type Wire } from './delivery.ts';
import { type Asked, errorOf, type Fetch, factOf, keyOf, type Peer, printable, refusalOutcome } from './fetch.ts';
import type { Limits } from './limits.ts';
import { createRecent } from './recent.ts';
import { createSources } from './source.ts';
import type { Mode } from './streamed-file.ts';
import { createTable } from './table.ts';
import { createTimerWheel } from './timer-wheel.ts';
import { hasAnswered, isSilent } from './transfer.ts';

/** The TFTP server without its sockets: datagrams in, packets and facts out. One thread, one of these. */
export interface Protocol {
  /** Answers one datagram, whatever is in it; its memory is not kept. */
  receive(datagram: Buffer, from: Peer): void;
  /** Time goes on by one `tickLength`. */
  turn(): void;
  /** How many transfers are under way. */
  underWay(): number;
  /** Whether any of them moves: those whose clients have gone silent do not count. */
  moving(): boolean;
  /** Takes no new requests from here on; transfers under way go on. */
  close(): void;
  /** Ends all transfers under way; the clients are told. */
  cutOffAll(reason: string): void;
}

export interface ProtocolOptions {
  readonly lookup: Lookup;
  /** Who may fetch what; without one, everybody everything. */
  readonly gate?: Gate;
  /** Gets one fact for every transfer and every refusal; must not throw. */
  readonly record: (fact: FetchFact) => void;
  readonly wire: Wire;
  readonly limits: Limits;
  /** Which socket answers a request: the one that it came to, or one of a pool. */
  readonly answerFrom?: (request: Peer) => number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly steady?: () => number;
}

/** Milliseconds in which a client that is done may still repeat its last ACK without being told off. */
const finishedFor = 4000;

/** Ticks without progress after which a transfer counts as idle. */
const idleTicks = 4;

interface Desk extends Context {
  readonly answerFrom: (request: Peer) => number;
  readonly now: () => number;
  closed: boolean;
}

export function createProtocol(options: ProtocolOptions): Protocol {
  const { lookup, gate, record, wire, limits, answerFrom = ({ socket }) => socket, now = Date.now } = options;
  const { steady = () => performance.now() } = options;
  const desk: Desk = {
    ...{ lookup, gate, record, wire, limits, answerFrom, now, steady },
    table: createTable<Fetch>(limits),
    wheel: createTimerWheel<Fetch>((fetch) => silent(desk, fetch)),
    sources: createSources(limits),
    finished: createRecent(finishedFor, steady),
    closed: false,
  };
  return {
    receive: (datagram, from) => receive(desk, datagram, from),
    turn: () => desk.wheel.turn(),
    underWay: () => desk.table.size(),
    moving: () => desk.table.values().some(({ running }) => !running || !isSilent(running.transfer)),
    close() {
      desk.closed = true;
    },
    cutOffAll(reason) {
      for (const fetch of desk.table.values()) cutOff(desk, fetch, { reason, error: 'undefined' });
    },
  };
}

function receive(desk: Desk, datagram: Buffer, from: Peer): void {
  if (from.port === 0) return; // nobody can be answered there
  const fetch = desk.table.get(from.address, from.port);
  const mine = fetch !== undefined && fetch.to.socket === from.socket ? fetch : undefined;
  if (opcodeOf(datagram) === opcodes.ack) {
    const block = blockOf(datagram);
    if (block !== -1 && mine) acknowledged(desk, mine, block);
    else if (block !== -1) stray(desk, from);
    return;
  }
  const packet = parsePacket(datagram);
  if (packet.kind === 'request') receiveRequest(desk, { datagram, from, request: packet, before: fetch });
  else if (packet.kind === 'error' && mine) cutOff(desk, mine, { reason: `the client ended it: ${words(packet)}` });
  else if ((packet.kind === 'data' || packet.kind === 'oack') && !mine) stray(desk, from);
  else if (packet.kind === 'malformed' && !mine) receiveMalformed(desk, from, packet);
}

const words = ({ code, message }: { code: number; message: string }): string =>
  `error ${code} "${printable(message, 128)}"`;

/** A packet of no transfer that is under way (RFC 1350 section 4). An ERROR is never answered. */
function stray(desk: Desk, from: Peer): void {
  if (!desk.finished.has(keyOf(from))) desk.wire.send(from, writeError('unknown-tid'));
}

interface Arrival {
  readonly datagram: Buffer;
  readonly from: Peer;
  readonly request: Request;
  /** What is under way with this client already. */
  readonly before: Fetch | undefined;
}

function receiveRequest(desk: Desk, { datagram, from, request, before }: Arrival): void {
  if (desk.closed) return; // the client tries again, and finds the next server
  if (from.socket !== 0) stray(desk, from);
  else if (before?.datagram.equals(datagram)) repeated(desk, before);
  else {
    if (before) cutOff(desk, before, { reason: 'the client began another transfer from the same port' });
    // A copy: the memory of a datagram may be used for the next.
    answer(desk, { peer: from, request, datagram: Buffer.from(datagram), at: desk.now(), started: desk.steady() });
  }
}

function answer(desk: Desk, asked: Asked): void {
  const { method, mode } = asked.request;
  if (method === 'WRQ') refuse(desk, asked, { status: 405, reason: 'this server is read-only' });
  else if (!isMode(mode)) refuse(desk, asked, { status: 400, reason: `mode ${printable(mode, 32)} is not served` });
  else {
    const crowd = makeRoom(desk, asked.peer.address);
    // No answer: every client asks again in a second or so, and an ERROR would send it away.
    if (crowd) note(desk, asked, { status: 503, reason: crowd });
    else admit(desk, asked, mode);
  }
}

function admit(desk: Desk, asked: Asked, mode: Mode): void {
  const fetch = createFetch(desk, asked);
  desk.table.add(fetch);
  desk.wheel.schedule(fetch.timer, Math.ceil(desk.limits.opening / tickLength));
  void open(desk, fetch, mode);
}

const isMode = (mode: string): mode is Mode => mode === 'octet' || mode === 'netascii';

function createFetch(desk: Desk, asked: Asked): Fetch {
  const { peer } = asked;
  const fetch = {
    ...asked,
    address: peer.address,
    port: peer.port,
    to: { ...peer, socket: desk.answerFrom(peer) },
    heard: desk.wheel.now(),
    over: false,
  } as Omit<Fetch, 'timer'> as Fetch;
  fetch.timer = desk.wheel.createTimer(fetch);
  return fetch;
}

/**
 * Under a limit nothing happens. At it, the transfer that is idle longest makes room for the new one; when even that
 * one is moving, the new one waits for its next try: says why.
 */
function makeRoom(desk: Desk, address: string): string | undefined {
  const crowd = desk.table.crowding(address);
  if (!crowd) return undefined;
  const { oldest, limit } = crowd;
  const idle = !oldest.running || !hasAnswered(oldest.running.transfer) || desk.wheel.now() - oldest.heard >= idleTicks;
  if (!idle) return `${limit} are under way and none is idle`;
  cutOff(desk, oldest, { reason: `dropped for a newer one: ${limit} were under way`, error: 'undefined' });
  return undefined;
}

function receiveMalformed(desk: Desk, from: Peer, { opcode, reason }: { opcode: number; reason: string }): void {
  if (desk.closed || (opcode !== opcodes.rrq && opcode !== opcodes.wrq)) return;
  const method = opcode === opcodes.rrq ? 'RRQ' : 'WRQ';
  const request = { kind: 'request', method, path: '', mode: '', options: [] } as const;
  refuse(desk, { peer: from, request, at: desk.now(), started: desk.steady() }, { status: 400, reason });
}

type Question = Omit<Asked, 'datagram'>;

/** Answers with an ERROR at once, without a file. */
function refuse(desk: Desk, asked: Question, refusal: Refusal): void {
  desk.wire.send(asked.peer, writeError(refusal.status === 400 ? 'illegal' : errorOf(refusal.status)));
  note(desk, asked, refusal);
}

const note = (desk: Desk, asked: Question, refusal: Refusal): void =>
  desk.record(factOf(asked, refusalOutcome(refusal), desk.steady()));
