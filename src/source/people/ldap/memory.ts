import type { Members } from './groups.ts';
import type { Person, Unusable } from './mapping.ts';

/** Where a reading ended, for the next one to begin there: no secrets, and small, so that nothing new costs nothing. */
export interface Cursor {
  /** Hash of what was asked for: another question is answered from the beginning. */
  readonly settings: string;
  /** Names the people who belong to it. */
  readonly generation: string;
  /** When everybody was read last, and when the directory last answered: milliseconds since 1970. */
  readonly fullAt: number;
  readonly at: number;
  /** Active Directory: the last change seen, by server (its invocationId). */
  readonly usn?: Readonly<Record<string, string>>;
  /** OpenLDAP: contextCSN. */
  readonly csn?: readonly string[];
  readonly groups?: Readonly<Record<string, string>>;
  /** SHA-256 of the file that came of it, and how many people it has. */
  readonly text?: string;
  readonly people?: number;
}

/** Everybody, as they were read. */
export interface Everybody {
  readonly generation: string;
  /** By id. */
  readonly people: Map<string, Person>;
  /** By the group's DN. */
  readonly members: Map<string, Members>;
  /** Entries that no number could be made of, by id. */
  readonly unusable: Map<string, Unusable>;
}

/** What is kept from one reading to the next. What is not there, or damaged, is read anew from the directory. */
export interface Memory {
  cursor(): Cursor | undefined;
  everybody(): Everybody | undefined;
  keepEverybody(everybody: Everybody): void;
  keepCursor(cursor: Cursor): void;
}
