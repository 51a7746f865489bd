import type { Mac } from '../../model/mac.ts';

/**
 * `access:` as workers get it, and as it is kept over a restart: plain data that a message can carry. Of secrets it holds
 * what they are checked by, not the secrets; only the bootstrap files tell a token.
 */
export interface AccessRules {
  /** For what names no device: files that devices share, firmware. */
  readonly site: Policy;
  /** Every device of the site; those with the same rule hold the same object. */
  readonly devices: ReadonlyMap<Mac, DeviceRule>;
  readonly vendors: ReadonlyMap<string, VendorRule>;
  /** Absent: nobody is taken for a guesser. */
  readonly guessing?: GuessingRule;
  /** What a device that has no proof of itself gets, by device. */
  readonly bootstrap: ReadonlyMap<Mac, readonly BootstrapFile[]>;
  /** Prefixes of the site that map to out/. */
  readonly prefixes: readonly string[];
}

/** What a request must satisfy. Without any of these it is open to everybody. */
export interface Policy {
  /** Ranges of addresses, each read by `parseCidr`. */
  readonly networks?: readonly string[];
  readonly credentials?: Credentials;
  /** As `tokenHash` has it. */
  readonly token?: string;
  readonly bootstrapToken?: string;
  /** What is taken as well. */
  readonly formerToken?: string;
  readonly formerCredentials?: Credentials;
  /** Token and credentials are known, but neither they nor a certificate are asked for. */
  readonly isLenient?: boolean;
  readonly certificate?: 'required' | 'optional';
  /** The fetching address must be the device's own. */
  readonly ownAddress?: boolean;
  /** The user agent must be one of the vendor's. */
  readonly ownUserAgent?: boolean;
  /** A request without proof, over another protocol than the device's own, gets the bootstrap file. */
  readonly bootstrapWithoutProof?: boolean;
}

export interface Credentials {
  readonly user: string;
  /** The hash over user, realm and password, by which every proof is checked (RFC 7616 section 3.4.2: A1). */
  readonly keys: { readonly MD5: string; readonly 'SHA-256': string };
  readonly scheme: 'basic' | 'digest' | 'both';
}

export interface DeviceRule {
  readonly policy: Policy;
  readonly vendor: string;
  readonly ip?: string;
  /** The protocol that it is told to fetch by. */
  readonly protocol: 'http' | 'https' | 'tftp';
}

export interface VendorRule {
  readonly ouis: readonly string[];
  readonly userAgents: readonly RegExp[];
  readonly certificates: readonly RegExp[];
  /** Its phones fail when they are offered a digest. */
  readonly basicOnly: boolean;
}

export interface GuessingRule {
  /** Misses of one address in a minute that are borne; twice as many, and it is refused. */
  readonly perMinute: number;
  readonly slowMs: number;
  readonly refuseMinutes: number;
}

/** A file that holds no secret but the address of the device's own files. */
export interface BootstrapFile {
  /** As the phone asks for it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/** Nobody may fetch anything. */
export const closedRules: AccessRules = {
  site: { networks: [] },
  devices: new Map(),
  vendors: new Map(),
  bootstrap: new Map(),
  prefixes: [],
};

/** Of a site that says nothing of access. */
export const openRules: AccessRules = {
  site: {},
  devices: new Map(),
  vendors: new Map(),
  bootstrap: new Map(),
  prefixes: [],
};
