import { extname } from 'node:path';
import { type ResourceLimits, type Transferable, Worker } from 'node:worker_threads';

/** Another thread of this process that runs one file of ours. */
export interface Thread {
  readonly id: number;
  post(message: unknown, transfer?: readonly Transferable[]): void;
  /** Ends it wherever it stands. */
  terminate(): void;
  /** The event loop may end while it lives. */
  unref(): void;
}

export interface ThreadOptions {
  /** By `sibling`. */
  readonly file: URL;
  readonly name: string;
  /** What it is to know from the start; a structured clone of it. */
  readonly data: unknown;
  readonly limits?: ResourceLimits;
  /** Gets its messages, in the order in which they were sent, all of them before `ended`. */
  readonly receive: (message: unknown) => void;
  /** Called once; without a reason when the thread came to its end by itself. */
  readonly ended: (reason: string | undefined) => void;
}

/** The file beside this one that a thread is to run: TypeScript as it stands, or what the compiler made of it. */
export const sibling = (url: string, name: string): URL => new URL(`${name}${extname(new URL(url).pathname)}`, url);

/** Starts a thread. It never takes this one with it: what goes wrong in it is the reason of its end. */
export function startThread({ file, name, data, limits, receive, ended }: ThreadOptions): Thread {
  const worker = new Worker(file, {
    name,
    workerData: data,
    resourceLimits: limits,
    // What we use of it we know to be experimental; those who read the log need not.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  let reason: string | undefined;
  worker.on('message', receive);
  worker.on('error', (error: unknown) => {
    reason = sentenceOf(error);
  });
  worker.once('exit', (code) => ended(reason ?? (code === 0 ? undefined : `it was ended with code ${code}`)));
  return {
    id: worker.threadId,
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    terminate: () => void worker.terminate(),
    unref: () => worker.unref(),
  };
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it ran out of memory' : String(error.message);
}
