import type { Secret } from './secret.ts';

/** A number and its person. */
export interface Extension {
  readonly number: string;
  readonly name: string;
  /** Absent when only the label of a BLF needs this extension. */
  readonly password?: Secret;
  /** The user of the digest credentials, when it is not the number. */
  readonly auth_user?: string;
  /** The number that the voicemail key dials for this line, when it is not the device's. */
  readonly voicemail?: string;
  readonly email?: string;
  readonly department?: string;
  readonly mobile?: string;
  /** The group of a device whose first line this is, when the device names none. */
  readonly group?: string;
}
