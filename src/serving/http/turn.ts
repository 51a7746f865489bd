import type { Socket } from 'node:net';
import { ask, type Client } from './client.ts';
import { Exchange, type Reply, type Way } from './exchange.ts';
import type { Head } from './head.ts';
import type { House } from './house.ts';

/** A request that was read. */
export interface Read {
  readonly head: Head;
  /** Where it begins in the bytes that it came in. */
  readonly bytes: Buffer;
  readonly start: number;
}

const nothing = Buffer.alloc(0);

/** The connection that a request came by. */
export interface Line {
  readonly socket: Socket;
  readonly client: Client;
  readonly house: House;
  /** The answer is out. */
  finish(turn: Turn): void;
}

/** A request of a talk that is being answered. A class, as its exchange is one. */
export class Turn implements Way {
  readonly read: Read;
  readonly exchange: Exchange;
  readonly #talk: Line;
  /** The status line is out. */
  begun = false;
  /** The connection stays open after this answer. */
  kept = false;
  #taken = 0;
  #length = 0;

  constructor(talk: Line, read: Read) {
    const { client, house } = talk;
    this.#talk = talk;
    this.read = read;
    this.exchange = new Exchange(ask(client, read.head, house.isProxy), this, house.recorder);
  }

  send(reply: Reply, body: Buffer | string = nothing): void {
    if (this.begun) return;
    const { socket, house, client } = this.#talk;
    const { keepAlive, minor } = this.read.head;
    this.begun = true;
    // HTTP/1.0 knows the end of what has no length only by the end of the connection.
    this.kept = keepAlive && !house.closing && (minor === 1 || reply.status !== 304);
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    this.#length = bytes.length;
    const secure = client.protocol === 'https';
    house.write(socket, { reply, body: bytes, keepAlive: this.kept, secure }, this);
  }

  /** The system has so many bytes of the body. */
  written(bytes: number): void {
    this.#taken = bytes;
    if (bytes === this.#length) this.#talk.finish(this);
  }

  taken(): number {
    return this.#taken;
  }

  destroy(): void {
    this.#talk.socket.destroy();
  }
}
