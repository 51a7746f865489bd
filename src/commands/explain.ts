import { createLoader, type Loaded } from '../load.ts';
import type { Device } from '../model/device.ts';
import { type Entry, entriesByMac, explainValue, extensionOrigins, type Origin, valuesOf } from '../model/explain.ts';
import { formatMac } from '../model/mac.ts';
import { nearest } from '../model/nearest.ts';
import { personFields } from '../model/people-source.ts';
import type { Path } from '../model/sources.ts';
import { formatPlace } from '../problem.ts';
import type { Console, Place } from './command.ts';
import { formatProblems } from './format-problems.ts';
import { demandProject } from './place.ts';
import { devicesOf, isDevice } from './targets.ts';

export interface ExplainArguments extends Place {
  readonly device: string;
  readonly setting?: string;
  readonly format?: 'text' | 'json';
}

/** Where the values of a device come from: layer, file and line, and what they overrode. 0, or 1 when there is no such setting. */
export async function explain(
  { dir, shipped, ageIdentity, device: word, setting, format = 'text' }: ExplainArguments,
  console: Console,
): Promise<number> {
  demandProject({ dir }, { withFile: true });
  const loaded = await createLoader({ dir, shipped, ageIdentity }).load();
  console.err(formatProblems(loaded.problems, 'text'));
  const person = explainPerson(loaded, word, setting);
  const has = (explained: Explained | undefined) => (explained ? [explained] : []);
  const entries = entriesByMac(loaded.sources);
  const devices = isDevice(loaded.site, word) || person === undefined ? devicesOf(loaded.site, word) : [];
  const of = devices.flatMap((device) => {
    const entry = entries.get(device.mac);
    return entry ? has(explainDevice(loaded, { device, entry, setting, isEnough: person !== undefined })) : [];
  });
  const all = [...has(person), ...of];
  console.out(format === 'json' ? `${JSON.stringify({ explained: all.map(jsonOf) }, null, 2)}\n` : textsOf(all));
  return 0;
}

/** A device, or an extension, and where its values come from; the first origin of each is the one that counts. */
interface Explained {
  readonly title: string;
  readonly about: { readonly device: string } | { readonly extension: string };
  readonly values: readonly Value[];
}

interface Value {
  readonly name: string;
  readonly value: string;
  readonly origins: readonly Origin[];
}

interface Asked {
  readonly device: Device;
  readonly entry: Entry;
  readonly setting?: string;
  /** Something was explained already: a device without the setting is none to speak of. */
  readonly isEnough: boolean;
}

function explainDevice({ sources }: Loaded, { device, entry, setting, isEnough }: Asked): Explained | undefined {
  const values = [...valuesOf(device)].map(([name, { path, value }]) => ({ name: shownName(name), path, value }));
  const wanted =
    setting === undefined ? values : values.filter(({ name }) => name === setting || name.startsWith(`${setting}.`));
  if (wanted.length === 0 && isEnough) return undefined;
  if (wanted.length === 0)
    throw new Error(
      unknownSetting(
        setting ?? '',
        values.map(({ name }) => name),
      ),
    );
  return {
    title: `${formatMac(device.mac)} ${device.vendor}/${device.model}`,
    about: { device: formatMac(device.mac) },
    values: wanted.map(({ name, path, value }) => ({
      ...{ name, value },
      origins: explainValue(sources, entry, inFiles(path)),
    })),
  };
}

/** What the sources of people say of a number, whoever has a device or none; undefined where they say nothing. */
function explainPerson({ sources }: Loaded, number: string, setting: string | undefined): Explained | undefined {
  const values = personFields
    .filter((field) => setting === undefined || setting === field)
    .map((field) => ({ field, origins: extensionOrigins(sources, number, field) }))
    .flatMap(({ field, origins }) => (origins[0] ? [{ name: field, value: origins[0].value, origins }] : []));
  return values.length === 0 ? undefined : { title: `extension ${number}`, about: { extension: number }, values };
}

const textsOf = (all: readonly Explained[]): string =>
  all.map(({ title, values }) => `${title}\n${values.map(lineOf).join('')}`).join('\n');

const jsonOf = ({ about, values }: Explained) => ({
  ...about,
  values: values.map(({ name, value, origins }) => ({
    ...{ name, value },
    origins: origins.map(({ layer, place, value: said }) => ({ layer, ...place, value: said })),
  })),
});

function lineOf({ name, value, origins: [first, ...overridden] }: Value): string {
  const rest = overridden.map((origin) => `    over ${orNone(origin.value)}  ${from(origin)}\n`);
  return `  ${name} = ${orNone(value)}  ${first ? from(first) : 'by default'}\n${rest.join('')}`;
}

const from = ({ place, layer }: Origin): string => (place.file === layer ? layer : `${formatPlace(place)} (${layer})`);

const orNone = (value: string): string => (value === '' || value === '[]' ? '(none)' : value);

/** The settings stand at the top in the files; lines and keys are counted from 1 by people. */
const shownName = (name: string): string =>
  name
    .replace(/^settings\./, '')
    .replace(/^(lines|keys)\.(\d+)/, (_, list: string, index: string) => `${list}.${Number(index) + 1}`);

const inFiles = (path: Path): Path => (path[0] === 'settings' ? path.slice(1) : path);

function unknownSetting(setting: string, known: readonly string[]): string {
  const guess = nearest(setting, known);
  return `the device has no setting "${setting}"${guess ? `; did you mean "${guess}"?` : `; it has ${known.join(', ')}`}`;
}
