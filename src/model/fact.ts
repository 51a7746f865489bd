import type { Mac } from './mac.ts';

/** Facts are what the journal keeps. Times are milliseconds since 1970; no fact holds a secret. */

/** What of `access:` kept somebody out, in one word each: few, so that they can be counted. */
export const refusalKinds = [
  'guessing',
  'network',
  'address',
  'user-agent',
  'protocol',
  'certificate',
  'token',
  'spent',
  'challenge',
  'credentials',
  'stranger',
] as const;
export type RefusalKind = (typeof refusalKinds)[number];

/** A device, or somebody, asked for a file: one for every answer, the refusals too. */
export interface FetchFact {
  readonly at: number;
  /** `pnp`: by multicast, where its files are. */
  readonly protocol: 'tftp' | 'http' | 'https' | 'pnp';
  /** Address of the client, without port. */
  readonly address: string;
  /** `GET`, `HEAD`; `PUT`, `POST` for what a phone sends; `RRQ`, `WRQ` for TFTP, `SUBSCRIBE`. */
  readonly method: string;
  /** As it was asked for, cut to 512 characters, control characters escaped. */
  readonly path: string;
  /** The name in out/ that it was resolved to. */
  readonly file?: string;
  readonly device?: Mac;
  readonly user_agent?: string;
  /** Model and firmware as the user agent says. */
  readonly model?: string;
  readonly firmware?: string;
  /** HTTP status; for TFTP 200 for a transfer, 404, 403 and so on for a refusal of the same meaning. */
  readonly status: number;
  /** Bytes of the body that were sent (TFTP: acknowledged); that came, of what a phone sends. */
  readonly bytes: number;
  /** The whole answer went out, or the transfer was cut off. */
  readonly complete: boolean;
  /** Revision of the device that these bytes belong to. */
  readonly revision?: string;
  /** Why it was refused or cut off; of what a phone sent, what it was kept as. */
  readonly reason?: string;
  /** Which rule of `access:` refused it. */
  readonly refusal?: RefusalKind;
  /** Packets that were sent once more (TFTP). */
  readonly retransmits?: number;
  /** How often an answer was waited for in vain. */
  readonly timeouts?: number;
  /** Milliseconds from the request to the last byte. */
  readonly duration: number;
}

/** A NOTIFY to a device, and how it ended. */
export interface NotifyFact {
  readonly at: number;
  readonly device: Mac;
  /** `address:port` that it went to; absent when there is none. */
  readonly target?: string;
  readonly event: string;
  readonly revision?: string;
  /**
   * `answered` with a status; `handed`: a PBX took it and does not say what came of it; `silent` after timer F;
   * `unreachable`: no address, or the network refused.
   */
  readonly outcome: 'answered' | 'handed' | 'silent' | 'unreachable';
  readonly status?: number;
  readonly reason?: string;
  /** Why it was sent: `change`, or `manual` from the command line. */
  readonly cause: 'change' | 'manual';
}

/** One run of the pipeline. */
export interface BuildFact {
  readonly at: number;
  readonly accepted: boolean;
  readonly devices: number;
  readonly files: number;
  readonly changed: number;
  readonly removed: number;
  readonly problems: number;
  readonly duration: number;
}

/** What a device is meant to have, from a build on. */
export interface RevisionFact {
  /** When the build began; 0 when its bytes were there before the journal was. */
  readonly at: number;
  readonly device: Mac;
  /** Absent: the device is in devices.yml no more. */
  readonly revision?: string;
  /** The files that its phone must have fetched to have it, as `needsText` writes them. */
  readonly files?: string;
  /** HEAD of the project's repository, when nothing differed from it. */
  readonly git_commit?: string;
}

/** Somebody asked the API for a change, and what came of it. */
export interface AuditFact {
  readonly at: number;
  /** What the answer called the request. */
  readonly request: string;
  /** `local`, `token:portal`, `jwt:ada@example.com`. */
  readonly caller: string;
  readonly role: string;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** What it was about: a MAC, an extension, a file. */
  readonly target?: string;
  /** As JSON, secrets as dots. */
  readonly before?: string;
  readonly after?: string;
}

/**
 * What became of a phone, besides fetches and NOTIFYs: `registered` and `unregistered` with a source, `status` of a device
 * (`state` and the one `before`, absent for the first that is known), `call` and `config` as a PBX told them.
 */
export interface PhoneFact {
  readonly at: number;
  readonly kind: 'registered' | 'unregistered' | 'status' | 'call' | 'config';
  /** Absent when nobody knows whose registration it is. */
  readonly device?: Mac;
  readonly extension?: string;
  /** Where it is, an IP address. */
  readonly address?: string;
  readonly contact?: string;
  readonly user_agent?: string;
  /** Name of the source that told it. */
  readonly source?: string;
  readonly state?: string;
  readonly before?: string;
  readonly reason?: string;
}

/** A device registered with a PBX after it had fetched all of what it is meant to have: the first time that it did. */
export interface ReturnFact {
  /** When the PBX spoke of it. */
  readonly at: number;
  readonly device: Mac;
  readonly revision: string;
}

/**
 * What became of a change that some devices prove for the others: it `began`, it was `stopped`, the others may have it
 * (`released`), or it is over or another has taken its place (`ended`).
 */
export interface RolloutFact {
  readonly at: number;
  readonly state: 'began' | 'stopped' | 'released' | 'ended';
  /** The group whose rollout it is; of all without one of their own it is empty. */
  readonly cohort: string;
  /** When it began: it is known by that. */
  readonly began: number;
  /** How many prove it, and how many keep their files meanwhile. */
  readonly canaries: number;
  readonly held: number;
  readonly reason?: string;
}
