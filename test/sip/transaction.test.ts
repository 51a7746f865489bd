import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Action,
  advance,
  begin,
  defaultTimers,
  type Step,
  type TimerName,
  type TransactionEvent,
} from '../../src/sip/transaction.ts';

const timer = (name: TimerName): TransactionEvent => ({ type: 'timer', timer: name });
const response = (status: number): TransactionEvent => ({ type: 'response', status });
const failure: TransactionEvent = { type: 'transport-error' };

/** Actions as words: `send`, `E=500` for a timer set, `E!` for one cleared. */
const words = (actions: readonly Action[]): string =>
  actions
    .map((action) => {
      if (action.type === 'set') return `${action.timer}=${action.after}`;
      return action.type === 'clear' ? `${action.timer}!` : action.type;
    })
    .join(' ');

type Row = [name: string, events: TransactionEvent[], phase: string, actions: string];

function after(reliable: boolean, events: readonly TransactionEvent[]): Step {
  return events.reduce<Step>((step, event) => advance(step.state, event), begin(reliable));
}

describe('over UDP (RFC 3261 figure 6)', () => {
  test.each<Row>([
    ['begins', [], 'trying', 'send F=32000 E=500'],
    ['sends again when nothing came', [timer('E')], 'trying', 'send E=1000'],
    ['doubles the pause', [timer('E'), timer('E')], 'trying', 'send E=2000'],
    ['waits for T2 at most', Array(5).fill(timer('E')), 'trying', 'send E=4000'],
    ['gives up', [timer('F')], 'terminated', 'timeout E! F!'],
    ['hears that it is tried', [response(100)], 'proceeding', 'deliver'],
    ['sends again every T2 then', [response(100), timer('E')], 'proceeding', 'send E=4000'],
    ['hears more of it', [response(100), response(183)], 'proceeding', 'deliver'],
    ['gives up then too', [response(100), timer('F')], 'terminated', 'timeout E! F!'],
    ['takes the answer', [response(200)], 'completed', 'deliver E! F! K=5000'],
    ['takes the answer after a while', [response(100), response(481)], 'completed', 'deliver E! F! K=5000'],
    ['takes in an answer that comes again', [response(200), response(200)], 'completed', ''],
    ['takes in another answer', [response(200), response(500)], 'completed', ''],
    ['ends when none can come any more', [response(200), timer('K')], 'terminated', ''],
    ['does not mind a timer that rang too late', [response(200), timer('E')], 'completed', ''],
    ['does not mind the other one', [response(200), timer('F')], 'completed', ''],
    ['says that the network failed', [failure], 'terminated', 'failed E! F!'],
    ['says so while it is tried, too', [response(100), failure], 'terminated', 'failed E! F!'],
    ['has its answer whatever the network says later', [response(200), failure], 'completed', ''],
    ['is deaf in the end', [timer('F'), response(200), timer('E')], 'terminated', ''],
    ['does not know timer K before the answer', [timer('K')], 'trying', ''],
  ])('%s', (_, events, phase, actions) => {
    const step = after(false, events);
    expect([step.state.phase, words(step.actions)]).toEqual([phase, actions]);
  });
});

describe('over TCP and TLS', () => {
  test.each<Row>([
    ['begins', [], 'trying', 'send F=32000'],
    ['sends once', [timer('E')], 'trying', ''],
    ['gives up', [timer('F')], 'terminated', 'timeout E! F!'],
    ['ends with the answer', [response(200)], 'terminated', 'deliver F!'],
    ['says that the connection failed', [failure], 'terminated', 'failed E! F!'],
  ])('%s', (_, events, phase, actions) => {
    const step = after(true, events);
    expect([step.state.phase, words(step.actions)]).toEqual([phase, actions]);
  });
});

/** Plays a transaction with its own timers: answers arrive at given moments, everything else is the machine's doing. */
function play(reliable: boolean, arrivals: readonly { at: number; event: TransactionEvent }[]) {
  const timers = new Map<TimerName, number>();
  const log: { at: number; what: string }[] = [];
  const play = { step: begin(reliable), at: 0 };
  const queue = [...arrivals].sort((a, b) => a.at - b.at);
  const obey = () => {
    for (const action of play.step.actions) {
      if (action.type === 'set') timers.set(action.timer, play.at + action.after);
      else if (action.type === 'clear') timers.delete(action.timer);
      else log.push({ at: play.at, what: action.type });
    }
  };
  for (obey(); ; obey()) {
    const [due] = [...timers].sort(([, a], [, b]) => a - b);
    const arrival = queue[0];
    if (arrival && (!due || arrival.at <= due[1])) {
      queue.shift();
      play.at = arrival.at;
      play.step = advance(play.step.state, arrival.event);
    } else if (due) {
      timers.delete(due[0]);
      play.at = due[1];
      play.step = advance(play.step.state, timer(due[0]));
    } else return { log, phase: play.step.state.phase, end: play.at };
  }
}

test('sends eleven times in 32 seconds to a phone that is silent', () => {
  const { log } = play(false, []);
  const sent = log.filter(({ what }) => what === 'send').map(({ at }) => at);
  expect(sent).toEqual([0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
  expect(log.at(-1)).toEqual({ at: 32_000, what: 'timeout' });
});

const event = fc.oneof(
  fc.constantFrom(100, 180, 200, 202, 401, 481, 603).map(response),
  fc.constantFrom<TransactionEvent>(failure, timer('E'), timer('F'), timer('K')),
);
const schedule = fc.array(fc.record({ at: fc.nat(40_000), event }), { maxLength: 12 });

test('ends, once, and is quiet after that, whatever comes when', () => {
  fc.assert(
    fc.property(fc.boolean(), schedule, (reliable, arrivals) => {
      const { log, phase } = play(reliable, arrivals);
      expect(phase).toBe('terminated');
      const firstFinal = arrivals.some(({ event }) => event.type === 'response' && event.status >= 200);
      const ends = log.filter(({ what }) => what === 'timeout' || what === 'failed');
      expect(ends.length).toBeLessThanOrEqual(1);
      if (!firstFinal) expect(ends).toHaveLength(1);
      if (ends[0]) expect(log.at(-1)).toBe(ends[0]);
      expect(log.every(({ at }) => at <= 64 * defaultTimers.t1)).toBe(true);
    }),
  );
});

test('sends no more often than the pauses allow, and after the answer never', () => {
  const answers = fc.array(
    fc.record({ at: fc.nat(40_000), event: fc.constantFrom(100, 180, 200, 404).map(response) }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(answers, (arrivals) => {
      const { log } = play(false, arrivals);
      const sent = log.filter(({ what }) => what === 'send').map(({ at }) => at);
      const pauses = sent.slice(1).map((at, index) => at - sent[index]!);
      expect(pauses.every((pause, index) => pause >= Math.min(500 * 2 ** index, 4_000))).toBe(true);
      const finals = arrivals.filter(({ event }) => event.type === 'response' && event.status >= 200);
      const answered = Math.min(...finals.map(({ at }) => at));
      expect(sent.every((at) => at <= answered)).toBe(true);
    }),
  );
});
