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
}

/** Where the values of a device come from: layer, file and line, and what they overrode. 0, or 1 when there is no such setting. */
export async function explain(
  { dir, shipped, ageIdentity, device: word, setting }: ExplainArguments,
  console: Console,
): Promise<number> {
  demandProject({ dir }, { withFile: true });
  const loaded = await createLoader({ dir, shipped, ageIdentity }).load();
  console.err(formatProblems(loaded.problems, 'text'));
  const person = explainPerson(loaded, word, setting);
  const entries = entriesByMac(loaded.sources);
  const devices = isDevice(loaded.site, word) || person === '' ? devicesOf(loaded.site, word) : [];
  const texts = devices.flatMap((device) => {
    const entry = entries.get(device.mac);
    return entry ? explainDevice(loaded, { device, entry, setting, isEnough: person !== '' }) : [];
  });
  console.out([...(person === '' ? [] : [person]), ...texts].join('\n'));
  return 0;
}

interface Explained {
  readonly device: Device;
  readonly entry: Entry;
  readonly setting?: string;
  /** Something was explained already: a device without the setting is none to speak of. */
  readonly isEnough: boolean;
}

function explainDevice({ sources }: Loaded, { device, entry, setting, isEnough }: Explained): string[] {
  const values = [...valuesOf(device)].map(([name, { path, value }]) => ({ name: shownName(name), path, value }));
  const wanted =
    setting === undefined ? values : values.filter(({ name }) => name === setting || name.startsWith(`${setting}.`));
  if (wanted.length === 0 && isEnough) return [];
  if (wanted.length === 0)
    throw new Error(
      unknownSetting(
        setting ?? '',
        values.map(({ name }) => name),
      ),
    );
  const lines = wanted.map(({ name, path, value }) =>
    explainOne(name, value, explainValue(sources, entry, inFiles(path))),
  );
  return [`${formatMac(device.mac)} ${device.vendor}/${device.model}\n${lines.join('')}`];
}

/** What the sources of people say of a number, whoever has a device or none; empty where they say nothing. */
function explainPerson({ sources }: Loaded, number: string, setting: string | undefined): string {
  const lines = personFields
    .filter((field) => setting === undefined || setting === field)
    .map((field) => ({ field, origins: extensionOrigins(sources, number, field) }))
    .flatMap(({ field, origins }) => (origins[0] ? [explainOne(field, origins[0].value, origins)] : []));
  return lines.length === 0 ? '' : `extension ${number}\n${lines.join('')}`;
}

function explainOne(name: string, value: string, [first, ...overridden]: readonly Origin[]): string {
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
