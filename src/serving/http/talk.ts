import type { Socket } from 'node:net';
import type { Client } from './client.ts';
import type { Exchange } from './exchange.ts';
import type { Found } from './find.ts';
import { type Head, readHead, readMethod, readTarget } from './head.ts';
import type { Elsewhere, House, Known } from './house.ts';
import { type ClientError, refusalOf, refuseRaw } from './malformed.ts';
import { refuse, sendFound } from './respond.ts';
import { type Read, Turn } from './turn.ts';

const nothing = Buffer.alloc(0);
const faultOf = (error: unknown) => ({ status: 500, reason: `a fault of offhook: ${error}` });
/** What goes wrong with a connection is seen when it closes. */
const ignore = () => {};

/**
 * A connection of which we read and answer the requests ourselves, one after the other, as long as they are ordinary ones.
 * From the first that is not, it is given away, with all bytes that are not answered yet. A class, for there is one for
 * every connection, and without keep-alive one for every request.
 */
export class Talk {
  readonly socket: Socket;
  readonly client: Client;
  readonly house: House;
  /** What is being answered, and what came together with it. */
  #turn: Turn | undefined = undefined;
  readonly #waiting: Read[] = [];
  /** Bytes that are no whole head yet, or that somebody else is to read. */
  #rest: Buffer | undefined = undefined;
  #elsewhere: Elsewhere | undefined = undefined;
  /** No further request is read: the client wants no more answers, or has said that it is done. */
  #deaf = false;
  /** When the connection came, or the answer before went out, or the head began to come in (`performance.now()`). */
  #since = performance.now();
  #answered = false;
  /** What ends an answer that takes so long that the connection was given a clock of its own. */
  #stalls: (() => void) | undefined = undefined;
  readonly #data = (chunk: Buffer) => this.#hear(chunk);
  readonly #end = () => this.#hearEnd();
  readonly #close = () => this.#abandon();

