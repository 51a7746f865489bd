import type { Mac } from './mac.ts';

/** What phones send back: what a person set at the phone (`override`), their own lists, and what helps to find faults. */
export const uploadKinds = ['override', 'directory', 'calls', 'log', 'core'] as const;
export type UploadKind = (typeof uploadKinds)[number];

/** Files that a vendor's phones send, as vendor.yml says it. */
export interface UploadRule {
  /** `{mac}-app.log`, `{mac}-*core*`. */
  readonly name: string;
  readonly kind: UploadKind;
  /** Each upload is the next piece of the file, not all of it. */
  readonly append: boolean;
  /** The name as an expression, over a name in lower case that has `{mac}` for the MAC. */
  readonly pattern: RegExp;
}

/** What is taken from phones, and how much of it. Sizes in bytes. */
export interface UploadSettings {
  /** Phones get their overrides and lists again when they ask for them. */
  readonly give_back: boolean;
  /** The largest upload. */
  readonly file: number;
  /** All that is kept of one device. */
  readonly device: number;
  readonly device_files: number;
  /** Earlier versions of a log or a core dump that are kept. */
  readonly versions: number;
}

const mebi = 1_048_576;
export const defaultUploads: UploadSettings = {
  give_back: true,
  file: 16 * mebi,
  device: 32 * mebi,
  device_files: 32,
  versions: 3,
};

/** As devices.yml has it. */
export type RawUploads =
  | 'on'
  | 'off'
  | {
      readonly give_back?: boolean;
      readonly file_mb?: number;
      readonly device_mb?: number;
      readonly device_files?: number;
      readonly versions?: number;
    };

/** Undefined: nothing is taken. */
export function resolveUploads(raw: RawUploads = 'off'): UploadSettings | undefined {
  if (raw === 'off') return undefined;
  if (raw === 'on') return defaultUploads;
  const { file_mb = 16, device_mb = 32, ...rest } = raw;
  return { ...defaultUploads, ...rest, file: file_mb * mebi, device: device_mb * mebi };
}

/** `*` stands for letters, digits, `-`, `_` and `.`, of any number; `{mac}` must be in the name. */
export function uploadRule({ name, kind, append }: Omit<UploadRule, 'pattern'>): UploadRule {
  const source = name
    .toLowerCase()
    .split('*')
    .map((part) => RegExp.escape(part))
    .join('[a-z0-9_.-]*');
  return { name, kind, append, pattern: new RegExp(`^${source}$`) };
}

/** The rule that a file of a device is taken by, if any; `name` in lower case. */
export const ruleFor = (rules: readonly UploadRule[], name: string, device: Mac): UploadRule | undefined => {
  const [before, after, ...more] = name.split(device);
  if (after === undefined || more.length > 0 || name.includes('{')) return undefined;
  return rules.find(({ pattern }) => pattern.test(`${before}{mac}${after}`));
};

/** Phones ask again for these, and for no others: [2+] `<mac>-phone.cfg`, `-web.cfg`, `-local.cfg`, directories and lists of calls. */
export const isGivenBack = ({ kind }: Pick<UploadRule, 'kind'>): boolean => kind !== 'log' && kind !== 'core';
