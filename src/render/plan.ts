import { tokenPrefix } from '../model/access.ts';
import type { Device } from '../model/device.ts';
import type { Audience } from '../model/file.ts';
import { Secret } from '../model/secret.ts';
import { serverLocation, serverUrl } from '../model/server-url.ts';
import type { Site } from '../model/site.ts';
import type { Format, Model, PhonebookFile, Vendor, VendorFile } from '../model/vendor.ts';

/** One run of a template: the names that its bytes get, and what it sees. */
export interface Job {
  readonly paths: readonly string[];
  readonly template: string;
  readonly format: Format;
  /** No file where the template makes nothing. */
  readonly optional?: boolean;
  readonly audience: Audience;
  readonly context: object;
}

/** The files of one device alone: those whose name holds its MAC. */
export function planDevice(site: Site, device: Device): Job[] {
  const { vendor, model } = vendorAndModel(site, device);
  const files = model.files.filter(({ name }) => isOfDevice(name));
  return files.length === 0 ? [] : planOwn(files, { site, device, vendor, model });
}

/**
 * What a device gets that has no proof of itself yet: by the names that its phone asks for, those that it shares with
 * others among them. None for a device that needs none.
 */
export function planBootstrap(site: Site, device: Device): Job[] {
  const { bootstrap_token, unauthenticated } = device.settings.access ?? {};
  if (bootstrap_token === undefined && unauthenticated === undefined) return [];
  const { vendor, model } = vendorAndModel(site, device);
  return planOwn(model.bootstrap ?? [], { site, device, vendor, model });
}

interface Owner {
  readonly site: Site;
  readonly device: Device;
  readonly vendor: Vendor;
  readonly model: Model;
}

function planOwn(files: readonly VendorFile[], { site, device, vendor, model }: Owner): Job[] {
  const { mac } = device;
  const context = {
    ...sharedContext(site, vendor, device.settings),
    server: serverContext(site.server, device.settings.access?.token),
    model: modelContext(model),
    mac,
    MAC: mac.toUpperCase(),
    device: { mac, vendor: device.vendor, model: device.model, group: device.group },
    lines: device.lines,
    keys: device.keys,
  };
  const names = { ...namesOf(model), mac, MAC: mac.toUpperCase() };
  return files.map((file) => toJob(file, { names, context, audience: { mac } }));
}

/** The files that devices share: one for each model that the site uses, and one for each of its vendors. */
export function planShared(site: Site): Job[] {
  const used = usedModels(site);
  return [...used.values()].flatMap(({ vendor, models }) => [
    ...models.flatMap((model) => planModel(site, vendor, model)),
    ...planVendor(site, vendor, models),
  ]);
}

function planModel(site: Site, vendor: Vendor, model: Model): Job[] {
  const settings = site.settingsOfModel(vendor.id, model.id);
  const context = { ...sharedContext(site, vendor, settings), model: modelContext(model) };
  const audience = { vendor: vendor.id, model: model.id };
  return model.files
    .filter(({ name }) => !isOfDevice(name) && isOfModel(name))
    .map((file) => toJob(file, { names: namesOf(model), context, audience }));
}

function planVendor(site: Site, vendor: Vendor, models: readonly Model[]): Job[] {
  const files = new Map(models.flatMap(({ files }) => files).map((file) => [file.name, file]));
  // No settings: they differ from model to model.
  const context = { ...vendorContext(site, vendor), models: models.map(modelContext) };
  return [...files.values()]
    .filter(({ name }) => !isOfDevice(name) && !isOfModel(name))
    .map((file) => toJob(file, { names: {}, context, audience: { vendor: vendor.id } }));
}

const isOfDevice = (name: string): boolean => /\{mac\}/i.test(name);
const isOfModel = (name: string): boolean => /\{\w+\}/.test(name);

interface JobInput {
  readonly names: Readonly<Record<string, unknown>>;
  readonly context: object;
  readonly audience: Audience;
}

function toJob({ name, also, template, format, optional }: VendorFile, { names, context, audience }: JobInput): Job {
  const paths = [name, ...also].map((pattern) =>
    pattern.replace(/\{(\w+)\}/g, (_, word: string) => String(names[word])),
  );
  return { paths, template, format, optional, audience, context };
}

function sharedContext(site: Site, vendor: Vendor, settings: Device['settings']) {
  return { ...vendorContext(site, vendor), settings, time: site.timezone(settings.timezone) };
}

/** What the templates of a vendor see in all files. */
export function vendorContext(site: Site, vendor: Vendor) {
  const phonebook = vendor.phonebook && phonebookName(vendor.phonebook, 1);
  return {
    server: serverContext(site.server),
    vendor: { id: vendor.id, title: vendor.title, phonebook },
    t: vendor.tables,
    limits: vendor.limits ?? {},
  };
}

/** With a token the address of the device's own files is a secret as a whole. */
function serverContext(server: Site['server'], token?: Secret) {
  const { protocol } = server;
  const told = (text: string) => (token ? new Secret(`${text}${tokenPrefix(Secret.reveal(token))}`) : text);
  return { ...server, location: told(serverLocation(server, protocol)), url: told(serverUrl(server, protocol)) };
}

/** The name of a file of a phonebook; pages count from 1. */
export const phonebookName = ({ name }: PhonebookFile, page: number): string => name.replaceAll('{page}', String(page));

const modelContext = ({ id, title, lines, keys, line_keys, properties }: Model) => ({
  ...properties,
  id,
  title,
  lines,
  keys,
  line_keys,
});

/** What stands for the placeholders of a file name. */
const namesOf = (model: Model) => ({ ...modelContext(model), model: model.id });

function vendorAndModel(site: Site, { vendor: id, model: name }: Device): { vendor: Vendor; model: Model } {
  const vendor = site.vendors.get(id);
  const model = vendor?.models.get(name);
  if (!vendor || !model) throw new Error(`no such model: ${id}/${name}`);
  return { vendor, model };
}

function usedModels(site: Site): Map<string, { vendor: Vendor; models: Model[] }> {
  const used = new Map<string, { vendor: Vendor; models: Model[] }>();
  const seen = new Set<string>();
  for (const device of site.kinds ?? site.devices) {
    const key = `${device.vendor}/${device.model}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const { vendor, model } = vendorAndModel(site, device);
    const entry = used.get(vendor.id) ?? { vendor, models: [] };
    entry.models.push(model);
    used.set(vendor.id, entry);
  }
  // The order of devices must not show in the bytes.
  for (const { models } of used.values()) models.sort((a, b) => (a.id < b.id ? -1 : 1));
  return used;
}
