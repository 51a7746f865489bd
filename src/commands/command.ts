import type { Log } from '../log.ts';

/** What a verb may use of the world; handed in, so that nothing of it is global. */
export interface Console {
  /** Standard output: the answer. */
  out(text: string): void;
  /** Standard error: everything else. */
  err(text: string): void;
  readonly isTerminal: boolean;
  readonly log: Log;
  /** Aborted by SIGTERM or SIGINT. */
  readonly stopped: AbortSignal;
}

/** The project that a verb works on, and what is shipped with the program. */
export interface Place {
  readonly dir: string;
  readonly shipped: { readonly schema: string; readonly templates: string };
}
