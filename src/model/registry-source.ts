import type { RawSecret } from './raw-secret.ts';
import type { Secret } from './secret.ts';

/** Who knows which phones are registered: an entry of `registry:`. */
export type RawRegistrySource = {
  /** As routes, logs and metrics call it; the kind when it is absent. */
  readonly name?: string;
} & ({ readonly asterisk: RawAsterisk } | { readonly kamailio: RawKamailio } | { readonly freeswitch: RawFreeswitch });

/** `on`: what the system trusts. Paths are relative to devices.yml. */
export type RawTls = 'on' | 'off' | { readonly ca?: string; readonly server_name?: string };

interface RawAsterisk {
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly password: RawSecret;
  readonly tls?: RawTls;
  /** Seconds between two listings. */
  readonly every?: number;
}

interface RawKamailio {
  readonly url: string;
  readonly table?: string;
  readonly user?: string;
  readonly password?: RawSecret;
  readonly tls?: Exclude<RawTls, string>;
  readonly every?: number;
}

interface RawFreeswitch {
  readonly host: string;
  readonly port?: number;
  readonly password: RawSecret;
  readonly profiles?: readonly string[];
  readonly tls?: RawTls;
  readonly every?: number;
}

/** What is trusted over TLS: authorities in PEM, the system's when there are none. */
export interface RegistryTls {
  readonly ca?: string;
  readonly server_name?: string;
}

interface Named {
  readonly name: string;
  /** Seconds between two readings. */
  readonly every: number;
  readonly tls?: RegistryTls;
}

/** A source with its defaults, its password and its authorities. */
export type RegistrySource = Named &
  (
    | {
        readonly kind: 'asterisk';
        readonly host: string;
        readonly port: number;
        readonly user: string;
        readonly password: Secret;
      }
    | {
        readonly kind: 'kamailio';
        readonly url: string;
        readonly table: string;
        readonly user?: string;
        readonly password?: Secret;
      }
    | {
        readonly kind: 'freeswitch';
        readonly host: string;
        readonly port: number;
        readonly password: Secret;
        readonly profiles: readonly string[];
      }
  );

/** Whether it is the same source: then its connection stays. */
export function isSameSource(one: RegistrySource, other: RegistrySource): boolean {
  const plain = ({ password: _, ...rest }: RegistrySource) => JSON.stringify(rest, Object.keys(rest).sort());
  const [a, b] = [one.password, other.password];
  return plain(one) === plain(other) && (a === undefined || b === undefined ? a === b : a.equals(b));
}
