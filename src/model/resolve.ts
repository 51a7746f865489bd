import { formatPlace, isFatal, otherPlace, type Place, type Problem, quoted } from '../problem.ts';
import { resolveSiteAccess } from './access.ts';
import { type Device, keyTypes, type Server, type Settings } from './device.ts';
import { exposedByAddress } from './exposed.ts';
import type { Extension } from './extension.ts';
import type { Fault } from './faults.ts';
import { deviceLayer, findSection, type Layer, layersBelow, mergeLayers, originOf } from './layers.ts';
import { isLeftOut } from './left-out.ts';
import { nearest } from './nearest.ts';
import { createPeople } from './people.ts';
import { type ResolvedDevice, resolveDevice, type Stack } from './resolve-device.ts';
import { resolveServer, resolveSettings } from './resolve-settings.ts';
import { sameItems } from './same-items.ts';
import type { NotifySettings, Site } from './site.ts';
import type { RawDevice, RawSettings, Sources } from './sources.ts';
import { parsePosixTimezone, type TimeZone } from './timezone.ts';
import { resolveUploads } from './upload.ts';
import type { Model, Vendor } from './vendor.ts';

export interface Resolution {
  readonly site: Site;
  readonly problems: readonly Problem[];
}

/**
 * Applies the layers and joins the people. Work follows the change: a device whose entry, layers and people are the
 * same objects as the last time stays the same frozen object.
 */
export function createResolver(): (sources: Sources) => Resolution {
  const joinPeople = createPeople();
  const remembered = new WeakMap<RawDevice, { stack: Stack; secrets: readonly unknown[]; resolved: ResolvedDevice }>();
  let lastStacks: ReadonlyMap<string, StackWithLayers> = new Map();
  let lastServer: { raw: unknown; server: Server } | undefined;

  function resolveOne(raw: RawDevice, stack: Stack, { sources, extensions, changed, renamed }: Round): ResolvedDevice {
    const before = remembered.get(raw);
    const secrets = secretsOf(raw, sources);
    // What is wrong may be so because of any other entry, and what it is told to be instead as well.
    if (
      before?.stack === stack &&
      !before.resolved.faults.some(isFatal) &&
      sameItems(before.secrets, secrets) &&
      !hasOneOf(before.resolved.numbers, changed) &&
      !hasOneOf(before.resolved.watched, renamed)
    )
      return before.resolved;
    const resolved = resolveDevice({ raw, stack, sources, extensions });
    remembered.set(raw, { stack, secrets, resolved });
    return resolved;
  }

  return (sources) => {
    const found = findSection(sources, 'server');
    if (!lastServer || lastServer.raw !== found?.value)
      lastServer = { raw: found?.value, server: resolveServer(found?.value ?? { address: '' }) };
    const { server } = lastServer;
    const { extensions, changed, renamed, faults } = joinPeople(sources);
    const stacks = createStacks(sources, server, lastStacks);
    const round: Round = { sources, extensions, changed, renamed };
    const report = createReport();
    for (const { file, number, unreadable } of faults)
      report.at(file.locate(['extensions', number, 'password']), secretFault(unreadable));
    const devices: Device[] = [];
    for (const file of sources.files)
      for (const [index, raw] of (file.content.devices ?? []).entries()) {
        if (!raw) continue;
        const { stack, layers, isSound, faults } = stacks.of(raw);
        const resolved = resolveOne(raw, stack, round);
        if (resolved.device && isSound && !resolved.faults.some(isFatal)) devices.push(resolved.device);
        if (faults.length + resolved.faults.length === 0) continue;
        const own = deviceLayer(raw, file, index);
        for (const fault of faults) report.at(own.place(fault.path), fault);
        for (const fault of resolved.faults) report.fault(fault, [...layers, own]);
      }
    lastStacks = stacks.used;
    for (const { stack, layers } of stacks.used.values()) for (const fault of stack.faults) report.fault(fault, layers);
    const site = toSite(sources, { devices, server, stacks });
    return { site, problems: [...report.problems(), ...exposedByAddress(devices, sources)] };
  };
}

interface Round {
  readonly sources: Sources;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly changed: ReadonlySet<string>;
  readonly renamed: ReadonlySet<string>;
}

