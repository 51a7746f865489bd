import { isFatal, quoted } from '../problem.ts';
import { keyTypes, type Server } from './device.ts';
import type { Fault } from './faults.ts';
import { commonLayers, groupLayers, type Layer, mergeLayers, modelLayers } from './layers.ts';
import { isLeftOut } from './left-out.ts';
import { nearest } from './nearest.ts';
import type { Stack } from './resolve-device.ts';
import { resolveSettings } from './resolve-settings.ts';
import { sameItems } from './same-items.ts';
import type { RawDevice, RawSettings, Sources } from './sources.ts';
import type { Model, Vendor } from './vendor.ts';

export interface StackWithLayers {
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

/** What a device's stack is chosen by. */
export type Choice = Pick<RawDevice, 'vendor' | 'model' | 'group'>;

export const keyOf = ({ vendor, model, group = '' }: Choice): string => `${vendor}/${model}/${group}`;

export interface Stacks {
  of(choice: Choice): StackWithLayers;
  readonly used: ReadonlyMap<string, StackWithLayers>;
}

/** The stacks that the devices of one round are on; each is the object of the last round when it says the same. */
export function createStacks(sources: Sources, server: Server, last: ReadonlyMap<string, StackWithLayers>): Stacks {
  const used = new Map<string, StackWithLayers>();
  const groups = new Set(sources.files.flatMap(({ content }) => Object.keys(content.groups ?? {})));
  const common = commonLayers(sources);
  const ofModel = remembered(({ vendor, model }: Choice) => modelLayers(sources, vendor, model));
  const ofGroup = remembered(({ group }: Choice) => groupLayers(sources, group));

  function make(key: string, choice: Choice): StackWithLayers {
    const known = sources.vendors.get(choice.vendor);
    const vendor = known ?? anyVendor(choice.vendor);
    const model = vendor.models.get(choice.model) ?? anyModel(choice.model);
    const isKnown = vendor.models.has(choice.model) && !isLeftOut(sources, ['templates_dir', choice.vendor]);
    const faults = choiceFaults(choice, { sources, groups });
    const { vendor: id, model: name, group = '' } = choice;
    const layers = [...common, ...ofModel(`${id}/${name}`, choice), ...ofGroup(group, choice)];
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
      const key = keyOf(choice);
      const known = used.get(key);
      if (known) return known;
      const made = make(key, choice);
      used.set(key, made);
      return made;
    },
    used,
  };
}

/** What is made for a key is made once. */
function remembered<To>(make: (choice: Choice) => To): (key: string, choice: Choice) => To {
  const made = new Map<string, To>();
  return (key, choice) => {
    const known = made.get(key) ?? make(choice);
    made.set(key, known);
    return known;
  };
}

/** The wrappers of the sections `sip` and `access` are made anew each time; what they wrap is not. */
const inputsOf = ({ title, settings }: Layer, sources: Sources): unknown[] => [
  title === 'sip' ? settings.sip : title === 'access' ? settings.access : settings,
  ...secretsOf(settings, sources),
];

export const noSecrets: readonly unknown[] = [];

/** The secrets that some settings refer to, to see whether they are what they were. */
export function secretsOf(
  { admin_password, user_password, access, directory, parameters = {} }: RawSettings,
  { secret }: Sources,
): readonly unknown[] {
  const referred = Object.values(parameters).filter((value) => typeof value === 'object');
  if (![admin_password, user_password, access, directory, ...referred].some((word) => word !== undefined))
    return noSecrets;
  const { credentials, token, bootstrap_token, former } = access ?? {};
  const password = credentials === 'off' ? undefined : credentials?.password;
  const before = former === 'off' ? undefined : former;
  const ldap = directory === undefined || directory === 'off' || directory.ldap === 'off' ? undefined : directory.ldap;
  const references = [
    ...[admin_password, user_password, password, token, bootstrap_token, ldap?.password],
    ...[before?.token, before?.credentials?.password, ...referred],
  ];
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
  notify: { resync: [], reboot: [] },
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
