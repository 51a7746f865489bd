import type { Device } from '../model/device.ts';
import type { Mac } from '../model/mac.ts';
import type { Site } from '../model/site.ts';

/** The last accepted build as the daemon knows it. */
export interface Build {
  readonly site: Site;
  revisionOf(device: Device): string;
}

export interface Current {
  /** Undefined until a build was accepted. */
  build(): Build | undefined;
  device(mac: Mac): Device | undefined;
  /** The revision that a device is meant to have. */
  revision(mac: Mac): string | undefined;
  /** The one writer is the daemon, after each accepted build. */
  replace(build: Build): void;
}

/** Holds the last accepted build, replaced as a whole. What is looked up by MAC is put in order at the first question. */
export function createCurrent(): Current {
  let current: { build: Build; devices?: ReadonlyMap<Mac, Device>; revisions: Map<Mac, string> } | undefined;

  function device(mac: Mac): Device | undefined {
    if (!current) return undefined;
    current.devices ??= new Map(current.build.site.devices.map((each) => [each.mac, each]));
    return current.devices.get(mac);
  }

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
    replace(build) {
      current = { build, revisions: new Map() };
    },
  };
}
