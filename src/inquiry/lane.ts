/** Who answers questions elsewhere: a thread, or a process. */
export interface Runner {
  post(question: unknown): void;
  /** Ends it wherever it stands. */
  end(): void;
}

export interface Hearing {
  readonly receive: (answer: unknown) => void;
  /** Called once. */
  readonly ended: (reason: string | undefined) => void;
}

export interface LaneOptions {
  /** Starts somebody who answers one message with one message. */
  readonly start: (hearing: Hearing) => Runner;
  /** Milliseconds from a question to its answer, the start included. */
  readonly patience: number;
  /** Milliseconds without a question, until whoever answers is let go; 10,000 when not given. */
  readonly idle?: number;
  /** Questions that may wait; 8 when not given. */
  readonly most?: number;
}

/** `busy`: too many wait; `slow`: it took too long; `ended`: who was asked came to his end over it, for want of memory mostly. */
export type Asked<Answer> = { readonly answer: Answer } | { readonly failed: 'busy' | 'slow' | 'ended' };

/** Asks one question after the other of somebody who may be ended over any of them. */
export interface Lane<Question, Answer> {
  ask(question: Question): Promise<Asked<Answer>>;
  stop(): void;
}

export function createLane<Question, Answer>({ start, patience, idle = 10_000, most = 8 }: LaneOptions) {
  let runner: Runner | undefined;
  let settle: ((asked: Asked<Answer>) => void) | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  function letGo(failed: 'slow' | 'ended'): void {
    clearTimeout(timer);
    const gone = runner;
    runner = undefined;
    gone?.end();
    settle?.({ failed });
    settle = undefined;
  }

  function begin(): Runner {
    const hears = () => runner === made;
    const made = start({
      receive(answer) {
        if (!hears()) return;
        clearTimeout(timer);
        timer = setTimeout(() => letGo('ended'), idle).unref();
        settle?.({ answer: answer as Answer });
        settle = undefined;
      },
      ended: () => hears() && letGo('ended'),
    });
    return made;
  }

  async function run(question: Question): Promise<Asked<Answer>> {
    if (isStopped) return { failed: 'ended' };
    clearTimeout(timer);
    runner ??= begin();
    const { promise, resolve } = Promise.withResolvers<Asked<Answer>>();
    settle = resolve;
    timer = setTimeout(() => letGo('slow'), patience).unref();
    runner.post(question);
    return promise;
  }

  return {
    async ask(question) {
      if (waiting >= most) return { failed: 'busy' };
      waiting++;
      const asked = queue.then(() => run(question));
      queue = asked.catch(() => {});
      return asked.finally(() => {
        waiting--;
      });
    },
    stop() {
      isStopped = true;
      letGo('ended');
    },
  } satisfies Lane<Question, Answer>;
}
