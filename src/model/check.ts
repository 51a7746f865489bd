import { otherPlace, type Problem, quoted } from '../problem.ts';
import { canaryFaults } from './canary-faults.ts';
import { isLeftOut } from './left-out.ts';
import { formatMac, type Mac, parseMac } from './mac.ts';
import { nearest } from './nearest.ts';
import { resolveSettings } from './resolve-settings.ts';
import { routeFaults } from './route-faults.ts';
import { sameAccounts } from './same-account.ts';
import type { Path, RawDevice, RawFile, RawSettings, SourceFile, Sources } from './sources.ts';
import { createTally } from './tally.ts';

/** Faults between places: what one entry alone does not show. */
export function createCheck(): (sources: Sources) => readonly Problem[] {
  // Who stands where is looked at only when something stands twice.
  const hasMacTwice = createTally((devices: Devices) => devices.flatMap(macOf));
  const hasExtensionTwice = createTally((extensions: object) => Object.keys(extensions));

  return (sources) => {
    const { files } = sources;
    const isMacTwice = hasMacTwice(files.flatMap(({ content }) => (content.devices ? [content.devices] : [])));
    const isNumberTwice = hasExtensionTwice(files.flatMap(({ content }) => content.extensions ?? []));
    return [
      ...(isMacTwice ? duplicateMacs(files) : []),
      ...(isNumberTwice ? duplicateExtensions(files) : []),
      ...sectionsGivenTwice(files),
      ...misplacedIncludes(files),
      ...missingServer(sources),
      ...unknownModels(sources),
      ...layerFaults(sources),
      ...routeFaults(sources),
      ...canaryFaults(sources),
      ...sameAccounts(files),
    ];
  };
}

type Devices = readonly (RawDevice | undefined)[];
const macOf = (device: RawDevice | undefined): Mac | [] => (device && parseMac(device.mac)) ?? [];

function duplicateMacs(files: readonly SourceFile[]): Problem[] {
  const first = new Map<Mac, Seen>();
  const problems: Problem[] = [];
  for (const file of files)
    for (const [index, device] of (file.content.devices ?? []).entries()) {
      const mac = device && parseMac(device.mac);
      if (mac === undefined) continue;
      const seen: Seen = { file, path: ['devices', index, 'mac'] };
      const other = first.get(mac);
      if (other === undefined) first.set(mac, seen);
      else problems.push(twice('duplicate-mac', `two devices have the MAC ${formatMac(mac)}`, seen, other));
    }
  return problems;
}

function duplicateExtensions(files: readonly SourceFile[]): Problem[] {
  const first = new Map<string, Seen>();
  const problems: Problem[] = [];
  for (const file of files)
    for (const number of Object.keys(file.content.extensions ?? {})) {
      const seen: Seen = { file, path: ['extensions', number] };
      const other = first.get(number);
      if (other === undefined) first.set(number, seen);
      else problems.push(twice('duplicate-extension', `two files define extension ${number}`, seen, other, 'key'));
    }
  return problems;
}

const single = [
  'templates_dir',
  'server',
  'sip',
  'access',
  'notify',
  'uploads',
  'api',
  'pnp',
  'out',
  'defaults',
  'people',
  'registry',
  'webhooks',
] as const satisfies readonly (keyof RawFile)[];
const maps = ['models', 'groups'] as const satisfies readonly (keyof RawFile)[];

function sectionsGivenTwice(files: readonly SourceFile[]): Problem[] {
  const paths = (file: SourceFile): (readonly [string, string?])[] => [
    ...single.filter((name) => file.content[name] !== undefined).map((name) => [name] as const),
    ...maps.flatMap((name) => Object.keys(file.content[name] ?? {}).map((entry) => [name, entry] as const)),
  ];
  const first = new Map<string, Seen>();
  const problems: Problem[] = [];
  for (const file of files)
    for (const steps of paths(file)) {
      const path = steps.filter((step) => step !== undefined);
      const other = first.get(path.join('\n'));
      if (other === undefined) first.set(path.join('\n'), { file, path });
      else problems.push(twice('include', `two files give ${path.join(' ')}`, { file, path }, other, 'key'));
    }
  return problems;
}

