/**
 * The non-INVITE client transaction of RFC 3261 section 17.1.2 as a state machine without effects: a state and an event
 * in, the next state and what to do out. Who drives it keeps the time and the socket.
 */

/** Milliseconds: T1 a round trip, T2 the longest pause between retransmissions, T4 how long a message lives in the network. */
export interface TimerValues {
  readonly t1: number;
  readonly t2: number;
  readonly t4: number;
}

/** RFC 3261, table 4. */
export const defaultTimers: TimerValues = { t1: 500, t2: 4_000, t4: 5_000 };

/** E retransmits, F gives up, K keeps the transaction for answers that come again. */
export type TimerName = 'E' | 'F' | 'K';

export interface Transaction {
  readonly phase: 'trying' | 'proceeding' | 'completed' | 'terminated';
  /** Milliseconds that timer E was last set to. */
  readonly pause: number;
  /** TCP and TLS do not lose messages: no timer E, and nothing to keep the transaction for. */
  readonly reliable: boolean;
  readonly timers: TimerValues;
}

export type TransactionEvent =
  | { readonly type: 'timer'; readonly timer: TimerName }
  | { readonly type: 'response'; readonly status: number }
  | { readonly type: 'transport-error' };

/** `deliver` hands the response of the event to whoever began; `timeout` and `failed` say that none comes. */
export type Action =
  | { readonly type: 'send' | 'deliver' | 'timeout' | 'failed' }
  | { readonly type: 'set'; readonly timer: TimerName; readonly after: number }
  | { readonly type: 'clear'; readonly timer: TimerName };

export interface Step {
  readonly state: Transaction;
  readonly actions: readonly Action[];
}

const send: Action = { type: 'send' };
const deliver: Action = { type: 'deliver' };
const clearE: Action = { type: 'clear', timer: 'E' };
const clearF: Action = { type: 'clear', timer: 'F' };
const nothing: readonly Action[] = [];

const set = (timer: TimerName, after: number): Action => ({ type: 'set', timer, after });

/** Sends the request for the first time. */
export function begin(reliable: boolean, timers: TimerValues = defaultTimers): Step {
  const state: Transaction = { phase: 'trying', pause: timers.t1, reliable, timers };
  const giveUp = set('F', 64 * timers.t1);
  return { state, actions: reliable ? [send, giveUp] : [send, giveUp, set('E', timers.t1)] };
}

/** The next step. An event that its phase has no use for, as an answer that comes again, changes nothing. */
export function advance(state: Transaction, event: TransactionEvent): Step {
  if (state.phase === 'terminated') return { state, actions: nothing };
  if (state.phase === 'completed') return complete(state, event);
  if (event.type === 'response') return answer(state, event.status);
  if (event.type === 'transport-error') return end(state, { type: 'failed' });
  if (event.timer === 'F') return end(state, { type: 'timeout' });
  return event.timer === 'E' && !state.reliable ? retransmit(state) : { state, actions: nothing };
}

function retransmit(state: Transaction): Step {
  const { t2 } = state.timers;
  const pause = state.phase === 'proceeding' ? t2 : Math.min(2 * state.pause, t2);
  return { state: { ...state, pause }, actions: [send, set('E', pause)] };
}

function answer(state: Transaction, status: number): Step {
  if (status < 200) return { state: { ...state, phase: 'proceeding' }, actions: [deliver] };
  if (state.reliable) return { state: { ...state, phase: 'terminated' }, actions: [deliver, clearF] };
  return {
    state: { ...state, phase: 'completed' },
    actions: [deliver, clearE, clearF, set('K', state.timers.t4)],
  };
}

function complete(state: Transaction, event: TransactionEvent): Step {
  const over = event.type === 'timer' && event.timer === 'K';
  return { state: over ? { ...state, phase: 'terminated' } : state, actions: nothing };
}

function end(state: Transaction, why: Action): Step {
  return { state: { ...state, phase: 'terminated' }, actions: [why, clearE, clearF] };
}
