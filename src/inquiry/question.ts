import type { Finding } from '../findings/finding.ts';
import type { Mac } from '../model/mac.ts';
import type { Vendor } from '../model/vendor.ts';
import type { UnknownDevices } from '../state/unknown.ts';

interface Of {
  /** Folders, absolute. */
  readonly state: string;
  readonly out: string;
  readonly vendors: ReadonlyMap<string, Vendor>;
}

/** What the whole fetch log is read for: that takes seconds where it is long. Times in milliseconds since 1970. */
export type Question =
  | (Of & { readonly kind: 'unknown'; readonly since: number; readonly macs: ReadonlySet<Mac> })
  | (Of & { readonly kind: 'findings'; readonly now: number });

/** The answer to a question, or why there is none. */
export type Answer =
  | { readonly kind: 'unknown'; readonly found: UnknownDevices }
  | { readonly kind: 'findings'; readonly found: readonly Finding[] }
  | { readonly kind: 'failed'; readonly reason: string };
