import { createLink, isAlone, type Link, moveToEnd, unlink } from './ring.ts';

/**
 * One timer for all transfers (the hashed wheel of Varghese and Lauck). Time is counted in ticks that the owner turns,
 * so a process that was held up does not take its own delay for the silence of its clients.
 */
export interface TimerWheel<T> {
  createTimer(owner: T): Timer<T>;
  /** Sets the timer, or sets it anew, to go off in so many ticks, at least one. */
  schedule(timer: Timer<T>, ticks: number): void;
  cancel(timer: Timer<T>): void;
  /** One tick has passed: `fire` is called for each timer that is due, and may set or cancel any timer. */
  turn(): void;
  /** Ticks so far. */
  now(): number;
}

export interface Timer<T> extends Link {
  readonly owner: T;
  /** The tick at which it goes off. */
  due: number;
  /** The tick at which it is looked at next: `due`, or sooner. */
  seen: number;
}

/** A timer further off than there are slots is looked at once a round. */
export function createTimerWheel<T>(fire: (owner: T) => void, slots = 512): TimerWheel<T> {
  const heads = Array.from({ length: slots }, () => createLink({}));
  let now = 0;

  function place(timer: Timer<T>): void {
    timer.seen = Math.min(timer.due, now + slots - 1);
    moveToEnd(heads[timer.seen % slots]!, timer);
  }

  return {
    now: () => now,
    createTimer: (owner) => createLink({ owner, due: 0, seen: 0 }),
    schedule(timer, ticks) {
      timer.due = now + Math.max(1, ticks);
      // Put off, as each ACK does: it stays where it stands and is placed anew when that slot comes round.
      if (isAlone(timer) || timer.due < timer.seen) place(timer);
    },
    cancel: unlink,
    turn() {
      now++;
      const head = heads[now % slots]!;
      while (!isAlone(head)) {
        const timer = head.next as Timer<T>;
        unlink(timer);
        if (timer.due > now) place(timer);
        else fire(timer.owner);
      }
    },
  };
}
