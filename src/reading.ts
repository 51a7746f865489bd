import type { Acting } from './acting.ts';
import type { DeviceFile } from './api/routes/devices.ts';
import type { Offered } from './api/routes.ts';
import { createExplaining } from './explaining.ts';
import type { Inquiring } from './inquiring.ts';
import type { Loaded } from './load.ts';
import type { Device } from './model/device.ts';
import type { FileEntry } from './model/file.ts';
import type { Mac } from './model/mac.ts';
import { filledName } from './model/needs.ts';
import type { Site } from './model/site.ts';
import type { Convergence } from './state/convergence.ts';
import type { Current } from './state/current.ts';
import { directoriesIn } from './state/directories.ts';
import { historyOf } from './state/history.ts';
import type { JournalReader } from './state/journal.ts';
import type { Sightings } from './state/sightings.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface ReadingOptions {
  readonly current: Pick<Current, 'build' | 'device' | 'revision'>;
  readonly journal: Omit<JournalReader, 'close'>;
  readonly convergence: Pick<Convergence, 'stateOf' | 'fetchedAt' | 'told' | 'wanted'>;
  readonly sightings: Pick<Sightings, 'of' | 'at'>;
  readonly whereabouts: Whereabouts;
  /** Files of out/ by name in lower case. */
  readonly index: () => ReadonlyMap<string, FileEntry>;
  /** The state folder, absolute. */
  readonly state: string;
}

type Not =
  | ('events' | 'eventTiming' | 'receivePosted' | 'reboot' | 'isReachable' | 'rebootPatience')
  | ('editDevice' | 'editSettings' | 'fileTag' | 'plan')
  | keyof (Acting['offered'] & Inquiring['offered']);

/** What the API reads, from whatever knows it. */
export interface Reading {
  readonly offered: Omit<Offered, Not>;
  /** Hears of each load, also of what is then rejected. */
  loaded(loaded: Pick<Loaded, 'site' | 'sources' | 'problems'>): void;
}

export function createReading({
  current,
  journal,
  convergence,
  sightings,
  whereabouts,
  ...options
}: ReadingOptions): Reading {
  const site = () => current.build()?.site;
  const indexed = createIndexed();
  const explaining = createExplaining();
  const begun = createBegun(journal, convergence);
  let problems: Loaded['problems'] = [];
  const indexOf = () => {
    const known = site();
    return known ? indexed(known) : noIndex;
  };
  const fleet = {
    ...{ site, device: current.device, now: Date.now },
    devices: () => indexOf().devices,
    devicesOf: (extension: string) => indexOf().byExtension.get(extension) ?? [],
    devicesAt: (address: string) => [
      ...(indexOf().byAddress.get(address) ?? []),
      ...sightings.at(address).flatMap((mac) => current.device(mac) ?? []),
    ],
    stateOf: (mac: Mac) => convergence.stateOf(mac, Date.now()),
    ...{ fetchedAt: convergence.fetchedAt, told: convergence.told },
    sightingOf: sightings.of,
    ...{ where: whereabouts.where, begunAt: begun, registeredAt: journal.registeredAt },
  };
  const registrations = {
    registrations: whereabouts.registrations,
    registrationsAt: whereabouts.registrationsAt,
    registrationsOf: whereabouts.registrationsOf,
    registrationsBy: whereabouts.registrationsBy,
  };
  return {
    offered: {
      ...{ ...fleet, ...registrations, started: Date.now(), revision: current.revision },
      people: () => explaining.people(site()),
      desired: (mac) => explaining.desired(mac, site()),
      explained: (device) => explaining.explained(device, site()),
      filesOf: (device) => filesOf(device, { site: site(), index: options.index() }),
      historyOf: (mac) => pastOf(mac, journal),
      ...{ builds: journal.builds, fetches: journal.fetches, notifies: journal.notifies, audits: journal.audits },
      sizeOf: (file) => options.index().get(file.toLowerCase())?.size,
      problems: () => problems,
      directories: () => directoriesIn(options.state),
      sources: whereabouts.sources,
    },
    loaded(loaded) {
      ({ problems } = loaded);
      explaining.loaded(loaded);
    },
  };
}

interface Indexed {
  readonly devices: readonly Device[];
  readonly byExtension: ReadonlyMap<string, readonly Device[]>;
  /** Of those with a fixed address. */
  readonly byAddress: ReadonlyMap<string, readonly Device[]>;
}

const noIndex: Indexed = { devices: [], byExtension: new Map(), byAddress: new Map() };

/** Made when somebody first asks after a build: most builds nobody asks about. */
function createIndexed(): (site: Site) => Indexed {
  let last: { readonly of: Site['devices']; readonly indexed: Indexed } | undefined;
  return ({ devices }) => {
    if (last?.of === devices) return last.indexed;
    const sorted = devices.toSorted((a, b) => (a.mac < b.mac ? -1 : 1));
    const byExtension = new Map<string, Device[]>();
    for (const device of sorted)
      for (const extension of new Set(device.lines.map((line) => line.extension))) {
        const some = byExtension.get(extension);
        if (some) some.push(device);
        else byExtension.set(extension, [device]);
      }
    const byAddress = Map.groupBy(
      sorted.filter(({ ip }) => ip !== undefined),
      ({ ip = '' }) => ip,
    );
    last = { of: devices, indexed: { devices: sorted, byExtension, byAddress } };
    return last.indexed;
  };
}

/** When each device was first built. The journal is read once; those that come later were built by this daemon. */
function createBegun(journal: Pick<JournalReader, 'begun'>, { wanted }: Pick<Convergence, 'wanted'>) {
  let known: Map<Mac, number> | undefined;
  return (mac: Mac): number | undefined => {
    known ??= new Map(journal.begun());
    const before = known.get(mac);
    const at = before ?? wanted(mac)?.at;
    if (before === undefined && at !== undefined) known.set(mac, at);
    return at;
  };
}

function filesOf(
  { mac, vendor, model }: Device,
  { site, index }: { readonly site: Site | undefined; readonly index: ReadonlyMap<string, FileEntry> },
): DeviceFile[] {
  const entry = site?.vendors.get(vendor)?.models.get(model);
  const names = entry?.files.flatMap(({ name, also }) => [name, ...also].map((one) => filledName(one, entry))) ?? [];
  const found = names.flatMap((name) => index.get(name.replaceAll(/\{mac\}/gi, mac).toLowerCase()) ?? []);
  return found.map(({ path, size, hash, audience }) => ({
    ...{ name: path, size, sha256: hash, isShared: !('mac' in audience) },
  }));
}

/** As much as the history of one device may need. */
const mostFacts = 10_000;

function pastOf(mac: Mac, journal: Omit<JournalReader, 'close'>) {
  const of = { device: mac, limit: mostFacts };
  const rows = journal.revisions(of);
  const last = journal.wanted(mac);
  // What was pruned is not in the rows, but the last one is never forgotten.
  const revisions = last && !rows.some(({ at }) => at === last.at) ? [...rows, last] : rows;
  return historyOf(mac, { revisions, fetches: journal.fetches(of), notifies: journal.notifies(of) });
}
