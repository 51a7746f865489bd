import type { Socket } from 'node:net';
import type { Client, IsProxy } from './client.ts';
import type { Asked, Recorder } from './exchange.ts';
import type { Fields } from './fields.ts';
import type { Found } from './find.ts';
import type { HttpLimits } from './limits.ts';
import type { Write } from './wire.ts';

/** What the talks of one server share. */
export interface House {
  readonly limits: HttpLimits;
  readonly recorder: Recorder;
  readonly write: Write;
  readonly talks: Set<Resident>;
  readonly isProxy: IsProxy;
  /** From now on a connection is closed when its answer is out. */
  readonly closing: boolean;
  /** Of the lines of a head. */
  fieldsOf(block: string): Fields | undefined;
  find(asked: Asked): Found | Promise<Found>;
  /** Undefined for what phones ask for. */
  elsewhere(target: string, method: string): Elsewhere | undefined;
  giveTo(elsewhere: Elsewhere, given: Given, known?: Known): void;
}

/** A connection that the house looks after. */
export interface Resident {
  /** Nothing is being answered. */
  readonly isIdle: boolean;
  /** Looks at how long it takes (`now` as `performance.now()` gives it). */
  sweep(now: number): void;
}

/** Who is to answer what is not for us: node:http, or another thread. */
export type Elsewhere = 'full' | 'passed';

/** A connection that is given away, with what was read of it and not answered. */
export interface Given {
  readonly socket: Socket;
  readonly bytes: Buffer;
  readonly client: Client;
}

/** What a connection was found to ask for before it was given away. */
export interface Known {
  readonly target: string;
  readonly found: Found;
}
