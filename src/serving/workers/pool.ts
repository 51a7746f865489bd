import type { Log } from '../../log.ts';
import { sibling, startThread, type Thread } from '../../thread.ts';
import type { Listenings } from '../servers.ts';
import type { FromWorker, Places, ToWorker, WorkerData } from './messages.ts';

export interface PoolOptions {
  readonly workers: number;
  /** For a new worker. */
  readonly data: () => WorkerData;
  /** What a new worker is told first, so that it can serve at once. */
  readonly greeting: () => readonly ToWorker[];
  /** Gets what workers tell, but for what concerns their lives. */
  readonly receive: (message: FromWorker, answer: (message: ToWorker) => void) => void;
  readonly log: Log;
  readonly timing?: PoolTiming;
}

/** Milliseconds. */
export interface PoolTiming {
  /** A worker that dies sooner counts as one that cannot live: the next is waited with, twice as long each time. */
  readonly infancy: number;
  readonly firstWait: number;
  readonly longestWait: number;
  /** How long it is waited for that all have heard of something. */
  readonly heard: number;
  /** After `stop`, until a worker is ended wherever it stands. */
  readonly patience: number;
}

const usualTiming: PoolTiming = { infancy: 5000, firstWait: 100, longestWait: 30_000, heard: 5000, patience: 15_000 };

/** Serving threads on the same ports, and one in reserve. One that dies is replaced. */
export interface Pool {
  /** Rejects with a sentence when the ports cannot be had. Port 0: the first gets any, the others the same. */
  start(places: Places): Promise<Listenings>;
  broadcast(message: ToWorker, but?: Thread): void;
  /** Resolves when all that serve have done what they were told, have ended, or have been waited for long enough. */
  heard(): Promise<void>;
  /** Lets answers and transfers under way finish. */
  stop(): Promise<void>;
  /** The serving threads, for tests. */
  threads(): readonly Thread[];
}

/** Of the heap, which holds neither files nor the index. A worker that grows beyond it has a fault, and is replaced. */
const limits = { maxOldGenerationSizeMb: 512 };

interface Worker {
  readonly thread: Thread;
  readonly begun: number;
  /** Which of the workers it is, from 0; undefined while it is in reserve. */
  seat?: number;
  /** The last number that it has sent back. */
  echoed: number;
  readonly ended: Promise<void>;
  /** What it says of its ports. */
  readonly listening: PromiseWithResolvers<Listenings>;
}

export function createPool({ workers: count, data, greeting, receive, log, timing = usualTiming }: PoolOptions): Pool {
  const workers = new Set<Worker>();
  const timers = new Set<NodeJS.Timeout>();
  let waiting: { readonly number: number; readonly done: () => void }[] = [];
  let echo = 0;
  let places: Places | undefined;
  let reserve: Worker | undefined;
  let infantDeaths = 0;
  let stopping = false;

  function open(): Worker {
    const ended = Promise.withResolvers<void>();
    const worker: Worker = {
      thread: startThread({
        file: sibling(import.meta.url, './worker'),
        name: 'serving',
        data: data(),
        limits,
        receive: (message) => hear(worker, message as FromWorker),
        ended: (reason) => {
          bury(worker, reason);
          ended.resolve();
        },
      }),
      begun: performance.now(),
      echoed: 0,
      ended: ended.promise,
      listening: Promise.withResolvers<Listenings>(),
    };
    worker.listening.promise.catch(() => {});
    workers.add(worker);
    for (const message of greeting()) worker.thread.post(message);
    return worker;
  }

  function hear(worker: Worker, message: FromWorker): void {
    if (message.kind === 'listening') worker.listening.resolve(message.listening);
    else if (message.kind === 'failed') worker.listening.reject(new Error(message.reason));
    else if (message.kind === 'echo') {
      worker.echoed = message.number;
      settle();
    } else receive(message, (answer) => worker.thread.post(answer));
  }

  function settle(): void {
    const serving = [...workers].filter(({ seat }) => seat !== undefined);
    const isDone = ({ number }: { number: number }) => serving.every(({ echoed }) => echoed >= number);
    for (const { done } of waiting.filter(isDone)) done();
    waiting = waiting.filter((each) => !isDone(each));
  }

  async function sit(worker: Worker, seat: number, at: Places): Promise<Listenings> {
    worker.seat = seat;
    worker.echoed = echo;
    const answerPorts = at.answerPorts.filter((_, index) => index % count === seat);
    worker.thread.post({ kind: 'listen', places: { ...at, answerPorts } } satisfies ToWorker);
    return worker.listening.promise;
  }

  function bury(worker: Worker, reason = 'it came to its end by itself'): void {
    workers.delete(worker);
    worker.listening.reject(new Error(`a serving worker died: ${reason}`));
    if (reserve === worker) reserve = undefined;
    settle();
    if (stopping || !places) return;
    infantDeaths = performance.now() - worker.begun < timing.infancy ? infantDeaths + 1 : 0;
    if (worker.seat !== undefined)
      log.error('a serving worker died; another takes its place', { worker: worker.seat + 1, reason });
    else log.error('the serving worker in reserve died', { reason });
    if (worker.seat !== undefined) replace(worker.seat, places);
    else later(() => fillReserve());
  }

  /** At once by the one in reserve; when they die young, one after the other, with time between. */
  function replace(seat: number, at: Places): void {
    if (!reserve) {
      later(() => replaceBy(open(), seat, at));
      return;
    }
    const next = reserve;
    reserve = undefined;
    replaceBy(next, seat, at);
  }

  function replaceBy(next: Worker, seat: number, at: Places): void {
    sit(next, seat, at).then(
      () => later(fillReserve),
      (error: Error) => {
        // One that died says so itself.
        if (!workers.has(next)) return;
        log.error('a serving worker cannot take the place of the one that died', { reason: error.message });
        infantDeaths++;
        next.thread.terminate();
      },
    );
  }

  function fillReserve(): void {
    if (!stopping) reserve ??= open();
  }

  function later(work: () => void): void {
    const wait = infantDeaths === 0 ? 0 : Math.min(timing.longestWait, timing.firstWait * 2 ** (infantDeaths - 1));
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopping) work();
    }, wait).unref();
    timers.add(timer);
  }

  async function stop(): Promise<void> {
    stopping = true;
    for (const timer of timers) clearTimeout(timer);
    const all = [...workers];
    for (const { thread } of all) thread.post({ kind: 'stop' } satisfies ToWorker);
    const patience = setTimeout(() => all.forEach(({ thread }) => void thread.terminate()), timing.patience);
    await Promise.all(all.map(({ ended }) => ended));
    clearTimeout(patience);
  }

  return {
    stop,
    threads: () => [...workers].filter(({ seat }) => seat !== undefined).map(({ thread }) => thread),
    async start(wanted) {
      try {
        const first = await sit(open(), 0, wanted);
        places = { ...wanted, httpPort: first.http.port, tftpPort: first.tftp.port };
        const at = places;
        await Promise.all(Array.from({ length: count - 1 }, (_, index) => sit(open(), index + 1, at)));
        fillReserve();
        return first;
      } catch (error) {
        await stop();
        throw error;
      }
    },
    broadcast(message, but) {
      for (const { thread } of workers) if (thread !== but) thread.post(message);
    },
    heard() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const given = setTimeout(resolve, timing.heard).unref();
      waiting.push({ number: ++echo, done: resolve });
      for (const { thread } of workers) thread.post({ kind: 'echo', number: echo } satisfies ToWorker);
      settle();
      return promise.finally(() => clearTimeout(given));
    },
  };
}
