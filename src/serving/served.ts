import type { FileHandle } from 'node:fs/promises';
import type { Mac } from '../model/mac.ts';

/** What a request path stands for: the same answer for TFTP and HTTP. Sizes in bytes. */
export type Answer = Served | Refusal;

export interface Served {
  /** Its name in out/, as it is spelt there. */
  readonly file: string;
  readonly size: number;
  readonly modified: Date;
  /** SHA-256 of the bytes, hexadecimal: the strong ETag. Absent for files that people put beside ours. */
  readonly hash?: string;
  /** The device that the file is for, or the MAC that its name carries. */
  readonly device?: Mac;
  /** The device's revision that these bytes belong to. */
  readonly revision?: string;
  /** All the bytes, for the files that offhook wrote: they are small. */
  readonly bytes?: Buffer;
  /** Where a protocol keeps what it has made of these bytes, for as long as they are in memory. */
  readonly made?: { http?: unknown };
  /** For the others (firmware, ring tones): opens the file to stream from; the caller closes it. */
  open?(): Promise<FileHandle>;
}

export interface Refusal {
  /** As HTTP says it; TFTP turns it into its own error code. */
  readonly status: 400 | 403 | 404 | 405 | 500 | 503;
  /** For the log and the journal, not for the one who asks. */
  readonly reason: string;
  readonly file?: string;
  readonly device?: Mac;
}

export const isRefusal = (answer: Answer): answer is Refusal => 'reason' in answer;

/** Resolves the path that a device asked for, as it came over the wire: at once when all is in memory. Never throws. */
export type Lookup = (requestPath: string) => Answer | Promise<Answer>;
