import type { Log } from './log.ts';
import { oneAtATime } from './source/one-at-a-time.ts';

export interface RebuildingOptions {
  /** One build and all that follows from it. `again`: it may come out otherwise without anybody's doing. */
  readonly pass: () => Promise<'done' | 'again'>;
  /** Milliseconds until it is tried again; 10,000 when not given. */
  readonly retryMs?: number;
  readonly log: Log;
}

export interface Rebuilding {
  /** Resolves after a pass that began after this call. Rejects with what went wrong in it. */
  now(): Promise<void>;
  /** The same for somebody who does not wait. What goes wrong is said once, and it is tried again; it never ends the daemon. */
  later(): void;
  /** Begins no more, and waits for the one that is under way: half a build is no build. Never rejects. */
  stop(): Promise<void>;
}

/** Passes one after the other, so that no change is lost, and again where the world may be another by itself. */
export function createRebuilding({ pass, retryMs = 10_000, log }: RebuildingOptions): Rebuilding {
  let timer: NodeJS.Timeout | undefined;
  let failure = '';
  let isStopping = false;

  const now = oneAtATime(async () => {
    if (isStopping) return;
    clearTimeout(timer);
    const end = await pass();
    failure = '';
    if (end === 'again') tryAgain();
  });

  function tryAgain(): void {
    clearTimeout(timer);
    if (!isStopping) timer = setTimeout(later, retryMs).unref();
  }

  function later(): void {
    now().catch((error: unknown) => {
      if (String(error) !== failure)
        log.error('a build failed for a reason of its own; phones keep the last good files', { error: String(error) });
      failure = String(error);
      tryAgain();
    });
  }

  return {
    now,
    later,
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      await now().catch(() => {});
    },
  };
}
