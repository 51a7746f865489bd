import type { KeyType } from '../model/device.ts';
import type { Path } from '../model/sources.ts';
import type { UploadKind } from '../model/upload.ts';
import type {
  DhcpOption,
  Format,
  NotifyEvent,
  UserAgentExample,
  VendorDhcp,
  VendorLimits,
  VendorPnp,
} from '../model/vendor.ts';
import type { Problem } from '../problem.ts';
import type { Fault, Validate } from './schema.ts';
import type { SourceText } from './templates-folder.ts';
import { type Document, parseYaml } from './yaml.ts';

/** vendor.yml as it is written, checked against the schema. */
export interface RawVendor {
  readonly title: string;
  readonly ouis: readonly string[];
  readonly format: Format;
  readonly files: readonly RawVendorFile[];
  readonly bootstrap?: readonly RawVendorFile[];
  readonly phonebook?: RawPhonebookFile;
  readonly user_agents: readonly string[];
  readonly examples?: readonly UserAgentExample[];
  readonly certificates?: readonly string[];
  readonly authentication?: readonly ('basic' | 'digest')[];
  readonly notify: {
    readonly resync: NotifyEvent | readonly NotifyEvent[];
    readonly reboot: NotifyEvent | readonly NotifyEvent[];
  };
  readonly uploads?: readonly RawUpload[];
  readonly pnp?: Partial<VendorPnp>;
  readonly dhcp?: RawDhcp;
  readonly reboot_when?: readonly string[];
  readonly limits?: VendorLimits;
  readonly parameter_name: string;
  readonly grammar?: string;
  readonly tables?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly models: Readonly<Record<string, RawModel>>;
}

export interface RawVendorFile {
  readonly name: string;
  readonly template: string;
  readonly also?: readonly string[];
  readonly format?: Format;
  readonly optional?: boolean;
}

export interface RawPhonebookFile {
  readonly name: string;
  readonly template: string;
  readonly format?: Format;
  readonly most?: number;
  readonly per_file?: number;
}

export interface RawUpload {
  readonly name: string;
  readonly kind: UploadKind;
  readonly append?: boolean;
}

export interface RawDhcp {
  readonly vendor_class?: string;
  readonly class_match?: VendorDhcp['class_match'];
  readonly options?: readonly (Omit<DhcpOption, 'type'> & { readonly type?: DhcpOption['type'] })[];
}

/** Besides these: properties, all of them texts. */
export interface RawModel {
  readonly title: string;
  readonly lines: number;
  readonly keys: number;
  readonly line_keys?: 'shared' | 'separate';
  readonly key_types?: readonly KeyType[];
  readonly files?: readonly RawVendorFile[];
  readonly firmware?: { readonly minimum: string };
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/** What the vendor.yml files of one vendor say together. */
export interface VendorDocument {
  /** Undefined when not even a part of it can be used. */
  readonly raw?: RawVendor;
  readonly problems: readonly Problem[];
  locate: Document['locate'];
}

/** Reads a vendor's vendor.yml, the shipped one first and then the user's: maps merge, lists replace. */
export function readVendorDocument(texts: readonly SourceText[], validate: Validate): VendorDocument {
  const documents = texts.map(({ path, text }) => parseYaml(path, text));
  const problems = documents.flatMap((document) => document.problems);
  const readable = documents.filter(({ value }) => value !== undefined);
  const locate = locateIn(readable);
  const value = readable.map((document) => document.value).reduce(mergeValues, undefined);
  if (value === undefined) return { problems, locate };
  const faults = validate({ file: texts[0]?.path ?? '', value, problems: [], locate });
  problems.push(...faults.map(({ problem }) => problem));
  return { raw: withStandIns(value, faults), problems, locate };
}

/** A vendor of whom nothing is known but that he has phones. */
export const unheardOf: RawVendor = {
  title: '',
  ouis: [],
  format: 'cfg',
  files: [],
  user_agents: [],
  notify: { resync: { event: 'check-sync;reboot=false' }, reboot: { event: 'check-sync;reboot=true' } },
  parameter_name: '^(?!)$',
  models: {},
};

/**
 * What can be relied upon besides the faults, so that the rest is checked all the same, and the devices of a faulty model
 * are not faults as well.
 */
function withStandIns(value: unknown, faults: readonly Fault[]): RawVendor {
  const written: Fields = { ...(isMap(value) ? value : undefined) };
  for (const { path } of faults) {
    const [section, entry] = path;
    if (section === undefined) continue;
    const parts = written[section];
    if (section === 'models' && entry !== undefined && isMap(parts))
      parts[entry] = { ...textsOf(parts[entry]), title: entry, lines: 64, keys: 1000, line_keys: 'separate' };
    else delete written[section];
  }
  return { ...unheardOf, ...written } as RawVendor;
}

const textsOf = (model: unknown): Fields => {
  const { files, key_types, defaults, ...rest } = isMap(model) ? model : {};
  return Object.fromEntries(Object.entries(rest).filter(([, text]) => typeof text === 'string'));
};

/** The place in the last file that has the value. */
function locateIn(documents: readonly Document[]): Document['locate'] {
  return (path, which) => {
    const document = documents.findLast(({ value }) => hasPath(value, path)) ?? documents[0];
    return document?.locate(path, which) ?? { file: '' };
  };
}

function hasPath(value: unknown, path: Path): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return true;
  return isMap(value) && Object.hasOwn(value, step) && hasPath(value[step], rest);
}

type Fields = Record<string | number, unknown>;
const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Maps merge, the stronger one's values winning; lists and texts replace. A new value: neither of the two is changed later. */
export function mergeValues(weak: unknown, strong: unknown): unknown {
  if (!isMap(weak) || !isMap(strong) || Array.isArray(weak) || Array.isArray(strong)) return structuredClone(strong);
  const merged: Fields = {};
  for (const key of new Set([...Object.keys(weak), ...Object.keys(strong)]))
    merged[key] = Object.hasOwn(strong, key) ? mergeValues(weak[key], strong[key]) : structuredClone(weak[key]);
  return merged;
}