const hasOneOf = (numbers: readonly string[], set: ReadonlySet<string>): boolean =>
  set.size > 0 && numbers.some((number) => set.has(number));

interface StackWithLayers {
  readonly stack: Stack;
  readonly layers: readonly Layer[];
  /** Whether there is such a model, and its vendor has no fault; else the stack serves to find the device's other faults. */
  readonly isKnown: boolean;
  /** Whether devices on it can be rendered. */
  readonly isSound: boolean;
  /** What the choice names wrongly; paths start at the device. */
  readonly faults: readonly Fault[];
  /** What the stack was made from, to see whether it still holds. */
  readonly inputs: readonly unknown[];
}

type Choice = Pick<RawDevice, 'vendor' | 'model' | 'group'>;

interface Stacks {
  of(choice: Choice): StackWithLayers;
  readonly used: ReadonlyMap<string, StackWithLayers>;
}

/** The stacks that the devices of one round are on; each is the object of the last round when it says the same. */
function createStacks(sources: Sources, server: Server, last: ReadonlyMap<string, StackWithLayers>): Stacks {
  const used = new Map<string, StackWithLayers>();
  const groups = new Set(sources.files.flatMap(({ content }) => Object.keys(content.groups ?? {})));

  function make(key: string, choice: Choice): StackWithLayers {
    const known = sources.vendors.get(choice.vendor);
    const vendor = known ?? anyVendor(choice.vendor);
    const model = vendor.models.get(choice.model) ?? anyModel(choice.model);
    const isKnown = vendor.models.has(choice.model) && !isLeftOut(sources, ['templates_dir', choice.vendor]);
    const faults = choiceFaults(choice, { sources, groups });
    const layers = layersBelow(sources, choice);
    const inputs = [vendor, model, server, sources.timezones, ...layers.flatMap((layer) => inputsOf(layer, sources))];
    const before = last.get(key);
    const isSame = before?.isKnown && isKnown && sameItems(before.inputs, inputs);
    const merged = isSame ? before.stack.merged : mergeLayers(layers.map(({ settings }) => settings));
    const stack = isSame ? before.stack : { vendor, model, server, merged, ...resolveSettings(merged, known, sources) };
    const isSound = isKnown && ![...faults, ...stack.faults].some(isFatal);
    return { stack, layers, isKnown, isSound, faults, inputs };
  }

  return {
    of(choice) {
      const key = `${choice.vendor}/${choice.model}/${choice.group ?? ''}`;
      const known = used.get(key);
      if (known) return known;
      const made = make(key, choice);
      used.set(key, made);
      return made;
    },
    used,
  };
}

/** The wrappers of the sections `sip` and `access` are made anew each time; what they wrap is not. */
const inputsOf = ({ title, settings }: Layer, sources: Sources): unknown[] => [
  title === 'sip' ? settings.sip : title === 'access' ? settings.access : settings,
  ...secretsOf(settings, sources),
];

const noSecrets: readonly unknown[] = [];

function secretsOf({ admin_password, user_password, access }: RawSettings, { secret }: Sources): readonly unknown[] {
  if (admin_password === undefined && user_password === undefined && access === undefined) return noSecrets;
  const { credentials, token, bootstrap_token } = access ?? {};
  const password = credentials === 'off' ? undefined : credentials?.password;
  const references = [admin_password, user_password, password, token, bootstrap_token];
  return references.map((reference) => reference && secret(reference));
}

/** The names in a device's entry that nothing has; those that a faulty file may have are not said. */
function choiceFaults(
  { vendor: id, model, group }: Choice,
  { sources, groups }: { sources: Sources; groups: ReadonlySet<string> },
): readonly Fault[] {
  const vendor = sources.vendors.get(id);
  const faults: Fault[] = [];
  if (!isLeftOut(sources, ['templates_dir', id])) {
    if (!vendor) faults.push(unknown('vendor', id, sources.vendors.keys()));
    else if (!vendor.models.has(model)) faults.push(unknown('model', model, vendor.models.keys()));
  }
  if (group !== undefined && !groups.has(group) && !isLeftOut(sources, ['groups', group]))
    faults.push(unknown('group', group, groups));
  return faults;
}

