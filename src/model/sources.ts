import type { Place, Problem } from '../problem.ts';
import type { RawApi } from './api.ts';
import type { KeyType, Transport } from './device.ts';
import type { NotifyLayer } from './notify-way.ts';
import type { RawOut } from './out-mode.ts';
import type { PeopleSource, PersonField } from './people-source.ts';
import type { RawPnp } from './pnp.ts';
import type { RawSecret } from './raw-secret.ts';
import type { RawRegistrySource } from './registry-source.ts';
import type { Secret } from './secret.ts';
import type { RawUploads } from './upload.ts';
import type { Vendor } from './vendor.ts';
import type { RawWebhook } from './webhook.ts';

export type { RawSecret };

/** The steps from the root of a file to a value: keys and indices (from 0). */
export type Path = readonly (string | number)[];

/** What devices.yml and its includes say, checked against the schema, and nothing joined yet. */
export interface Sources {
  readonly files: readonly SourceFile[];
  /** What the sources of `people:` say, weakest first; the extensions of `files` are weaker than all of them. */
  readonly people?: readonly PeopleFile[];
  readonly vendors: ReadonlyMap<string, Vendor>;
  /** Text of every template by its name (`vendor/name.njk`). */
  readonly templates: ReadonlyMap<string, string>;
  /** Where it stands, by its name, as people know it: `custom_templates/vendor/name.njk`. */
  readonly templatePaths?: ReadonlyMap<string, string>;
  /** IANA name to POSIX TZ string. */
  readonly timezones: ReadonlyMap<string, string>;
  /** The text behind a reference, or in words why there is none; the same object for as long as the text stays the same. */
  readonly secret: (reference: RawSecret) => SecretAnswer;
  /** Grows whenever the text behind a reference has changed. */
  readonly secretsVersion: number;
  /**
   * The text of a file that the project names (certificates), or in words why there is none; absent where nothing outside
   * the repository is read.
   */
  readonly text?: (path: string) => string | { readonly unreadable: string };
  /** All that was found while reading: syntax, schema, includes, secrets, vendors. */
  readonly problems: readonly Problem[];
  /**
   * What the files say and cannot be relied upon, since it has a fault of its own: paths in `content` that are missing
   * there. The root, when a whole file or an include is missing. Empty when it is not given.
   */
  readonly leftOut?: readonly Path[];
}

/** One YAML file. An object of it is kept from one reading to the next while its text says the same. */
export interface SourceFile {
  readonly path: string;
  readonly content: RawFile;
  /** It is encrypted where it lies: what it says is shown in no message. */
  readonly isSealed?: boolean;
  locate(path: Path, which?: 'value' | 'key'): Place;
}

/** A source of people, read: a table, too, is a file with `extensions` in it, and knows the places of its cells. */
export interface PeopleFile {
  readonly file: SourceFile;
  /** Only these of its fields count. */
  readonly fields?: readonly PersonField[];
}

export interface RawFile {
  /** A pattern that has a fault in itself is undefined. */
  readonly include?: readonly (string | undefined)[];
  readonly templates_dir?: string;
  readonly server?: RawServer;
  readonly sip?: RawSip;
  /** A source that has a fault in itself is undefined. */
  readonly registry?: readonly (RawRegistrySource | undefined)[];
  /** One that has a fault in itself is undefined. */
  readonly webhooks?: readonly (RawWebhook | undefined)[];
  readonly access?: RawAccess & { readonly guessing?: RawGuessing };
  readonly notify?: RawNotify;
  readonly uploads?: RawUploads;
  readonly pnp?: RawPnp;
  readonly out?: RawOut;
  readonly api?: RawApi;
  readonly defaults?: RawSettings;
  readonly models?: Readonly<Record<string, RawSettings>>;
  readonly groups?: Readonly<Record<string, RawSettings>>;
  readonly extensions?: Readonly<Record<string, RawExtension>>;
  /** A source that has a fault in itself is undefined. */
  readonly people?: readonly (PeopleSource | undefined)[];
  /** A device that has a fault in itself is undefined here, so that the others keep their index. */
  readonly devices?: readonly (RawDevice | undefined)[];
}

export interface RawServer {
  readonly address: string;
  readonly protocol?: 'http' | 'https' | 'tftp';
  readonly http?: { readonly port?: number };
  /** Paths start from the project. */
  readonly https?: {
    readonly port?: number;
    readonly cert?: string;
    readonly key?: string;
    readonly client_ca?: string;
    readonly profile?: 'modern' | 'old';
  };
  readonly tftp?: { readonly port?: number };
  readonly prefixes?: readonly string[];
  /** Addresses, and ranges of them. */
  readonly proxies?: readonly string[];
}

