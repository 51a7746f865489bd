import type { Known } from './findings/rule.ts';
import type { Mac } from './model/mac.ts';
import { createProjectReader, type ProjectOptions } from './source/project.ts';
import { createVendorReader } from './source/vendors.ts';
import { readFleet } from './state/fleet.ts';
import { readDevices, readWritten } from './state/written.ts';

export interface KnownOptions extends Pick<ProjectOptions, 'dir' | 'shipped'> {
  readonly out: string;
  readonly state: string;
}

/**
 * What is known beside the fetch log, by the last build and the vendors of the project: enough to explain fetches, also of
 * a project that has faults now, or is elsewhere. Nothing is written.
 */
export async function readKnown({ dir, shipped, out, state }: KnownOptions): Promise<Known> {
  const place = { folder: state, out };
  const written = readWritten(place);
  written.close();
  return {
    vendors: await vendorsOf({ dir, shipped }),
    devices: new Map(readDevices(place).map((device) => [device.mac, device])),
    files: new Set(written.files.keys()),
    hasFetched: whoFetched({ state, out }),
  };
}

async function vendorsOf({ dir, shipped }: Pick<KnownOptions, 'dir' | 'shipped'>): Promise<Known['vendors']> {
  try {
    return (await createProjectReader({ dir, shipped, secrets: { placeholders: true } }).read()).vendors;
  } catch {
    return createVendorReader(shipped)().vendors;
  }
}

/** Read when somebody asks for the first time: that is rare. */
export function whoFetched({ state, out }: Pick<KnownOptions, 'state' | 'out'>): Known['hasFetched'] {
  let fetched: ReadonlySet<Mac> | undefined;
  return (mac) => {
    fetched ??= new Set(
      readFleet({ state, out, now: Date.now() })?.flatMap((device) =>
        device.fetched === undefined ? [] : [device.mac],
      ),
    );
    return fetched.has(mac);
  };
}
