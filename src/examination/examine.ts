import { type Finding, finding, worstFirst } from '../findings/finding.ts';
import type { Known } from '../findings/rule.ts';
import { readKnown, whoFetched } from '../known.ts';
import { createLoader, type Loaded } from '../load.ts';
import type { Device } from '../model/device.ts';
import { concerns, type File } from '../model/file.ts';
import type { Mac } from '../model/mac.ts';
import { isFatal } from '../problem.ts';
import type { ProjectOptions } from '../source/project.ts';
import { readFleet } from '../state/fleet.ts';
import { readPins } from '../state/pins.ts';
import { readRunning } from '../state/running.ts';
import { clockFindings, directoryFindings, notifyFindings, registryFindings } from './around.ts';
import { journalFindings, userAgents } from './journal.ts';
import { type Folders, folderFindings, outFindings, projectFindings } from './place.ts';
import { portFindings } from './ports.ts';
import { servedFindings } from './served.ts';

export interface ExaminationOptions extends Folders {
  readonly project: ProjectOptions;
  /** Which devices are looked at: all when absent. Throws a sentence when there is none. */
  readonly choose?: (loaded: Loaded) => readonly Device[];
  /** A server elsewhere, in place of the one of this machine: then it is asked, and nothing of this machine is looked at. */
  readonly host?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Examines a site, worst finding first. Nothing that is asked counts as a phone's fetch, and nothing is written. */
export async function examine(options: ExaminationOptions): Promise<Finding[]> {
  const { host, now, choose } = options;
  const loaded = await createLoader(options.project).load();
  const { site } = loaded;
  const devices = choose?.(loaded) ?? site.devices;
  // Who keeps an earlier revision is served that one.
  const pins = pinsIn(options.state);
  const unpinned = devices.filter(({ mac }) => !pins.has(mac));
  const served = {
    ...{ site, host, now, devices: choose ? unpinned : oneOfEach(unpinned), filesOf: filesIn(loaded) },
    userAgents: userAgents(options.state),
  };
  const ours = host === undefined ? await ownFindings(loaded, devices, options) : [];
  // Nobody can say what should be served while the project has faults.
  const asked = loaded.problems.some(isFatal) ? [] : await servedFindings(served);
  const findings = [...projectFindings(loaded), ...ours, ...asked];
  const chosen = choose && new Set(devices.map(({ mac }) => mac));
  return worstFirst(findings.filter(({ device }) => !chosen || device === undefined || chosen.has(device)));
}

function pinsIn(folder: string): ReadonlyMap<Mac, unknown> {
  try {
    return readPins({ folder });
  } catch {
    return new Map();
  }
}

/** Everything that is of this machine. */
async function ownFindings(
  loaded: Loaded,
  devices: readonly Device[],
  options: ExaminationOptions,
): Promise<Finding[]> {
  const { out, state, now, project } = options;
  const { site, sources } = loaded;
  const running = readRunning(state);
  const steps: readonly (() => Finding[] | Promise<Finding[]>)[] = [
    () => folderFindings(options),
    () => portFindings({ running, server: site.server }),
    () => outFindings(loaded, { out, state }, running !== undefined),
    async () => journalFindings({ state, out, now, known: await knownOf(loaded, options) }),
    () => directoryFindings(sources, { dir: project.dir, state, now }),
    () => registryFindings(site),
    () => clockFindings(site, now),
    () => notifyFindings(devices, addressesIn(options)),
  ];
  const findings = await Promise.all(steps.map((step) => attempt(step)));
  return findings.flat();
}

/** What one look cannot see does not keep the others from looking. */
async function attempt(look: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    const fix = 'look at the folders of the project, of out/ and of the state, and who may read them';
    return [finding({ id: 'state-folder', severity: 'error', seen: (error as Error).message, fix })];
  }
}

/** Of a project with faults what was known of it at the last build. */
async function knownOf(
  { site, rendering, problems }: Loaded,
  { state, out, project }: ExaminationOptions,
): Promise<Known> {
  if (problems.some(isFatal)) return readKnown({ ...project, state, out });
  const shared = rendering.shared().files;
  const own = site.devices.flatMap((device) => [`${device.mac}.cfg`]);
  return {
    vendors: site.vendors,
    devices: new Map(
      site.devices.map(({ mac, vendor, model, lines }) => [mac, { vendor, model, extension: lines[0]?.extension }]),
    ),
    files: new Set([...shared.map(({ path }) => path.toLowerCase()), ...own]),
    hasFetched: whoFetched({ state, out }),
  };
}

const addressesIn = ({ state, out, now }: ExaminationOptions): ReadonlyMap<string, string> =>
  new Map(
    (readFleet({ state, out, now }) ?? []).flatMap(({ mac, address }) =>
      address === undefined ? [] : [[mac, address]],
    ),
  );

/** Of each model the first: they ask for the same. */
const oneOfEach = (devices: readonly Device[]): Device[] =>
  [...Map.groupBy(devices, ({ vendor, model }) => `${vendor}/${model}`).values()].flatMap((all) => all.slice(0, 1));

/** What the project renders for a device, with what it shares. */
function filesIn({ rendering }: Loaded): (device: Device) => ReadonlyMap<string, File> {
  const shared = rendering.problems.length > 0 ? [] : rendering.shared().files;
  return (device) => {
    const own = rendering.problems.length > 0 ? [] : rendering.device(device).files;
    const all = [...shared.filter(({ audience }) => concerns(audience, device)), ...own];
    return new Map(all.map((file) => [file.path.toLowerCase(), file]));
  };
}