export interface RawSip {
  readonly server?: string;
  readonly port?: number;
  readonly transport?: Transport;
  readonly expiry?: number;
  readonly outbound_proxy?: { readonly server: string; readonly port?: number };
  readonly backup?: { readonly server: string; readonly port?: number };
}

/** `off` and `any` take back what a weaker layer asks. */
export interface RawAccess {
  readonly networks?: 'any' | readonly string[];
  readonly credentials?:
    | 'off'
    | { readonly user?: string; readonly password?: RawSecret; readonly scheme?: 'basic' | 'digest' | 'both' };
  readonly token?: RawSecret;
  readonly bootstrap_token?: RawSecret;
  readonly unauthenticated?: 'bootstrap' | 'refused';
  readonly certificate?: 'required' | 'optional' | 'off';
  readonly address?: 'device' | 'any';
  readonly user_agent?: 'vendor' | 'any';
  readonly former?:
    | 'off'
    | { readonly token?: RawSecret; readonly credentials?: { readonly user: string; readonly password: RawSecret } };
  readonly enforce?: 'on' | 'off';
}

export type RawGuessing =
  | 'off'
  | { readonly per_minute?: number; readonly slow_ms?: number; readonly refuse_minutes?: number };

export interface RawNotify {
  readonly mode?: 'auto' | 'off';
  readonly per_second?: number;
  readonly per_address?: number;
  readonly pace?: { readonly per_second?: number; readonly per_address?: number; readonly per_group?: number };
  readonly window?: NotifyLayer['window'];
  readonly max_wait?: NotifyLayer['max_wait'];
  readonly retry?: NotifyLayer['retry'];
  readonly canary?: NotifyLayer['canary'];
  readonly route?: NotifyLayer['route'];
  readonly proxy?: NotifyLayer['proxy'];
}

/** A secret, or in words why there is none. */
export type SecretAnswer = Secret | { readonly unreadable: string };

export interface RawExtension {
  readonly name?: string;
  readonly password?: RawSecret;
  readonly auth_user?: string;
  readonly voicemail?: string;
  readonly email?: string;
  readonly department?: string;
  readonly mobile?: string;
  /** Of a device whose first line this is, when the device names none. */
  readonly group?: string;
}

export interface RawKey {
  readonly type: KeyType;
  readonly value?: string;
  readonly label?: string;
  readonly line?: number;
  readonly position?: number;
}

/** `off` takes back what a weaker layer says, and is told to phones. */
export type RawDirectory =
  | 'off'
  | {
      readonly phonebook?: 'on' | 'off' | { readonly title?: string; readonly refresh?: number };
      readonly ldap?: 'off' | RawLdapDirectory;
    };

export interface RawLdapDirectory {
  readonly title?: string;
  readonly url?: string;
  readonly start_tls?: boolean;
  readonly base?: string;
  readonly user?: string;
  readonly password?: RawSecret;
  readonly name_filter?: string;
  readonly number_filter?: string;
  readonly name_attributes?: readonly string[];
  readonly number_attributes?: readonly string[];
  readonly display_name?: readonly string[];
  readonly max_hits?: number;
  readonly lookup?: boolean;
}

/** One layer of settings: every word optional. */
export interface RawSettings {
  readonly timezone?: string;
  readonly time_format?: 12 | 24;
  readonly language?: string;
  readonly ntp?: string | readonly string[];
  readonly codecs?: readonly string[];
  readonly dtmf?: 'rfc2833' | 'info' | 'inband';
  readonly srtp?: 'off' | 'optional' | 'required';
  readonly voicemail?: string;
  readonly pickup_code?: string;
  readonly admin_password?: RawSecret;
  readonly user_password?: RawSecret;
  readonly web?: 'off' | 'http' | 'https';
  readonly vlan?: {
    readonly id: number;
    readonly priority?: number;
    readonly pc_id?: number;
    readonly pc_priority?: number;
  };
  readonly lldp?: boolean;
  readonly refresh?: { readonly every?: number; readonly at?: string };
  readonly sip?: RawSip;
  readonly directory?: RawDirectory;
  readonly access?: RawAccess;
  readonly notify?: NotifyLayer;
  readonly keys?: readonly RawKey[];
  readonly parameters?: Readonly<Record<string, RawSecret>>;
}

export interface RawLine {
  readonly extension: string;
  readonly label?: string;
  readonly sip?: RawSip;
}

export interface RawDevice extends RawSettings {
  readonly mac: string;
  readonly vendor: string;
  readonly model: string;
  readonly extension?: string;
  readonly lines?: readonly RawLine[];
  readonly group?: string;
  readonly note?: string;
  readonly ip?: string;
  readonly sip_port?: number;
}
