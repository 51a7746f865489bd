import { createHeap, type Placed } from '../heap.ts';

/** Many timers over one of the machine's. */
export interface Clock {
  /** Milliseconds, never going back. */
  now(): number;
  /** Calls `ring` after this many milliseconds; alarms due together ring in the order in which they were set. */
  set(after: number, ring: () => void): Alarm;
  /** Does nothing for an alarm that rang. */
  clear(alarm: Alarm): void;
  /** Forgets every alarm. */
  stop(): void;
}

export interface Alarm extends Placed {
  readonly due: number;
  readonly turn: number;
  readonly ring: () => void;
}

/** What the clock itself runs on. */
export interface ClockEffects {
  readonly now: () => number;
  /** Calls back once after some milliseconds; what it gives back takes that back. */
  readonly wake: (after: number, call: () => void) => () => void;
}

const machine: ClockEffects = {
  now: () => performance.now(),
  wake: (after, call) => {
    const timer = setTimeout(call, after);
    return () => clearTimeout(timer);
  },
};

export function createClock({ now, wake }: ClockEffects = machine): Clock {
  const alarms = createHeap<Alarm>((a, b) => a.due < b.due || (a.due === b.due && a.turn < b.turn));
  const state = { turns: 0, wakesAt: Number.POSITIVE_INFINITY, cancel: () => {} };

  function sleep(): void {
    const due = alarms.first()?.due ?? Number.POSITIVE_INFINITY;
    if (due === state.wakesAt) return;
    state.cancel();
    state.wakesAt = due;
    state.cancel = due === Number.POSITIVE_INFINITY ? () => {} : wake(Math.max(0, Math.ceil(due - now())), ringDue);
  }

  function ringDue(): void {
    const moment = now();
    // While bells ring nothing that they set wakes the machine: that is done once, below.
    state.wakesAt = Number.NEGATIVE_INFINITY;
    for (let alarm = alarms.first(); alarm && alarm.due <= moment; alarm = alarms.first()) {
      alarms.remove(alarm);
      alarm.ring();
    }
    sleep();
  }

  return {
    now,
    set(after, ring) {
      const alarm = { due: now() + after, turn: state.turns++, ring, place: -1 };
      alarms.add(alarm);
      if (alarm.due < state.wakesAt) sleep();
      return alarm;
    },
    // Waking up for nothing now and then costs less than setting the machine's timer anew at each clearing.
    clear: (alarm) => alarms.remove(alarm),
    stop() {
      alarms.clear();
      sleep();
    },
  };
}
