import type { Mac } from '../model/mac.ts';
import type { LdapSource } from '../model/people-source.ts';

/** A password as text, on its way into a file of its own, or encrypted. Never printed. */
export type Password = string;

/** All that the first site is made of. */
export interface Answers {
  /** What phones are told about this machine. */
  readonly server: { readonly address: string; readonly port: number };
  /** Where lines register. */
  readonly sip: Sip;
  readonly pbx: Pbx;
  readonly directory?: Directory;
  readonly timezone: string;
  readonly language: string;
  readonly phones: readonly Phone[];
  /** People who are given here: by number. */
  readonly people: ReadonlyMap<string, Person>;
  /** Where passwords are kept: each in a file of its own, or encrypted in devices.yml. */
  readonly secrets: 'files' | 'age';
  readonly ci: 'github' | 'gitlab' | 'none';
}

export interface Sip {
  readonly server: string;
  readonly port?: number;
  readonly transport: 'udp' | 'tcp' | 'tls';
}

/** Who is asked where phones are registered. */
export type Pbx =
  | { readonly kind: 'none' }
  | { readonly kind: 'asterisk'; readonly host: string; readonly user: string; readonly password: Password }
  | { readonly kind: 'kamailio'; readonly url: string }
  | { readonly kind: 'freeswitch'; readonly host: string; readonly password: Password };

/** The directory that people come from; without a name it is asked anonymously. */
export interface Directory extends Pick<LdapSource, 'start_tls' | 'tls' | 'filter' | 'bind_dn'> {
  readonly url: string;
  readonly base: string;
  readonly password?: Password;
  /** What the first sync writes: the people that it has. */
  readonly text?: string;
}

export interface Phone {
  readonly mac: Mac;
  readonly vendor: string;
  readonly model: string;
  readonly extension: string;
}

export interface Person {
  /** Absent where the directory has it. */
  readonly name?: string;
  readonly password: Password;
}
