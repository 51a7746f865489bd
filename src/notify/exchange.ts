import { parseCSeq } from '../sip/cseq.ts';
import { headerOf, type Response } from '../sip/message.ts';
import type { Address } from '../sip/notify-request.ts';
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

/** A request as it goes out: `branch` and `method` are what its answer is known by (RFC 3261 section 17.1.3). */
export interface Outgoing {
  readonly bytes: Uint8Array;
  readonly branch: string;
  readonly method: string;
  readonly target: Address;
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
  readonly send: (bytes: Uint8Array, target: Address, failed: (error: Error) => void) => void;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly timers: TimerValues;
}

interface Exchange {
  readonly outgoing: Outgoing;
  readonly alarms: Map<TimerName, Alarm>;
  readonly done: (ending: Ending) => void;
  state: Transaction;
  sent: number;
  unwatch?: () => void;
}

/** Drives the transactions of `sip/transaction.ts`: many of them over one clock and one way to send. */
export function createExchanges({ send, probe, clock, timers }: ExchangesOptions): Exchanges {
  const open = new Map<string, Exchange>();
  const state = { stopped: false };

  function step(exchange: Exchange, event: TransactionEvent, ending?: Ending): void {
    follow(exchange, advance(exchange.state, event), ending);
  }

  function follow(exchange: Exchange, { state, actions }: Step, ending?: Ending): void {
    exchange.state = state;
    for (const action of actions) act(exchange, action, ending);
    if (state.phase === 'completed' || state.phase === 'terminated') exchange.unwatch?.();
    if (state.phase === 'terminated') open.delete(exchange.outgoing.branch);
  }

  function act(exchange: Exchange, action: Action, ending?: Ending): void {
    if (action.type === 'send') transmit(exchange);
    else if (action.type === 'set') setTimer(exchange, action.timer, action.after);
    else if (action.type === 'clear') clearTimer(exchange, action.timer);
    else if (action.type === 'timeout') exchange.done({ type: 'silent' });
    else if (ending) exchange.done(ending);
  }

  function setTimer(exchange: Exchange, timer: TimerName, after: number): void {
    const ring = () => step(exchange, { type: 'timer', timer });
    exchange.alarms.set(timer, clock.set(after, ring));
  }

  function clearTimer(exchange: Exchange, timer: TimerName): void {
    const alarm = exchange.alarms.get(timer);
    if (alarm) clock.clear(alarm);
  }

  function transmit(exchange: Exchange): void {
    const { bytes, target } = exchange.outgoing;
    const failed = (error: Error) => step(exchange, { type: 'transport-error' }, { type: 'failed', error });
    send(bytes, target, failed);
    exchange.sent++;
    if (exchange.sent > 1) exchange.unwatch ??= probe(target, failed);
  }

  return {
    request: (outgoing) =>
      new Promise((done) => {
        if (state.stopped) return done({ type: 'stopped' });
        const first = begin(false, timers);
        const exchange: Exchange = { outgoing, alarms: new Map(), done, state: first.state, sent: 0 };
        open.set(outgoing.branch, exchange);
        follow(exchange, first);
      }),
    receive(response, from) {
      const exchange = open.get(branchOf(response) ?? '');
      if (!exchange || methodOf(response) !== exchange.outgoing.method) return false;
      const final: Ending | undefined = response.status < 200 ? undefined : { type: 'answered', response, from };
      step(exchange, { type: 'response', status: response.status }, final);
      return true;
    },
    stop() {
      state.stopped = true;
      for (const exchange of open.values()) {
        exchange.unwatch?.();
        exchange.done({ type: 'stopped' });
      }
      open.clear();
    },
  };
}

/** The branch of its only Via; a response with more of them went astray (RFC 3261 section 8.1.3.3). */
function branchOf(response: Response): string | undefined {
  const [via, ...more] = viasOf(response);
  return more.length > 0 ? undefined : via?.parameters.get('branch');
}

const methodOf = (response: Response): string | undefined => parseCSeq(headerOf(response, 'CSeq') ?? '')?.method;
