/**
 * Runs work one at a time. A call during a run asks for exactly one more run after it, however many calls there are: so
 * no two runs overlap and no change is lost. The promise settles after a run that began after the call.
 */
export function oneAtATime<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  let next: Promise<Result> | undefined;

  function run(): Promise<Result> {
    const mine = begin().finally(() => {
      if (running === mine) running = undefined;
    });
    running = mine;
    return mine;
  }

  /** Work that throws before its first `await` fails like any other. */
  const begin = async (): Promise<Result> => work();

  async function runAfter(before: Promise<Result>): Promise<Result> {
    await before.catch(() => undefined);
    next = undefined;
    return run();
  }

  return () => {
    // The next run first: when this one has ended there is a moment in which only the next one is known.
    if (next) return next;
    if (!running) return run();
    next = runAfter(running);
    return next;
  };
}
