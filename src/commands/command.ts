import type { Log } from '../log.ts';

/** What a verb may use of the world; handed in, so that nothing of it is global. */
export interface Console {
  /** Standard output: the answer. */
  out(text: string): void;
  /** Standard error: everything else. */
  err(text: string): void;
  readonly isTerminal: boolean;
  /** What goes to standard output may be coloured; never what a machine reads. */
  readonly isColored?: boolean;
  readonly log: Log;
  /** Asked for by a verb that has something to finish: aborted by the first SIGTERM or SIGINT, which then no longer kills. */
  onStop(): AbortSignal;
}

/** The project that a verb works on, and what is shipped with the program. Folders are absolute. */
export interface Place {
  /** Where devices.yml is. */
  readonly dir: string;
  /** What is written and served. */
  readonly out: string;
  /** The journal, and the record of what was written. */
  readonly state: string;
  readonly shipped: { readonly schema: string; readonly templates: string };
  /** File of the identities that decrypt what age has encrypted; those of the project and of SOPS when it is not given. */
  readonly ageIdentity?: string;
}
