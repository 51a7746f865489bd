/** How asking a directory ended: its file was written or stays as it was, the guard refused, or there was no answer. */
export const syncResults = ['written', 'unchanged', 'refused', 'failed'] as const;

/** A directory was asked. */
export interface SyncFact {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The file that it is written into: the name of the directory for people. */
  readonly into: string;
  readonly result: (typeof syncResults)[number];
  /** How many it has, where they were counted. */
  readonly people?: number;
}
