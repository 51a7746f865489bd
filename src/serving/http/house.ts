import type { Socket } from 'node:net';
import type { Client, IsProxy } from './client.ts';
import type { Exchange, Recorder, Way } from './exchange.ts';
import type { Found } from './find.ts';
import type { Head } from './head.ts';
import type { HttpLimits } from './limits.ts';
import type { Write } from './wire.ts';

/** A connection of which we read the requests ourselves, as long as they are ordinary ones. */
export interface Talk {
  readonly socket: Socket;
  readonly client: Client;
  readonly house: House;
  readonly way: Way;
  /** What is being answered. */
  turn?: Turn;
  /** Requests that came together are answered one after the other. */
  readonly waiting: Read[];
  /** Bytes that are no whole head yet, or that somebody else is to read. */
  rest?: Buffer;
  elsewhere?: Elsewhere;
  /** No further request is read: the client wants no more answers, or has said that it is done. */
  deaf: boolean;
  /** When the connection came, or the answer before went out, or the head began to come in (`performance.now()`). */
  since: number;
  answered: boolean;
  /** What ends an answer that takes so long that the connection was given a clock of its own. */
  stalls?: () => void;
  /** An answer is out: on with the connection, or the end of it. */
  next(kept: boolean): void;
  /** The request under way, and all after it, are for node:http. */
  handOver(known: Known): void;
  /** From now on the connection is somebody else's. */
  letGo(): void;
}

/** A request that was read. */
export interface Read {
  readonly head: Head;
  /** Where it begins in the bytes that it came in. */
  readonly bytes: Buffer;
  readonly start: number;
}

export interface Turn {
  readonly read: Read;
  readonly exchange: Exchange;
  /** The status line is out. */
  begun: boolean;
  /** The connection stays open after this answer. */
  kept: boolean;
  /** Bytes of the body that the system has taken. */
  taken: number;
}

/** Who is to answer what is not for us: node:http, or another thread. */
export type Elsewhere = 'full' | 'passed';

/** What a connection was found to ask for before it was given away. */
export interface Known {
  readonly target: string;
  readonly found: Found;
}

/** A connection that is given away, with what was read of it and not answered. */
export interface Given {
  readonly socket: Socket;
  readonly bytes: Buffer;
  readonly client: Client;
}

/** What the talks of one server share. */
export interface House {
  readonly limits: HttpLimits;
  readonly recorder: Recorder;
  readonly write: Write;
  readonly talks: Set<Talk>;
  readonly isProxy: IsProxy;
  /** From now on a connection is closed when its answer is out. */
  readonly closing: boolean;
  find(asked: Exchange['asked']): Found | Promise<Found>;
  /** Undefined for what phones ask for. */
  elsewhere(target: string): Elsewhere | undefined;
  giveTo(elsewhere: Elsewhere, given: Given, known?: Known): void;
}
