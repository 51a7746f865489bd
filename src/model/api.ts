import type { RawSecret } from './raw-secret.ts';
import type { Secret } from './secret.ts';

/** What a caller of the API may do; each may do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

export const isRole = (word: unknown): word is Role => roles.some((role) => role === word);

/** Whether a role is enough for what wants another. */
export const isEnough = (role: Role, wanted: Role): boolean => roles.indexOf(role) >= roles.indexOf(wanted);

/** `api:` as devices.yml has it. */
export type RawApi =
  | 'on'
  | 'off'
  | {
      readonly listen?: string;
      readonly auth?: RawApiAuth;
      readonly limits?: 'off' | { readonly per_minute?: number; readonly per_hour?: number };
      readonly cors?: readonly string[];
      readonly docs?: 'private' | 'open';
      readonly edits?: EditMode | RawEdits;
    };

/** What becomes of a change of devices that the API is asked for. */
export type EditMode = 'off' | 'file' | 'commit' | 'pull-request-branch';

export interface RawEdits {
  readonly mode: EditMode;
  readonly new_devices?: string;
  readonly remote?: string;
  readonly if_match?: 'optional' | 'required';
}

/** How devices.yml is edited. */
export interface EditSettings {
  readonly mode: EditMode;
  /** The file that new devices are written to, from the project; absent: the one where those of their kind stand. */
  readonly new_devices?: string;
  /** Where branches are pushed to. */
  readonly remote: string;
  /** Whether a change must say by `If-Match` what it is a change of. */
  readonly if_match: 'optional' | 'required';
}

export interface RawApiAuth {
  readonly tokens?: 'on' | 'off';
  readonly loopback?: 'none' | 'asked';
  readonly jwt?: {
    readonly secret?: RawSecret;
    readonly jwks?: string;
    readonly audience?: string;
    readonly issuer?: string;
    readonly clock_skew?: number;
    readonly name_claim?: string;
    readonly role_claim?: string;
    readonly roles?: Readonly<Partial<Record<Role, readonly string[]>>>;
  };
}

/** What `api:` says, with its defaults. */
export interface ApiSettings {
  /** A port of its own; that of the phones when absent. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Who is asked for what; when absent, this machine alone is let in, and asked for nothing. */
  readonly auth?: ApiAuth;
  /** Requests; absent: as many as somebody likes. */
  readonly limits?: ApiLimits;
  /** Origins whose pages may call it from a browser. */
  readonly cors: readonly string[];
  /** Whether the description of the API is for everybody who reaches it. */
  readonly docs: 'private' | 'open';
  readonly edits: EditSettings;
}

export interface ApiLimits {
  /** Of one address. */
  readonly per_minute: number;
  /** Of one caller. */
  readonly per_hour: number;
}

export interface ApiAuth {
  /** Whether those of `offhook token create` count. */
  readonly tokens: boolean;
  /** `none`: this machine is asked for nothing. */
  readonly loopback: 'none' | 'asked';
  readonly jwt?: JwtSettings;
}

/** Signed by whom, for whom, and where it says who somebody is. */
export interface JwtSettings {
  readonly key: { readonly secret: Secret } | { readonly jwks: string };
  readonly audience: string;
  readonly issuer: string;
  /** Seconds that clocks may differ by. */
  readonly clock_skew: number;
  /** Steps from the root of the claims. */
  readonly name_claim: readonly string[];
  readonly role_claim: readonly string[];
  /** Words of the claim that make somebody one. */
  readonly roles: Readonly<Record<Role, readonly string[]>>;
}

/** As the second predecessor's document has them. */
export const defaultLimits: ApiLimits = { per_minute: 60, per_hour: 1000 };

/** Nobody’s files are written to who has not said so. */
export const defaultEdits: EditSettings = Object.freeze({ mode: 'off', remote: 'origin', if_match: 'optional' });

/** What holds where devices.yml says nothing of it. */
export const defaultApi: ApiSettings = Object.freeze({
  ...{ limits: defaultLimits, cors: [], docs: 'private', edits: defaultEdits },
});
