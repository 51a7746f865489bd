import type { Mac } from '../../model/mac.ts';
import type { IndexChanges } from './messages.ts';

/**
 * The revision of which the bytes were that a worker sent. It knows only the version of its index: the device has the
 * same revision still, unless its files have changed in between; then it is not known any more.
 */
export interface Revisions {
  /** From this version on the files are others; without changes it may be any of them. */
  changed(version: number, changes?: IndexChanges): void;
  of(device: Mac, version: number): string | undefined;
}

/** Devices that are remembered; of more it is not known that they did not change. */
const mostDevices = 10_000;

export function createRevisions(revisionOf: (device: Mac) => string | undefined): Revisions {
  /** In which version the files of a device changed last; of those that are not in it, in `all` or before. */
  const own = new Map<Mac, number>();
  let all = 0;
  return {
    changed(version, changes) {
      const owners = changes?.put.map(([, { audience }]) => ('mac' in audience ? audience.mac : undefined));
      // Of a file that is gone nobody knows any more whose it was.
      const isKnown = changes?.removed.length === 0 && owners?.every((mac) => mac !== undefined);
      if (!owners || !isKnown || own.size + owners.length > mostDevices) {
        own.clear();
        all = version;
      } else for (const mac of owners) if (mac !== undefined) own.set(mac, version);
    },
    of: (device, version) => (version >= (own.get(device) ?? all) ? revisionOf(device) : undefined),
  };
}
