import type { Device } from './model/device.ts';
import { concerns, type File, type FileEntry, type Written } from './model/file.ts';
import type { Mac } from './model/mac.ts';
import { revisionOf } from './model/revision.ts';
import type { Site } from './model/site.ts';
import type { Pin } from './state/pins.ts';

/** A device as it was built last, the names of its files, and those that lie nowhere. */
export interface Unit {
  readonly device: Device;
  readonly paths: readonly string[];
  readonly bootstrap: readonly File[];
  /** What it was pinned to then. */
  readonly pin?: Pin;
}

/** What the last accepted run has seen to. */
export interface Done {
  readonly devices: readonly Device[];
  readonly templates: Site['templates'];
  /** Names of the files that devices share. */
  readonly shared: readonly string[];
}

/** What devices have while a build is under way, until it is committed. */
export interface Before {
  /** The files of the device alone. */
  own(mac: Mac): readonly Written[];
  /** The revision that it is meant to have; undefined for one that has no files yet. */
  revision(device: Device): string | undefined;
  /** What it was pinned to in the last run of this process. */
  pin(mac: Mac): Pin | undefined;
}

export interface BeforeOptions {
  readonly index: ReadonlyMap<string, Written>;
  readonly units: ReadonlyMap<Mac, Unit>;
  /** Undefined in the first run of a process: then only the folder says what devices have. */
  readonly done: Done | undefined;
}

export function createBefore({ index, units, done }: BeforeOptions): Before {
  let folder: ReturnType<typeof sort> | undefined;
  const inFolder = () => {
    folder ??= sort(index);
    return folder;
  };
  const named = (path: string): readonly Written[] => {
    const file = index.get(path.toLowerCase());
    return file ? [file] : [];
  };
  const shared = (): readonly Written[] => (done ? done.shared.flatMap(named) : inFolder().shared);

  function own(mac: Mac): readonly Written[] {
    return done ? (units.get(mac)?.paths.flatMap(named) ?? []) : (inFolder().own.get(mac) ?? []);
  }

  return {
    own,
    pin: (mac) => units.get(mac)?.pin,
    revision(device) {
      const files = own(device.mac);
      if (files.length === 0) return undefined;
      const unit = units.get(device.mac);
      return unit?.pin?.revision ?? revisionWith(files, shared(), unit?.device ?? device);
    },
  };
}

/** The revision of a device that has these files of its own, and those of the others that concern it. */
export const revisionWith = (
  own: readonly Pick<FileEntry, 'path' | 'hash'>[],
  shared: readonly FileEntry[],
  device: Device,
): string => revisionOf([...own, ...shared.filter(({ audience }) => concerns(audience, device))]);

function sort(index: ReadonlyMap<string, Written>): { own: Map<Mac, Written[]>; shared: Written[] } {
  const own = new Map<Mac, Written[]>();
  const shared: Written[] = [];
  for (const file of index.values()) {
    if (!('mac' in file.audience)) shared.push(file);
    else if (!own.get(file.audience.mac)?.push(file)) own.set(file.audience.mac, [file]);
  }
  return { own, shared };
}
