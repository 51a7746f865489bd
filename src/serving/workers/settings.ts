import type { Mac } from '../../model/mac.ts';
import type { UploadRule, UploadSettings } from '../../model/upload.ts';
import type { Vendor } from '../../model/vendor.ts';
import { type PackedTable, packTable, readTable } from '../packed-table.ts';

/** What a site says to those who serve it. */
export interface Settings {
  /** Prefixes of paths that map to out/. */
  readonly prefixes: readonly string[];
  readonly vendors: readonly Pick<Vendor, 'id' | 'user_agents'>[];
  /** When phones' own files are kept for them. */
  readonly uploads?: { readonly settings: UploadSettings; readonly rules: ReadonlyMap<Mac, readonly UploadRule[]> };
}

/** Settings as a message carries them: what is said for each device stands in memory that all threads share. */
export interface PackedSettings extends Omit<Settings, 'uploads'> {
  readonly uploads?: PackedUploads;
}

interface PackedUploads {
  readonly settings: UploadSettings;
  /** Those that there are: as many as vendors, at most. */
  readonly rules: readonly (readonly UploadRule[])[];
  /** By MAC, which of them. */
  readonly devices: PackedTable;
}

/** With a pause now and then; the settings must not change meanwhile. */
export async function packSettings({ uploads, ...rest }: Settings): Promise<PackedSettings> {
  if (uploads === undefined) return rest;
  const numbers = new Map<readonly UploadRule[] | undefined, number>();
  const devices = new Map<Mac, number>();
  for (const [mac, rules] of uploads.rules) {
    const key = rules.length === 0 ? undefined : rules;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    devices.set(mac, number);
  }
  const rules = [...numbers.keys()].map((key) => key ?? []);
  return { ...rest, uploads: { settings: uploads.settings, rules, devices: await packTable(devices) } };
}

export interface UploadRules {
  readonly settings: UploadSettings;
  /** Undefined of a device that there is not. */
  of(device: Mac): readonly UploadRule[] | undefined;
}

export function openUploadRules(packed: PackedUploads | undefined): UploadRules | undefined {
  if (packed === undefined) return undefined;
  const { settings, rules, devices } = packed;
  const numbers = readTable<number>(devices);
  return {
    settings,
    of(device) {
      const number = numbers.get(device);
      return number === undefined ? undefined : rules[number];
    },
  };
}
