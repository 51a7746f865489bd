import type { Place } from '../problem.ts';
import type { Path, RawDevice, RawSettings, SourceFile, Sources } from './sources.ts';

/** One layer of settings and where it is written. */
export interface Layer {
  /** As people call it: `defaults`, `group reception`. */
  readonly title: string;
  readonly settings: RawSettings;
  /** The place of a setting in it; of the layer as a whole without one. */
  place(setting?: Path): Place;
}

/** What holds when no layer says otherwise; the schema shows the same values as `default`. */
export const builtIn = {
  timezone: 'UTC',
  time_format: 24,
  language: 'en',
  ntp: [],
  codecs: ['g722', 'pcmu', 'pcma'],
  dtmf: 'rfc2833',
  srtp: 'off',
  voicemail: '',
  pickup_code: '',
  web: 'https',
  lldp: true,
  sip: { port: 5060, transport: 'udp', expiry: 3600 },
  keys: [],
  parameters: {},
} as const satisfies RawSettings;

const builtInLayer: Layer = { title: 'built in', settings: builtIn, place: () => ({ file: 'built in' }) };

/** What a layer stack is chosen by. */
export interface LayerChoice {
  readonly vendor: string;
  readonly model: string;
  readonly group?: string;
}

/** The layers below the device, weakest first: built in < sip, access and defaults < vendor < model < group. */
export function layersBelow(sources: Sources, { vendor, model, group }: LayerChoice): readonly Layer[] {
  return [...commonLayers(sources), ...modelLayers(sources, vendor, model), ...groupLayers(sources, group)];
}

/** The weakest layers, which every device is on. */
export function commonLayers(sources: Sources): readonly Layer[] {
  const sip = findSection(sources, 'sip');
  const access = findSection(sources, 'access');
  return [
    builtInLayer,
    sip && { title: 'sip', settings: { sip: sip.value }, place: (at?: Path) => sip.file.locate(at ?? ['sip']) },
    access && {
      title: 'access',
      settings: { access: access.value },
      place: (at?: Path) => access.file.locate(at ?? ['access']),
    },
    fromFile(sources, 'defaults', ['defaults']),
  ].filter((layer) => layer !== undefined);
}

/** What the vendor says of a model, and over it what the site does. */
export function modelLayers(sources: Sources, vendor: string, model: string): readonly Layer[] {
  const entry = sources.vendors.get(vendor)?.models.get(model);
  return [
    entry && { title: `vendor ${vendor}`, settings: entry.defaults, place: () => ({ file: `${vendor}/vendor.yml` }) },
    fromFile(sources, `model ${vendor}/${model}`, ['models', `${vendor}/${model}`]),
  ].filter((layer) => layer !== undefined);
}

export function groupLayers(sources: Sources, group: string | undefined): readonly Layer[] {
  const layer = group === undefined ? undefined : fromFile(sources, `group ${group}`, ['groups', group]);
  return layer ? [layer] : [];
}

/** The device's own layer; `index` is its place in the list of its file. */
export function deviceLayer(raw: RawDevice, file: SourceFile, index: number): Layer {
  return { title: 'device', settings: raw, place: (at = []) => file.locate(['devices', index, ...at]) };
}

function fromFile(sources: Sources, title: string, path: readonly [Section, string?]): Layer | undefined {
  const [section, entry] = path;
  for (const file of sources.files) {
    const value = file.content[section];
    const settings = entry === undefined ? value : Object(value)[entry];
    if (settings === undefined || (entry !== undefined && !Object.hasOwn(Object(value), entry))) continue;
    const root = entry === undefined ? [section] : [section, entry];
    return { title, settings, place: (at = []) => file.locate([...root, ...at]) };
  }
  return undefined;
}

type Section = 'defaults' | 'models' | 'groups';

/** The one file that has a section, and the section. */
export function findSection<Name extends 'server' | 'sip' | 'access' | 'notify' | 'uploads' | 'pnp' | 'out' | 'api'>(
  sources: Sources,
  name: Name,
) {
  for (const file of sources.files) {
    const value = file.content[name];
    if (value !== undefined) return { file, value };
  }
  return undefined;
}

/** All layers as one: maps merge, lists and single values of a stronger layer replace. */
export function mergeLayers(layers: readonly RawSettings[]): RawSettings {
  return layers.reduce<Fields>((merged, layer) => mergeMaps(merged, layer as Fields), {});
}

type Fields = Readonly<Record<string, unknown>>;

function mergeMaps(weak: Fields, strong: Fields): Fields {
  const merged: Record<string, unknown> = { ...weak };
  for (const [name, value] of Object.entries(strong)) {
    const below = merged[name];
    merged[name] = isMap(value) && isMap(below) && !oneValue.has(name) ? mergeNamed(name, below, value) : value;
  }
  return merged;
}

/** A parameter's value is one value, also when it is a reference. */
const mergeNamed = (name: string, below: Fields, value: Fields): Fields =>
  name === 'parameters' ? { ...below, ...value } : mergeMaps(below, value);

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `{ env: … }` replaces `{ file: … }`, and `{ at: … }` replaces `{ every: … }`: these maps are one value each. */
const oneValue: ReadonlySet<string> = new Set([
  ...['admin_password', 'user_password', 'refresh', 'window', 'canary'],
  ...['password', 'token', 'bootstrap_token'],
]);

/** The strongest layer that says something of a setting; of a list the one that has it, since lists are not merged. */
export function originOf(layers: readonly Layer[], setting: Path): Layer | undefined {
  const list = setting.findIndex((step) => typeof step === 'number');
  const path = list < 0 ? setting : setting.slice(0, list);
  return layers.findLast((layer) => valueAt(layer.settings, path) !== undefined);
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => (isMap(at) || Array.isArray(at) ? (at as Fields)[step] : undefined), value);
}
