/** What a daemon says, line by line as it comes; little of it is kept, since a million packets make a million lines. */
export interface DaemonLog {
  readonly write: (text: string) => void;
  /** The next line that fits, from now on; after `patience` milliseconds it is an error. */
  next(what: RegExp, patience?: number): Promise<string>;
  /** Counts lines that fit, from now on, until it is stopped. */
  count(what: RegExp): { readonly lines: number; stop(): void };
  /** Lines of level warn and error since it was last asked, the first thousand. */
  troubles(): string[];
  /** The last lines, for a message. */
  tail(): string;
  /** Nothing more will come. */
  end(reason: string): void;
}

interface Wish {
  readonly what: RegExp;
  take(line: string): void;
  fail(reason: string): void;
}

const kept = 30;
const mostTroubles = 1000;

export function createDaemonLog(): DaemonLog {
  const wishes = new Set<Wish>();
  const counters = new Set<{ readonly what: RegExp; lines: number }>();
  const last: string[] = [];
  const troubles: string[] = [];
  let rest = '';
  let ended: string | undefined;

  function add(line: string): void {
    last.push(line);
    if (last.length > kept) last.shift();
    if (/^\S+ info /.exec(line) === null && troubles.length < mostTroubles) troubles.push(line);
    for (const counter of counters) if (counter.what.test(line)) counter.lines++;
    for (const wish of wishes) if (wish.what.test(line)) wish.take(line);
  }

  return {
    write(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) add(line);
    },
    next(what, patience = 60_000) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      // Whoever waits for something else first must not end this process.
      promise.catch(() => {});
      const over = (settle: () => void) => {
        clearTimeout(timer);
        wishes.delete(wish);
        settle();
      };
      const fail = (reason: string) =>
        over(() => reject(new Error(`${reason}, without saying ${what}:\n${last.join('\n')}`)));
      const wish: Wish = { what, take: (line) => over(() => resolve(line)), fail };
      const timer = setTimeout(() => fail(`the daemon went on for ${patience / 1000} s`), patience);
      if (ended === undefined) wishes.add(wish);
      else fail(ended);
      return promise;
    },
    count(what) {
      const counter = { what, lines: 0, stop: () => void counters.delete(counter) };
      counters.add(counter);
      return counter;
    },
    troubles: () => troubles.splice(0),
    tail: () => last.join('\n'),
    end(reason) {
      ended = reason;
      for (const wish of [...wishes]) wish.fail(reason);
    },
  };
}
