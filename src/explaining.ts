import type { DevicesDeps, ExplainedSetting } from './api/routes/devices.ts';
import type { ExtensionsDeps } from './api/routes/extensions.ts';
import type { Loaded } from './load.ts';
import type { Device } from './model/device.ts';
import { type Entry, entriesByMac, explainValue, valuesOf } from './model/explain.ts';
import type { Mac } from './model/mac.ts';
import { masked } from './model/masked.ts';
import { entryIn, peopleFiles, sayingsOf } from './model/people-sources.ts';
import type { Site } from './model/site.ts';
import type { Path, Sources } from './model/sources.ts';

/** What the files of a site say, as people may see it. */
export interface Explaining {
  loaded(loaded: Pick<Loaded, 'site' | 'sources'>): void;
  people(site: Site | undefined): ReturnType<ExtensionsDeps['people']>;
  desired(mac: Mac, site: Site | undefined): ReturnType<DevicesDeps['desired']>;
  explained(device: Device, site: Site | undefined): readonly ExplainedSetting[];
}

interface Known {
  readonly sources: Sources;
  entries?: ReadonlyMap<Mac, Entry>;
  people?: ReturnType<Explaining['people']>;
}

/** Keeps of each site the files that it came from, for as long as the site is kept. */
export function createExplaining(): Explaining {
  const known = new WeakMap<Site, Known>();
  const of = (site: Site | undefined) => (site ? known.get(site) : undefined);

  function entryOf(mac: Mac, site: Site | undefined): Entry | undefined {
    const found = of(site);
    if (found) found.entries ??= entriesByMac(found.sources);
    return found?.entries?.get(mac);
  }

  return {
    loaded: ({ site, sources }) => void known.set(site, { sources }),
    people(site) {
      const found = of(site);
      if (found) found.people ??= peopleIn(found.sources);
      return found?.people ?? [];
    },
    desired(mac, site) {
      const entry = entryOf(mac, site);
      return entry && { ...entry.file.locate(['devices', entry.index]), entry: Object(masked(entry.raw)) };
    },
    explained(device, site) {
      const entry = entryOf(device.mac, site);
      const sources = of(site)?.sources;
      return entry && sources ? explainedOf(device, entry, sources) : [];
    },
  };
}

function peopleIn(sources: Sources): ReturnType<Explaining['people']> {
  const numbers = new Set(peopleFiles(sources).flatMap(({ file }) => Object.keys(file.content.extensions ?? {})));
  const isThere = (number: string) => peopleFiles(sources).some(({ file }) => entryIn(file, number) !== undefined);
  return [...numbers]
    .filter(isThere)
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
    .map((number) => {
      const [name] = sayingsOf(sources, number, 'name');
      const [email] = sayingsOf(sources, number, 'email');
      return { number, name: name?.value ?? number, ...(email && { email: email.value }) };
    });
}

function explainedOf(device: Device, entry: Entry, sources: Sources): ExplainedSetting[] {
  return [...valuesOf(device)].map(([name, { path, value }]) => ({
    ...{ setting: shownName(name), value },
    origins: explainValue(sources, entry, inFiles(path)).map(({ layer, place, value: said }) => {
      const { file, line, column } = place;
      return { layer, file, line, column, value: said };
    }),
  }));
}

/** The settings stand at the top in the files; lines and keys are counted from 1 by people. */
const shownName = (name: string): string =>
  name
    .replace(/^settings\./, '')
    .replace(/^(lines|keys)\.(\d+)/, (_, list: string, index: string) => `${list}.${Number(index) + 1}`);

const inFiles = (path: Path): Path => (path[0] === 'settings' ? path.slice(1) : path);
