import type { OutgoingHttpHeaders } from 'node:http';
import { examinationMark, examined } from '../../model/examination.ts';
import type { FetchFact } from '../../model/fact.ts';
import type { Agent } from '../../model/user-agent.ts';
import type { Certificate } from '../access/certificate.ts';
import { shownPath } from '../request-path.ts';
import type { RequestHeaders } from './fields.ts';
import type { HttpLimits } from './limits.ts';

/** A request, and whom it came from. */
export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: RequestHeaders;
  readonly protocol: 'http' | 'https';
  /** Of the client itself, without port, where listed proxies stand between. */
  readonly address: string;
  /** The proxies say that it is two at once. */
  readonly isTwo: boolean;
  /** What it showed in its TLS handshake. */
  readonly certificate?: Certificate;
}

/** An answer without its body. */
export interface Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** Status line and headers as the fast way writes them, once it did. */
  bytes?: Buffer;
}

/** How an answer gets out: through node:http, or written by ourselves. */
export interface Way {
  send(reply: Reply, body: Buffer | string | undefined): void;
  /** The status line is out. */
  readonly begun: boolean;
  /** Bytes of the body that the system has taken for certain, of an answer that was cut off. */
  taken(): number;
  destroy(): void;
}

/** What the answer will say of itself in the journal. */
export type Note = Partial<Pick<FetchFact, 'status' | 'file' | 'device' | 'revision' | 'reason' | 'refusal'>> & {
  /** Bytes of the body that is being sent. */
  readonly length?: number;
  /** Bytes of the body that came, of an upload. */
  readonly received?: number;
};

/** What is made of the facts. */
export interface Recorder {
  record(fact: FetchFact): void;
  /** What a user agent says of itself, and its text as the journal keeps it. */
  identify(userAgent: string): { readonly text: string; readonly agent: Agent };
}

/**
 * One request and its answer, up to the fact that the journal keeps: one for each, exactly once, when the last byte is
 * with the system, or the connection is gone. A class, for once: thousands of these are made a second, and a closure for
 * each of its methods costs more than the rest.
 */
export class Exchange {
  readonly asked: Asked;
  readonly way: Way;
  readonly #recorder: Recorder;
  readonly #at = Date.now();
  readonly #since = performance.now();
  /** When the body began to go out (`performance.now()`). */
  #sending: number | undefined = undefined;
  #note: Note = noNote;
  #over = false;
  #isCut = false;
  #isFetch = true;
  #ending: PromiseWithResolvers<void> | undefined = undefined;

  constructor(asked: Asked, way: Way, recorder: Recorder) {
    this.asked = asked;
    this.way = way;
    this.#recorder = recorder;
  }

  /** The answer is out, or cut off. */
  get over(): boolean {
    return this.#over;
  }

  /** Resolves when it is over. */
  get done(): Promise<void> {
    this.#ending ??= Promise.withResolvers();
    if (this.#over) this.#ending.resolve();
    return this.#ending.promise;
  }

  note(fields: Note): void {
    this.#note = this.#note === noNote ? fields : { ...this.#note, ...fields };
    if (fields.length !== undefined) this.#sending = performance.now();
  }

  /** This is no fetch, or one that somebody else answers: no fact is kept. */
  forget(): void {
    this.#isFetch = false;
  }

  /** The last byte of the answer is with the system. */
  finished(): void {
    this.#settle(!this.#isCut);
  }

  /** Ends the exchange and its connection. */
  cut(reason: string): void {
    if (!this.#isCut) this.#note = { ...this.#note, reason };
    this.#isCut = true;
    this.way.destroy();
  }

  /** The connection was closed, by whomever. */
  closed(): void {
    this.#settle(false);
  }

  /** An answer may take a while, and longer the longer it is. */
  isTooSlow({ answer, slowest }: Pick<HttpLimits, 'answer' | 'slowest'>): boolean {
    if (this.#sending === undefined) return false;
    return performance.now() - this.#sending > answer + ((this.#note.length ?? 0) / slowest) * 1000;
  }

  #settle(complete: boolean): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#isFetch) this.#record(this.#fact(complete));
    this.#ending?.resolve();
  }

  #record(fact: FetchFact): void {
    const isMarked = this.asked.headers[examinationMark] !== undefined;
    this.#recorder.record(isMarked ? examined(fact) : fact);
  }

  #bytes(complete: boolean): number {
    const { length = 0, received } = this.#note;
    if (complete || received !== undefined) return received ?? length;
    return this.#sending === undefined ? 0 : Math.max(0, Math.min(this.way.taken(), length));
  }

  #fact(complete: boolean): FetchFact {
    const note = this.#note;
    const { protocol, address, method, target, headers } = this.asked;
    const userAgent = headers['user-agent'];
    const known = userAgent === undefined ? undefined : this.#recorder.identify(userAgent);
    return {
      at: this.#at,
      protocol,
      address,
      method,
      path: shownPath(target),
      file: note.file,
      device: note.device ?? known?.agent.mac,
      user_agent: known?.text,
      model: known?.agent.model,
      firmware: known?.agent.firmware,
      status: note.status ?? 499,
      bytes: this.#bytes(complete),
      complete,
      revision: note.revision,
      reason: note.reason ?? (complete ? undefined : 'the client closed the connection'),
      refusal: note.refusal,
      duration: Math.round(performance.now() - this.#since),
    };
  }
}

const noNote: Note = {};
