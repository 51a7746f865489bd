import type { Mac } from '../model/mac.ts';
import type { Address } from './addresses.ts';
import type { Directory, Password } from './answers.ts';
import type { Catalogue } from './catalogue.ts';

/** A phone that asked for its configuration and got none. */
export interface Asked {
  readonly mac: Mac;
  /** As devices.yml writes them, where something speaks for one. */
  readonly vendor?: string;
  readonly model?: string;
  /** What it calls its model. */
  readonly says?: string;
  readonly address: string;
  /** When it last asked, milliseconds since 1970. */
  readonly at: number;
}

/** What the setup finds out by itself, handed in. */
export interface World {
  readonly addresses: readonly Address[];
  readonly catalogue: Catalogue;
  /** IANA names that phones can be told. */
  readonly timezones: ReadonlySet<string>;
  /** Of this machine. */
  readonly timezone: string;
  readonly language: string;
  /** Phones that asked already, the last first. */
  readonly asked: readonly Asked[];
  /** Binds to a directory and reads it. @throws Error, a sentence, when it does not answer as it should */
  tryDirectory(directory: Directory): Promise<Found>;
  /** Rows of a table, or of pasted lines. @throws Error, a sentence */
  rowsOf(text: string): readonly (readonly string[])[];
  /** A path as devices.yml may have it, wherever it was typed. */
  absolute(path: string): string;
  /** A new password that nobody guesses. */
  makePassword(): Password;
}

/** What a directory has. */
export interface Found {
  /** Names by number. */
  readonly people: ReadonlyMap<string, string | undefined>;
  /** Sentences of what was not as it should be. */
  readonly notes: readonly string[];
  /** The file that a sync would write. */
  readonly text: string;
}