function unknown(what: 'vendor' | 'model' | 'group', name: string, known: Iterable<string>): Fault {
  const names = [...known].sort();
  const guess = nearest(name, names);
  const hint = guess
    ? `did you mean "${guess}"?`
    : names.length > 0
      ? `wanted one of ${names.join(', ')}`
      : 'there is none';
  return {
    code: `unknown-${what}`,
    path: [what],
    severity: 'error',
    message: `unknown ${what} ${quoted(name)}; ${hint}`,
  };
}

/** A vendor and a model of which nothing is known, and which therefore take everything. */
const anyVendor = (id: string): Vendor => ({
  id,
  title: id,
  ouis: [],
  models: new Map(),
  user_agents: [],
  notify: { resync: { event: '' }, reboot: { event: '' } },
  reboot_when: [],
  tables: {},
  parameter_name: /^/,
  certificates: [/^/],
});

const anyModel = (id: string): Model => ({
  ...{ id, title: id, properties: {}, files: [], defaults: {} },
  bootstrap: [{ name: '', also: [], template: '', format: 'cfg' }],
  lines: Number.POSITIVE_INFINITY,
  keys: Number.POSITIVE_INFINITY,
  line_keys: 'separate',
  key_types: keyTypes,
});

const secretFault = (unreadable: string): Fault => ({
  code: 'secret',
  path: [],
  severity: 'error',
  message: `${unreadable}; wanted a password`,
});

/** Gathers problems; a fault of a layer that many devices share is said once. */
function createReport() {
  const problems = new Map<string, Problem>();
  const at = (place: Place, { code, severity, message }: Fault, related?: Place) =>
    problems.set(`${formatPlace(place)} ${message}`, {
      ...place,
      code,
      severity,
      message,
      ...(related && { related: [related] }),
    });
  const placeOf = (path: Fault['path'], layers: readonly Layer[]): Place => {
    const layer = originOf(layers, path) ?? layers[layers.length - 1];
    return layer?.place(path) ?? { file: 'devices.yml' };
  };
  return {
    at,
    fault(fault: Fault, layers: readonly Layer[]) {
      const related = fault.relatedPath && placeOf(fault.relatedPath, layers);
      const place = placeOf(fault.path, layers);
      const message = related ? `${fault.message} (the other: ${otherPlace(related, place)})` : fault.message;
      at(place, { ...fault, message }, related);
    },
    problems: () => sumUp([...problems.values()]),
  };
}

/** One word is missing for all of them. */
function sumUp(problems: readonly Problem[]): Problem[] {
  const [first, ...more] = problems.filter(({ code }) => code === 'missing-sip-server');
  if (!first || more.length === 0) return [...problems];
  const message = `${first.message} (and ${more.length} more ${more.length === 1 ? 'line' : 'lines'})`;
  return [...problems.filter(({ code }) => code !== first.code), { ...first, message }];
}

function toSite(
  sources: Sources,
  { devices, server, stacks }: { devices: Device[]; server: Server; stacks: Stacks },
): Site {
  const zones = new Map<string, TimeZone>();
  return Object.freeze({
    devices,
    server,
    notify: resolveNotify(sources),
    uploads: resolveUploads(findSection(sources, 'uploads')?.value),
    ...resolveSiteAccess(devices, sources),
    prefixes: findSection(sources, 'server')?.value.prefixes ?? [],
    vendors: sources.vendors,
    templates: sources.templates,
    templatePaths: sources.templatePaths,
    timezone(name: string): TimeZone {
      const known = zones.get(name) ?? parsePosixTimezone(name, sources.timezones.get(name) ?? 'UTC0');
      zones.set(name, known);
      return known;
    },
    settingsOfModel(vendor: string, model: string): Settings {
      const { isKnown, stack } = stacks.of({ vendor, model });
      if (!isKnown) throw new Error(`no such model: ${vendor}/${model}`);
      return stack.settings;
    },
  });
}

function resolveNotify(sources: Sources): NotifySettings {
  return Object.freeze({ mode: 'auto', per_second: 20, per_address: 5, ...findSection(sources, 'notify')?.value });
}
