import type { Device } from '../model/device.ts';
import type { Mac } from '../model/mac.ts';
import type { Site } from '../model/site.ts';
import type { Pin } from './pins.ts';

/** The last accepted build as the daemon knows it. */
export interface Build {
  readonly site: Site;
  deviceOf(mac: Mac): Device | undefined;
  revisionOf(device: Device): string;
  /** What a device is pinned to, and has the files of. */
  pinOf?(mac: Mac): Pin | undefined;
}

export interface Current {
  /** Undefined until a build was accepted. */
  build(): Build | undefined;
  device(mac: Mac): Device | undefined;
  /** The revision that a device is meant to have. */
  revision(mac: Mac): string | undefined;
  isPinned(mac: Mac): boolean;
  /** The one writer is the daemon, after each accepted build. */
  replace(build: Build): void;
}

/** Holds the last accepted build, replaced as a whole. */
export function createCurrent(): Current {
  let current: { build: Build; revisions: Map<Mac, string> } | undefined;

  const device = (mac: Mac) => current?.build.deviceOf(mac);

  return {
    build: () => current?.build,
    device,
    revision(mac) {
      const known = current?.revisions.get(mac);
      if (known !== undefined) return known;
      const found = device(mac);
      if (!current || !found) return undefined;
      const revision = current.build.revisionOf(found);
      current.revisions.set(mac, revision);
      return revision;
    },
    isPinned: (mac) => current?.build.pinOf?.(mac) !== undefined,
    replace(build) {
      current = { build, revisions: new Map() };
    },
  };
}