function misplacedIncludes(files: readonly SourceFile[]): Problem[] {
  return files
    .slice(1)
    .filter(({ content }) => content.include !== undefined)
    .map((file) => ({
      ...file.locate(['include'], 'key'),
      code: 'include',
      severity: 'error',
      message: `an included file includes others; wanted all of them in the \`include\` of ${files[0]?.path}`,
    }));
}

function missingServer(sources: Sources): Problem[] {
  const [main] = sources.files;
  const { files } = sources;
  if (!main || files.some(({ content }) => content.server) || isLeftOut(sources, ['server'])) return [];
  const fault = { file: main.path, code: 'schema', severity: 'error' } as const;
  if (files.every(({ content }) => Object.keys(content).length === 0))
    return [{ ...fault, message: 'the file says nothing; wanted sections, such as devices' }];
  if (!files.some(({ content }) => content.devices?.length)) return [];
  const message = 'there is no `server`; wanted `server: { address: … }`, the address that phones reach this server at';
  return [{ ...fault, message }];
}

/** Settings of a model that there is not are nobody's. */
function unknownModels(sources: Sources): Problem[] {
  const { files, vendors } = sources;
  const known = [...vendors.values()].flatMap(({ id, models }) => [...models.keys()].map((model) => `${id}/${model}`));
  const names = new Set(known);
  return files.flatMap((file) =>
    Object.keys(file.content.models ?? {})
      .filter((name) => !names.has(name) && !isLeftOut(sources, ['templates_dir', name.split('/')[0] ?? '']))
      .map((name): Problem => {
        const guess = nearest(name, known);
        const hint = guess ? `did you mean "${guess}"?` : `wanted one of ${known.sort().join(', ')}`;
        const message = `unknown model ${quoted(name)}; ${hint}`;
        return { ...file.locate(['models', name], 'key'), code: 'unknown-model', severity: 'error', message };
      }),
  );
}

/** What is wrong with a layer of settings whoever is on it, and if nobody is. */
function layerFaults(sources: Sources): Problem[] {
  return sources.files.flatMap((file) =>
    layersOf(file).flatMap(({ path, settings, vendor }) =>
      resolveSettings(settings, vendor === undefined ? undefined : sources.vendors.get(vendor), sources)
        .faults.filter((fault) => String(fault.path[0]) in settings)
        .map(({ path: at, code, severity, message }) => ({
          ...file.locate([...path, ...at]),
          ...{ code, severity, message },
        })),
    ),
  );
}

interface WrittenLayer {
  readonly path: Path;
  readonly settings: RawSettings;
  /** Absent where it is for phones of any vendor. */
  readonly vendor?: string;
}

function layersOf({ content: { access, defaults, models = {}, groups = {} } }: SourceFile): WrittenLayer[] {
  return [
    ...(access ? [{ path: [], settings: { access } }] : []),
    ...(defaults ? [{ path: ['defaults'], settings: defaults }] : []),
    ...Object.entries(models).map(([name, settings]) => ({
      ...{ path: ['models', name], settings },
      vendor: name.split('/')[0],
    })),
    ...Object.entries(groups).map(([name, settings]) => ({ path: ['groups', name], settings })),
  ];
}

interface Seen {
  readonly file: SourceFile;
  readonly path: readonly (string | number)[];
}

function twice(
  code: Problem['code'],
  message: string,
  seen: Seen,
  other: Seen,
  which: 'key' | 'value' = 'value',
): Problem {
  const place = seen.file.locate(seen.path, which);
  const related = other.file.locate(other.path, which);
  return {
    ...place,
    code,
    severity: 'error',
    message: `${message} (the other: ${otherPlace(related, place)})`,
    related: [related],
  };
}
