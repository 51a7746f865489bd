import { parseCSeq } from '../sip/cseq.ts';
import { headerOf, type Response } from '../sip/message.ts';
import {
  type Action,
  advance,
  begin,
  type Step,
  type TimerName,
  type TimerValues,
  type Transaction,
  type TransactionEvent,
} from '../sip/transaction.ts';
import { viasOf } from '../sip/via.ts';
import type { Alarm, Clock } from './clock.ts';
import type { Probe } from './probe.ts';
import type { Hop } from './way.ts';

/** A request as it goes out: `branch` and `method` are what its answer is known by (RFC 3261 section 17.1.3). */
export interface Outgoing {
  readonly bytes: Uint8Array;
  readonly branch: string;
  readonly method: string;
  readonly target: Hop;
}

/** How a transaction ended. */
export type Ending =
  | { readonly type: 'answered'; readonly response: Response; readonly from: string }
  | { readonly type: 'silent' | 'stopped' }
  | { readonly type: 'failed'; readonly error: Error };

export interface Exchanges {
  /** Sends the request, again while nothing comes, and gives its final answer; never rejects. */
  request(outgoing: Outgoing): Promise<Ending>;
  /** Takes a response in; false when no transaction waits for it. */
  receive(response: Response, from: string): boolean;
  /** Ends what is under way, and what is asked for later. */
  stop(): void;
}

export interface ExchangesOptions {
  readonly send: (bytes: Uint8Array, target: Hop, failed: (error: Error) => void) => void;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly timers: TimerValues;
}

interface Exchange {
  readonly branch: string;
  readonly method: string;
  readonly alarms: Partial<Record<TimerName, Alarm>>;
  state: Transaction;
  /** Gone as soon as it ended: an answered exchange is kept for timer K, and thousands are at a time. */
  open?: OpenPart;
}

interface OpenPart {
  readonly outgoing: Outgoing;
  readonly done: (ending: Ending) => void;
  sent: number;
  unwatch?: () => void;
}

/** Drives the transactions of `sip/transaction.ts`: many of them over one clock and one way to send. */
export function createExchanges({ send, probe, clock, timers }: ExchangesOptions): Exchanges {
  const exchanges = new Map<string, Exchange>();
  const state = { stopped: false };

  function step(exchange: Exchange, event: TransactionEvent, ending?: Ending): void {
    follow(exchange, advance(exchange.state, event), ending);
  }

  function follow(exchange: Exchange, { state, actions }: Step, ending?: Ending): void {
    exchange.state = state;
    for (const action of actions) act(exchange, action, ending);
    if (state.phase === 'terminated') exchanges.delete(exchange.branch);
  }

  function act(exchange: Exchange, action: Action, ending?: Ending): void {
    if (action.type === 'send') transmit(exchange);
    else if (action.type === 'set') setTimer(exchange, action.timer, action.after);
    else if (action.type === 'clear') clearTimer(exchange, action.timer);
    else if (action.type === 'timeout') end(exchange, { type: 'silent' });
    else if (ending) end(exchange, ending);
  }

  function end(exchange: Exchange, ending: Ending): void {
    exchange.open?.unwatch?.();
    exchange.open?.done(ending);
    exchange.open = undefined;
  }

  function setTimer(exchange: Exchange, timer: TimerName, after: number): void {
    exchange.alarms[timer] = clock.set(after, () => step(exchange, { type: 'timer', timer }));
  }

  function clearTimer({ alarms }: Exchange, timer: TimerName): void {
    if (alarms[timer]) clock.clear(alarms[timer]);
    alarms[timer] = undefined;
  }

  function transmit(exchange: Exchange): void {
    const { open } = exchange;
    if (!open) return;
    const failed = (error: Error) => step(exchange, { type: 'transport-error' }, { type: 'failed', error });
    send(open.outgoing.bytes, open.outgoing.target, failed);
    open.sent++;
    if (open.sent > 1) open.unwatch ??= probe(open.outgoing.target, failed);
  }

  return {
    request: (outgoing) =>
      new Promise((done) => {
        if (state.stopped) return done({ type: 'stopped' });
        const first = begin((outgoing.target.transport ?? 'udp') !== 'udp', timers);
        const { branch, method } = outgoing;
        const exchange = { branch, method, alarms: {}, state: first.state, open: { outgoing, done, sent: 0 } };
        exchanges.set(branch, exchange);
        follow(exchange, first);
      }),
    receive(response, from) {
      const exchange = exchanges.get(branchOf(response) ?? '');
      if (!exchange || methodOf(response) !== exchange.method) return false;
      const final: Ending | undefined = response.status < 200 ? undefined : { type: 'answered', response, from };
      step(exchange, { type: 'response', status: response.status }, final);
      return true;
    },
    stop() {
      state.stopped = true;
      for (const exchange of exchanges.values()) end(exchange, { type: 'stopped' });
      exchanges.clear();
    },
  };
}

/** The branch of its only Via; a response with more of them went astray (RFC 3261 section 8.1.3.3). */
function branchOf(response: Response): string | undefined {
  const [via, ...more] = viasOf(response);
  return more.length > 0 ? undefined : via?.parameters.get('branch');
}

const methodOf = (response: Response): string | undefined => parseCSeq(headerOf(response, 'CSeq') ?? '')?.method;
