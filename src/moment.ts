/** A moment in which things gather, until something is done with all of them. */
export interface Moment {
  /** It begins, unless it has: the work is done when it is over. */
  begin(): void;
  /** What it was for is done already. */
  end(): void;
}

/**
 * The work is done at most so often, and at once, at the end of this turn of the event loop, when it was not done lately: what comes
 * alone does not wait, and what comes in crowds is gathered.
 */
export function createMoment(ms: number, work: () => void): Moment {
  let waiting: NodeJS.Timeout | NodeJS.Immediate | undefined;
  let last = Number.NEGATIVE_INFINITY;

  function end(): void {
    clearTimeout(waiting as NodeJS.Timeout | undefined);
    clearImmediate(waiting as NodeJS.Immediate | undefined);
    waiting = undefined;
    last = performance.now();
  }

  return {
    end,
    begin() {
      const left = last + ms - performance.now();
      waiting ??= left <= 0 ? setImmediate(work) : setTimeout(work, left);
    },
  };
}
