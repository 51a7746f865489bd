import type { Device } from './device.ts';
import type { Mac } from './mac.ts';

/** From byte `start` up to, not including, byte `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Whom a file concerns: one device, every device of a model, or every device of a vendor. Of one that is `unannounced`
 * nobody is told: phones fetch it by their own clock, and what they have of it is no part of what they are meant to have.
 */
export type Audience =
  | { readonly mac: Mac }
  | { readonly vendor: string; readonly model?: string; readonly unannounced?: true };

/** Whether a device is told of a file for this audience. */
export const concerns = (
  audience: Audience,
  { mac, vendor, model }: Pick<Device, 'mac' | 'vendor' | 'model'>,
): boolean =>
  'mac' in audience
    ? audience.mac === mac
    : !audience.unannounced && audience.vendor === vendor && (audience.model ?? model) === model;

/** What is known of a file of out/ without its bytes. */
export interface FileEntry {
  /** Its name in out/, flat, spelt as the phone asks for it. */
  readonly path: string;
  readonly size: number;
  /** SHA-256 of the bytes, hexadecimal. */
  readonly hash: string;
  readonly audience: Audience;
  /** Where in the bytes the secrets stand, so that a plan can mask them; sorted, no two overlap. */
  readonly secrets: readonly Span[];
}

/** Something a device fetches. */
export interface File extends FileEntry {
  readonly bytes: Buffer;
}

/** A file as it stands in out/. */
export interface Written extends FileEntry {
  /** Milliseconds since 1970; with the size, how a file is known to be still the one that was written. */
  readonly mtime: number;
}
