import type { Entry } from './entry.ts';
import type { Listening, Query } from './search.ts';

/** Who is asked for. */
export interface Asked {
  /** One for each base. */
  readonly queries: readonly Query[];
  /** Of a page. */
  readonly size: number;
  readonly onReferences: NonNullable<Listening['onReferences']>;
}

/** What is not as it was. */
export interface Changes {
  /** By id: the entry as it is now, or undefined when it is none of those who are asked for (any more). */
  readonly changed: Map<string, Entry | undefined>;
  /** When given, whoever is neither among these nor changed is gone. */
  readonly present?: ReadonlySet<string>;
}