  constructor(socket: Socket, client: Client, house: House) {
    this.socket = socket;
    this.client = client;
    this.house = house;
    house.talks.add(this);
    socket.on('data', this.#data).on('end', this.#end).on('close', this.#close).on('error', ignore);
  }

  /** Nothing is being answered. */
  get isIdle(): boolean {
    return this.#turn === undefined;
  }

  /** Looks at how long it takes, now and then (`now` as `performance.now()` gives it). */
  sweep(now: number): void {
    const { limits } = this.house;
    const age = now - this.#since;
    if (this.#turn !== undefined) this.#watch(this.#turn.exchange);
    else if (this.#rest !== undefined && age > limits.headers)
      this.#refuseHalf({ code: 'ERR_HTTP_REQUEST_TIMEOUT', message: '' });
    else if (this.#rest === undefined && age > (this.#answered ? limits.idle : limits.headers)) this.socket.destroy();
  }

  /** Ends it, whatever is under way. */
  cut(reason: string): void {
    this.#abandon(reason);
    this.socket.destroy();
  }

  /** The system has the whole answer: on with the connection, or the end of it. */
  finish(turn: Turn): void {
    turn.exchange.finished();
    this.#turn = undefined;
    this.#since = performance.now();
    this.#answered = true;
    if (this.#stalls !== undefined) this.socket.setTimeout(0, this.#stalls);
    this.#stalls = undefined;
    const read = turn.kept ? this.#waiting.shift() : undefined;
    if (!turn.kept) this.#hangUp();
    else if (read !== undefined) this.#answer(read);
    else if (this.#elsewhere !== undefined) this.#give(this.#elsewhere);
    else if (this.#deaf || this.house.closing) this.#hangUp();
  }

  #hear(chunk: Buffer): void {
    if (this.#deaf) return;
    const rest = this.#rest;
    if (rest === undefined) this.#since = performance.now();
    this.#readAll(rest === undefined ? chunk : Buffer.concat([rest, chunk]));
    if (this.#elsewhere === undefined) return;
    this.socket.pause();
    if (this.#turn === undefined) this.#give(this.#elsewhere);
  }

  #readAll(bytes: Buffer): void {
    let start = 0;
    while (start < bytes.length && !this.#deaf) {
      const head = readHead(bytes, start, this.house.fieldsOf);
      if (head === 'incomplete') break;
      this.#elsewhere = this.#whoElse(head, bytes, start);
      if (head === 'unusual' || this.#elsewhere !== undefined) break;
      this.#deaf = !head.keepAlive;
      this.#take({ head, bytes, start });
      start += head.length;
    }
    this.#rest = start < bytes.length && !this.#deaf ? bytes.subarray(start) : undefined;
  }

  #whoElse(head: Head | 'unusual', bytes: Buffer, start: number): Elsewhere | undefined {
    if (head !== 'unusual') return this.house.elsewhere(head.target, head.method);
    const target = readTarget(bytes, start);
    return (target === undefined ? undefined : this.house.elsewhere(target, readMethod(bytes, start))) ?? 'full';
  }

  #take(read: Read): void {
    if (this.#turn === undefined) {
      this.#answer(read);
      return;
    }
    this.#waiting.push(read);
    if (this.#waiting.length >= this.house.limits.pipelined)
      this.#abandon('too many requests at once on one connection');
  }

  /** What goes wrong in it becomes its answer, or ends the connection. */
  #answer(read: Read): void {
    const turn = new Turn(this, read);
    const { exchange } = turn;
    this.#turn = turn;
    try {
      const found = this.house.find(exchange.asked);
      if (found instanceof Promise)
        found.then((late) => this.#send(turn, late)).catch((error) => refuse(exchange, faultOf(error)));
      else this.#send(turn, found);
    } catch (error) {
      refuse(exchange, faultOf(error));
    }
  }

  #send(turn: Turn, found: Found): void {
    if (turn.exchange.over || sendFound(turn.exchange, found)) return;
    this.#handOver(turn, found);
  }

  /** All that was written is with the system, which sends it still; only TLS has a word of its own to say. */
  #hangUp(): void {
    if (this.client.protocol === 'https') this.socket.destroySoon();
    else this.socket.destroy();
  }

  /** The end of the connection, before all of its answers were out. */
  #abandon(reason?: string): void {
    this.#letGo();
    this.#deaf = true;
    const turn = this.#turn;
    if (turn === undefined && this.#waiting.length === 0) return;
    const turns = this.#waiting.splice(0).map((read) => new Turn(this, read));
    for (const { exchange } of turn === undefined ? turns : [turn, ...turns]) {
      if (reason !== undefined) exchange.cut(reason);
      exchange.closed();
    }
  }

  /** From now on the connection is somebody else's, if it is still there. */
  #letGo(): void {
    const { socket, house } = this;
    house.talks.delete(this);
    if (socket.destroyed) return;
    socket.off('data', this.#data).off('end', this.#end).off('close', this.#close);
    if (this.#stalls !== undefined) socket.setTimeout(0, this.#stalls);
  }

  #give(elsewhere: Elsewhere, known?: Known): void {
    const { socket, client } = this;
    this.#letGo();
    this.house.giveTo(elsewhere, { socket, client, bytes: this.#rest ?? nothing }, known);
  }

  /** A file on disk: node:http streams it. What was found is told, so that nobody is asked twice. */
  #handOver({ read, exchange }: Turn, found: Found): void {
    // Bytes cannot be put back where the end was read; node:http would not answer either.
    if (this.socket.readableEnded) {
      this.#abandon('the client closed the connection');
      return;
    }
    const heads = [read, ...this.#waiting].map(({ bytes, start, head }) => bytes.subarray(start, start + head.length));
    exchange.forget();
    this.socket.pause();
    this.#rest = Buffer.concat([...heads, this.#rest ?? nothing]);
    this.#give('full', { target: exchange.asked.target, found });
  }

  /** Who has said all he wanted to say is taken to have left, as node:http takes it: what is not on its way is not sent. */
  #hearEnd(): void {
    this.#deaf = true;
    if (this.#turn !== undefined) {
      if (!this.#turn.begun) this.#abandon('the client closed the connection');
    } else if (this.#rest === undefined) this.#hangUp();
    else this.#refuseHalf({ code: 'HPE_INVALID_EOF_STATE', message: '' });
  }

  /** A head that does not become whole. */
  #refuseHalf(error: ClientError): void {
    const { socket, client, house } = this;
    const refusal = refusalOf({ ...error, rawPacket: this.#rest }, socket);
    this.#letGo();
    if (refusal === undefined) socket.destroy();
    else house.recorder.record(refuseRaw(socket, client, refusal));
  }

  /** An answer that is not out within one sweep is given a clock that runs as long as nothing moves. */
  #watch(exchange: Exchange): void {
    const { limits } = this.house;
    if (exchange.isTooSlow(limits)) exchange.cut('the client reads too slowly');
    if (this.#stalls !== undefined) return;
    this.#stalls = () => exchange.cut('the connection stood still for too long');
    this.socket.setTimeout(limits.stalled, this.#stalls);
  }
}
