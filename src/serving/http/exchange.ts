import type { OutgoingHttpHeaders } from 'node:http';
import type { FetchFact } from '../../model/fact.ts';
import type { Agent } from '../../model/user-agent.ts';
import type { Certificate } from '../access/certificate.ts';
import { shownPath } from '../request-path.ts';
import type { RequestHeaders } from './head.ts';
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

/** How an answer gets out: through node:http, or written by ourselves. */
export interface Way {
  send(status: number, headers: OutgoingHttpHeaders, body: Buffer | string | undefined): void;
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

/** One request and its answer, up to the fact that the journal keeps. */
export interface Exchange {
  readonly asked: Asked;
  readonly way: Way;
  /** When the body began to go out (`performance.now()`), and its length; undefined until then. */
  readonly sending?: { readonly since: number; readonly length: number };
  /** The answer is out, or cut off. */
  readonly over: boolean;
  /** Resolves when it is over. */
  readonly done: Promise<void>;
  note(fields: Note): void;
  /** This is no fetch, or one that somebody else answers: no fact is kept. */
  forget(): void;
  /** The last byte of the answer is with the system. */
  finished(): void;
  /** Ends the exchange and its connection. */
  cut(reason: string): void;
  /** The connection was closed, by whomever. */
  closed(): void;
}

/** What is made of the facts. */
export interface Recorder {
  record(fact: FetchFact): void;
  /** What a user agent says of itself, and its text as the journal keeps it. */
  identify(userAgent: string): { readonly text: string; readonly agent: Agent };
}

/** Keeps one fact for each exchange, exactly once: when the last byte is with the system, or the connection is gone. */
export function openExchange(asked: Asked, way: Way, recorder: Recorder): Exchange {
  const at = Date.now();
  const since = performance.now();
  let note: Note = {};
  let sending: Exchange['sending'];
  let over = false;
  let isCut = false;
  let isFetch = true;
  let ending: PromiseWithResolvers<void> | undefined;

  const settle = (complete: boolean) => {
    if (over) return;
    over = true;
    if (isFetch) {
      const { length = 0 } = note;
      const bytes = complete ? length : sending === undefined ? 0 : Math.max(0, Math.min(way.taken(), length));
      recorder.record(factOf({ at, since, asked, note, complete, bytes }, recorder));
    }
    ending?.resolve();
  };

  return {
    asked,
    way,
    get done() {
      ending ??= Promise.withResolvers();
      if (over) ending.resolve();
      return ending.promise;
    },
    get over() {
      return over;
    },
    get sending() {
      return sending;
    },
    note(fields) {
      note = { ...note, ...fields };
      if (fields.length !== undefined) sending = { since: performance.now(), length: fields.length };
    },
    forget() {
      isFetch = false;
    },
    finished() {
      settle(!isCut);
    },
    cut(reason) {
      if (!isCut) note = { ...note, reason };
      isCut = true;
      way.destroy();
    },
    closed() {
      settle(false);
    },
  };
}

interface Ended {
  readonly at: number;
  readonly since: number;
  readonly asked: Asked;
  readonly note: Note;
  readonly complete: boolean;
  readonly bytes: number;
}

function factOf({ at, since, asked, note, complete, bytes }: Ended, recorder: Recorder): FetchFact {
  const userAgent = asked.headers['user-agent'];
  const known = userAgent === undefined ? undefined : recorder.identify(userAgent);
  return {
    at,
    protocol: asked.protocol,
    address: asked.address,
    method: asked.method,
    path: shownPath(asked.target),
    file: note.file,
    device: note.device ?? known?.agent.mac,
    user_agent: known?.text,
    model: known?.agent.model,
    firmware: known?.agent.firmware,
    status: note.status ?? 499,
    bytes: note.received ?? bytes,
    complete,
    revision: note.revision,
    reason: note.reason ?? (complete ? undefined : 'the client closed the connection'),
    refusal: note.refusal,
    duration: Math.round(performance.now() - since),
  };
}

/** An answer may take a while, and longer the longer it is. */
export const isTooSlow = ({ sending }: Exchange, limits: Pick<HttpLimits, 'answer' | 'slowest'>): boolean =>
  sending !== undefined && performance.now() - sending.since > limits.answer + (sending.length / limits.slowest) * 1000;
