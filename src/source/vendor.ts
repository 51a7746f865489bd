import { keyTypes } from '../model/device.ts';
import { nearest } from '../model/nearest.ts';
import type { Path } from '../model/sources.ts';
import { uploadRule } from '../model/upload.ts';
import {
  type Model,
  type PhonebookFile,
  usualDhcp,
  usualPnp,
  type Vendor,
  type VendorDhcp,
  type VendorFile,
} from '../model/vendor.ts';
import type { Problem } from '../problem.ts';
import type { PlaceholderTemplate } from '../render/placeholders.ts';
import {
  mergeValues,
  type RawDhcp,
  type RawModel,
  type RawPhonebookFile,
  type RawVendor,
  type RawVendorFile,
  unheardOf,
  type VendorDocument,
} from './vendor-document.ts';
import { bootstrapFaults, fileFaults, fullName, phonebookFaults } from './vendor-files.ts';

/** A `<vendor>_<model>.template` file of the user's. */
export interface CustomTemplate {
  readonly model: string;
  readonly template: PlaceholderTemplate;
}

export interface VendorInput {
  readonly id: string;
  readonly document: VendorDocument;
  /** Names of all templates. */
  readonly templates: ReadonlySet<string>;
  readonly custom: readonly CustomTemplate[];
}

export type Report = (path: Path, message: string, which?: 'key' | 'value') => void;

/** Makes a vendor of what its vendor.yml says, and finds where it contradicts itself. */
export function toVendor({ id, document, templates, custom }: VendorInput): { vendor: Vendor; problems: Problem[] } {
  const problems: Problem[] = [...document.problems];
  const report: Report = (path, message, which) =>
    problems.push({ ...document.locate(path, which), code: 'vendor', severity: 'error', message });
  const raw = document.raw ?? { ...unheardOf, title: id };
  const models = modelsOf(raw, { id, custom, report });
  checkTables(raw, report);
  const listed = [...models.values()].map((model) => ({
    model,
    path: raw.models[model.id]?.files ? ['models', model.id, 'files'] : ['files'],
  }));
  for (const fault of fileFaults(listed, templates)) report(fault.path, fault.message);
  for (const fault of phonebookFaults(raw.phonebook, { id, templates })) report(fault.path, fault.message);
  for (const fault of bootstrapFaults([...models.values()], templates)) report(fault.path, fault.message);
  const vendor: Vendor = Object.freeze({
    id,
    title: raw.title,
    ouis: raw.ouis,
    models,
    user_agents: expressions(raw.user_agents, ['user_agents'], report),
    examples: raw.examples,
    certificates: expressions(raw.certificates ?? [], ['certificates'], report),
    authentication: raw.authentication,
    notify: { resync: [raw.notify.resync].flat(), reboot: [raw.notify.reboot].flat() },
    phonebook: raw.phonebook && toPhonebook(raw.phonebook, { id, raw }),
    pnp: raw.pnp && { ...usualPnp, ...raw.pnp },
    dhcp: raw.dhcp && toDhcp(raw.dhcp),
    uploads: (raw.uploads ?? []).map(({ append = false, ...rule }) => uploadRule({ ...rule, append })),
    reboot_when: expressions(raw.reboot_when ?? [], ['reboot_when'], report),
    tables: raw.tables ?? {},
    limits: raw.limits,
    parameter_name: whole(expression(raw.parameter_name, ['parameter_name'], report)),
    grammar: raw.grammar === undefined ? undefined : expression(raw.grammar, ['grammar'], report),
  });
  return { vendor, problems };
}

const nothing = /(?!)/;

function expression(source: string, path: Path, report: Report): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    report(path, `no regular expression: ${error instanceof Error ? error.message : error}`);
    return nothing;
  }
}

const expressions = (sources: readonly string[], path: Path, report: Report): RegExp[] =>
  sources.map((source, index) => expression(source, [...path, index], report)).filter((found) => found !== nothing);

/** `^a|b$` would let `b` pass behind anything: the anchors are meant for all of it. */
const whole = ({ source }: RegExp): RegExp => new RegExp(`^(?:${source.replace(/^\^|\$$/g, '')})$`);

const knownFields = ['title', 'lines', 'keys', 'line_keys', 'key_types', 'files', 'firmware', 'defaults'];
const reservedNames = ['mac', 'MAC', 'model', 'id'];

interface ModelInput {
  readonly id: string;
  readonly custom: readonly CustomTemplate[];
  readonly report: Report;
}

