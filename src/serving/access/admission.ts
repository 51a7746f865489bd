import type { RefusalKind } from '../../model/fact.ts';
import type { Mac } from '../../model/mac.ts';
import type { Served } from '../served.ts';
import type { Certificate } from './certificate.ts';

/** What is known of a request before anything is looked up. */
export interface AccessRequest {
  readonly protocol: 'tftp' | 'http' | 'https';
  /** Address of the client, without port; of the real one, where a trusted proxy stands between. */
  readonly address: string;
  /** As it came over the wire: a TFTP name, an HTTP request target. */
  readonly path: string;
  /** `GET`, `RRQ`: a digest is made over it. */
  readonly method: string;
  readonly authorization?: string;
  readonly userAgent?: string;
  /** The one that the client showed in its TLS handshake. */
  readonly certificate?: Certificate;
  /** It is marked as one: what it shows was not shown by the device. */
  readonly isExamination?: boolean;
}

export type Admission = Admitted | Denied;

export interface Admitted {
  readonly allow: true;
  /** The path to look up: without a token. */
  readonly path: string;
  /** The bootstrap file of the device, to be sent in place of what stands under the path. */
  readonly bootstrap?: Served & { readonly bytes: Buffer; readonly hash: string };
  /** Milliseconds to wait before the answer: the address is guessing. */
  readonly delay?: number;
}

/** To the one who asks all of these are the same: status, headers and no body, whatever the reason. */
export interface Denied {
  readonly allow: false;
  readonly status: 401 | 404;
  /** For the log and the journal. */
  readonly reason: string;
  readonly refusal: RefusalKind;
  /** With 401: values of WWW-Authenticate, each to be a header of its own. */
  readonly challenge?: readonly string[];
  /** The device that the request was about, whether it exists or not. */
  readonly device?: Mac;
  readonly delay?: number;
}

/** Who may fetch what: what HTTP and TFTP ask before they look anything up. */
export interface Gate {
  /**
   * Decides before anything is looked up, and takes the same way whether the device exists or not. Never throws,
   * whatever the request; what the rules cannot make out is left to the lookup.
   */
  admit(request: AccessRequest): Admission;
}
