import type { RawSecret } from './raw-secret.ts';

/** What a source may say of a person. */
export const personFields = [
  ...['name', 'password', 'auth_user', 'voicemail'],
  ...['email', 'department', 'mobile', 'group'],
] as const;

export type PersonField = (typeof personFields)[number];

export const isPersonField = (name: string): name is PersonField => personFields.some((field) => field === name);

/** Where people come from: an entry of `people:`. A later one wins for the fields that it gives. */
export type PeopleSource = FileSource | CsvSource | LdapEntry;

interface AnySource {
  /** Only these of its fields count; all of them when it is absent. */
  readonly fields?: readonly PersonField[];
}

/** A file of the form `extensions: { NUMBER: { name, … } }`. */
export interface FileSource extends AnySource {
  /** A path, relative to devices.yml. */
  readonly file: string;
}

/** A table with the titles of its columns in the first line. */
export interface CsvSource extends AnySource {
  /** A path, relative to devices.yml. */
  readonly csv: string;
  /** Titles by field; without it the titles are the fields’ own names. */
  readonly columns?: CsvColumns;
  /** Guessed from the first line when it is absent. */
  readonly delimiter?: ',' | ';' | 'tab';
}

/** `extension` is the number; the other fields are absent where the table has none. */
export type CsvColumns = Readonly<{ extension: string } & Partial<Record<PersonField, string>>>;

/** A directory, by way of the file that `offhook sync` writes. */
export interface LdapEntry extends AnySource {
  readonly ldap: LdapSource;
}

/** The directory that a file of people is written from; every word as it stands in devices.yml. */
export interface LdapSource {
  /** `ldap://…` or `ldaps://…`; of several the first that answers. */
  readonly url: string | readonly string[];
  /** TLS on an `ldap://` connection, before anything is said on it. */
  readonly start_tls?: boolean;
  readonly tls?: LdapTls;
  readonly bind_dn?: string;
  readonly password?: RawSecret;
  /** A simple bind when it is absent. */
  readonly sasl?: 'EXTERNAL' | 'PLAIN';
  readonly base: string | readonly string[];
  readonly filter?: string;
  readonly scope?: 'sub' | 'one' | 'base';
  readonly attributes?: LdapAttributes;
  /** offhook group by DN of a directory’s group; of several the first that the person is in. */
  readonly groups?: Readonly<Record<string, string>>;
  /** Minutes between two incremental readings of `offhook serve`. */
  readonly interval?: number;
  /** Hours between two full readings. */
  readonly full_every?: number;
  /** Percent of the people who may go or get another number in one sync. */
  readonly max_change?: number;
  readonly page_size?: number;
  /** Seconds for each step. */
  readonly timeout?: number;
  readonly kind?: 'auto' | 'active-directory' | 'openldap' | 'plain';
  /** The file that is written, relative to devices.yml. */
  readonly into?: string;
}

/** Paths are relative to devices.yml. */
export interface LdapTls {
  /** PEM file of the authorities that are trusted in place of the system’s. */
  readonly ca?: string;
  /** The name that the certificate must have, when it is not the host of the URL. */
  readonly server_name?: string;
  /** PEM files of the certificate that offhook shows, and of its key. */
  readonly cert?: string;
  readonly key?: string;
}

/** The attributes that a field is taken from: the first that has a value. A password is never taken from a directory. */
export type LdapAttributes = Readonly<
  Partial<Record<'extension' | Exclude<PersonField, 'password'>, LdapChoice | readonly LdapChoice[]>>
>;

export type LdapChoice = string | LdapPattern;

/** What of a value counts: `match`, then `digits`, then `last`. */
export interface LdapPattern {
  readonly attribute: string;
  /** A regular expression: its first group, else all that it matches; a value that it does not match is none. */
  readonly match?: string;
  /** Only the digits. */
  readonly digits?: boolean;
  /** Only that many characters at the end; a value that is shorter is none. */
  readonly last?: number;
}

/** What holds when `ldap` does not say otherwise; the schema shows the same values as `default`. */
export const ldapDefaults = {
  start_tls: false,
  filter: '(objectClass=person)',
  scope: 'sub',
  attributes: {
    extension: ['ipPhone', 'telephoneNumber'],
    name: ['displayName', 'cn'],
    email: 'mail',
    department: 'department',
    mobile: 'mobile',
  },
  interval: 5,
  full_every: 24,
  max_change: 10,
  page_size: 500,
  timeout: 10,
  kind: 'auto',
  into: 'extensions.ldap.yml',
} as const satisfies Partial<LdapSource>;