function modelsOf(raw: RawVendor, { id, custom, report }: ModelInput): ReadonlyMap<string, Model> {
  const models = new Map<string, Model>();
  for (const [name, model] of Object.entries(raw.models)) {
    checkModel(name, model, { raw, report });
    models.set(name, toModel(name, model, { id, raw }));
  }
  for (const { model, template } of custom) {
    const known = models.get(model);
    models.set(model, known ? withTemplate(known, template) : fromTemplate(model, template, { id, raw }));
  }
  return models;
}

function checkModel(name: string, model: RawModel, { raw, report }: { raw: RawVendor; report: Report }): void {
  const path = ['models', name];
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(name))
    report(path, `the model is called "${name}"; wanted lower-case letters, digits, - and _`, 'key');
  for (const property of Object.keys(model)) {
    if (knownFields.includes(property)) continue;
    const guess = nearest(property, knownFields);
    if (guess) report([...path, property], `unknown key "${property}"; did you mean "${guess}"?`, 'key');
    if (reservedNames.includes(property)) report([...path, property], `"${property}" has a meaning already`, 'key');
  }
  const words = Object.keys(raw.tables?.key ?? {});
  const strange = (model.key_types ?? []).find((type) => type !== 'none' && raw.tables?.key && !words.includes(type));
  if (strange) report([...path, 'key_types'], `the table "key" has no word for keys of type ${strange}`);
}

function toModel(name: string, model: RawModel, { id, raw }: { id: string; raw: RawVendor }): Model {
  const { title, lines, keys, line_keys, key_types, files, firmware, defaults, ...properties } = model;
  const words = Object.keys(raw.tables?.key ?? {});
  return Object.freeze({
    id: name,
    title,
    lines,
    keys,
    line_keys: line_keys ?? 'shared',
    key_types: key_types ?? keyTypes.filter((type) => !raw.tables?.key || words.includes(type)),
    properties: properties as Readonly<Record<string, string>>,
    firmware,
    files: (files ?? raw.files).map((file) => toFile(file, { id, raw })),
    bootstrap: raw.bootstrap?.map((file) => toFile(file, { id, raw })),
    defaults: Object.freeze(mergeValues(raw.defaults ?? {}, defaults ?? {}) as Record<string, unknown>),
  });
}

function toFile(
  { name, also, template, format, optional }: RawVendorFile,
  { id, raw }: { id: string; raw: RawVendor },
): VendorFile {
  const full = fullName(template, id);
  return { name, also: also ?? [], template: full, format: format ?? raw.format, ...(optional && { optional }) };
}

const toPhonebook = (
  { template, format, ...rest }: RawPhonebookFile,
  { id, raw }: { id: string; raw: RawVendor },
): PhonebookFile => Object.freeze({ ...rest, template: fullName(template, id), format: format ?? raw.format });

const toDhcp = ({ options, class_match = 'begins', ...rest }: RawDhcp): VendorDhcp =>
  Object.freeze({
    ...rest,
    class_match,
    options: options?.map(({ type = 'text', ...option }) => ({ ...option, type })) ?? usualDhcp.options,
  });

/** The file that every device has, under whatever other names its phone knows it by. */
const isMain = ({ name, also }: Pick<VendorFile, 'name' | 'also'>): boolean => [name, ...also].includes('{mac}.cfg');

const withTemplate = (model: Model, { name, format }: PlaceholderTemplate): Model =>
  Object.freeze({
    ...model,
    files: model.files.map((file) => (isMain(file) ? { ...file, template: name, format } : file)),
  });

/** A model that only the template knows: it has the device's own file and no keys, since it has no placeholders for them. */
function fromTemplate(
  model: string,
  { name, format, lines }: PlaceholderTemplate,
  { id, raw }: { id: string; raw: RawVendor },
): Model {
  const main = raw.files.find((file) => isMain({ name: file.name, also: file.also ?? [] }));
  const named = main ? toFile(main, { id, raw }) : { name: '{mac}.cfg', also: [] };
  return Object.freeze({
    ...{ id: model, title: model.toUpperCase(), lines, keys: 0, line_keys: 'separate' as const, key_types: [] },
    properties: {},
    files: [{ ...named, template: name, format }],
    defaults: Object.freeze({ ...raw.defaults }),
  });
}

function checkTables(raw: RawVendor, report: Report): void {
  for (const tag of Object.keys(raw.tables?.language ?? {}))
    if (!/^[a-z]{2,3}(-[a-z0-9]{2,8})?$/.test(tag))
      report(['tables', 'language', tag], `"${tag}" is no language tag in lower case, such as de or pt-br`, 'key');
}
