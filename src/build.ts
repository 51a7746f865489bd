import { type Breathe, createBreathe } from './breath.ts';
import type { Loader } from './load.ts';
import { type Change, devicesTouched, type Touched } from './model/change.ts';
import type { Device } from './model/device.ts';
import { explainDiskError } from './model/disk-error.ts';
import { concerns, type File, type Written } from './model/file.ts';
import type { Mac } from './model/mac.ts';
import { revisionOf } from './model/revision.ts';
import type { Site } from './model/site.ts';
import type { Vendor } from './model/vendor.ts';
import { needsReboot } from './notify/event.ts';
import type { OutFolder } from './output/out-folder.ts';
import type { Difference, Stage } from './output/stage.ts';
import { inReadingOrder, isFatal, type Problem } from './problem.ts';
import type { Rendering } from './render/render.ts';
import { createRenderProblems } from './render/render-problems.ts';
import { createRemember, type DeviceMemory } from './state/remember.ts';

export type { DeviceMemory } from './state/remember.ts';

export type BuildResult = Accepted | Rejected;

export interface Accepted {
  readonly accepted: true;
  readonly site: Site;
  /** Devices whose bytes changed, and whether a changed line needs a reboot. */
  readonly touched: readonly Touched[];
  readonly changed: number;
  readonly removed: number;
  deviceOf(mac: Mac): Device | undefined;
  /** What a device gets before it has proved itself; these lie nowhere on the disk. */
  bootstrapOf(mac: Mac): readonly File[];
  /** The revision that a device is meant to have now. */
  revisionOf(device: Device): string;
  /** Warnings. */
  readonly problems: readonly Problem[];
}

export interface Rejected {
  readonly accepted: false;
  readonly problems: readonly Problem[];
}

export interface BuildOptions {
  readonly loader: Loader;
  readonly out: OutFolder;
  readonly memory: DeviceMemory;
  /** Told who may fetch what just before the files are there to be fetched; what it returns takes that back. */
  readonly guard?: (build: Pick<Accepted, 'site' | 'bootstrapOf'>) => Promise<() => void>;
  /** Called now and then with how many devices are done. */
  readonly progress?: (done: number, total: number) => void;
}

/** A device as it was rendered last, the names of its files, and those that lie nowhere. */
interface Unit {
  readonly device: Device;
  readonly paths: readonly string[];
  readonly bootstrap: readonly File[];
}

/** What the last accepted run has seen to. */
interface Done {
  readonly devices: readonly Device[];
  readonly templates: Site['templates'];
  /** Names of the files that devices share. */
  readonly shared: readonly string[];
}

/**
 * The pipeline: everything between devices.yml and out/, in order. Each run renders only what the last accepted one did
 * not; a rejected run changes nothing, and phones keep the last good files. Runs must not overlap.
 */
export function createBuild({ loader, out, memory, guard, progress }: BuildOptions): () => Promise<BuildResult> {
  const units = new Map<Mac, Unit>();
  const remember = createRemember(memory);
  let done: Done | undefined;

  const writtenAs = (path: string): readonly Written[] => {
    const file = out.index.get(path.toLowerCase());
    return file ? [file] : [];
  };

  function filesOf(device: Device): Written[] {
    const own = units.get(device.mac)?.paths.flatMap(writtenAs) ?? [];
    return [...own, ...(done?.shared ?? []).flatMap(writtenAs).filter(({ audience }) => concerns(audience, device))];
  }

  return async () => {
    const { site, rendering, problems } = await loader.load();
    if (problems.some(isFatal)) return rejected(problems);
    const stage = out.begin(site.outMode);
    const breathe = createBreathe();
    let release: (() => void) | undefined;
    try {
      const made = await renderInto(stage, { rendering, units, done, breathe, progress });
      const all = [...problems, ...made.problems];
      if (all.some(isFatal)) {
        stage.discard();
        return rejected(inReadingOrder(all));
      }
      const gone = goneFrom(units, site, made.units);
      const obsolete = obsoletePaths({ made, gone, units, done, out });
      // Who fetched one of these finds nothing now: that is a change of its bytes, too.
      const lost = obsolete.flatMap(writtenAs).map(({ audience }) => ({ audience, reboot: false }));
      for (const path of obsolete) stage.remove(path);
      const rendered = made.units.map(({ device }) => device);
      const touched = devicesTouched([...made.changes, ...lost], { devices: site.devices, rendered });
      memory.owe?.(touched.map(({ device: { mac }, reboot }) => ({ mac, reboot })));
      const fresh = new Map(made.units.map((unit) => [unit.device.mac, unit]));
      const bootstrapOf = (mac: Mac) => (fresh.get(mac) ?? units.get(mac))?.bootstrap ?? [];
      release = await guard?.({ site, bootstrapOf });
      await stage.commit(breathe);
      for (const mac of gone) units.delete(mac);
      for (const unit of made.units) units.set(unit.device.mac, unit);
      done = { devices: site.devices, templates: site.templates, shared: made.shared };
      const unremembered = await remember(rendered, gone, breathe).then(() => [], memoryProblem);
      return {
        accepted: true,
        site,
        touched,
        changed: made.changes.length,
        removed: obsolete.length,
        deviceOf: (mac) => units.get(mac)?.device,
        bootstrapOf: (mac) => units.get(mac)?.bootstrap ?? [],
        revisionOf: (device) => revisionOf(filesOf(device)),
        problems: [...all, ...unremembered],
      };
    } catch (error) {
      release?.();
      stage.discard();
      return rejected([outFolderProblem(error)]);
    }
  };
}

const rejected = (problems: readonly Problem[]): Rejected => ({ accepted: false, problems });

interface Made {
  /** The devices that were rendered. */
  readonly units: readonly Unit[];
  /** Names of the files that devices share. */
  readonly shared: readonly string[];
  readonly changes: readonly Change[];
  readonly problems: readonly Problem[];
}

interface RenderInput {
  readonly rendering: Rendering;
  readonly units: ReadonlyMap<Mac, Unit>;
  readonly done: Done | undefined;
  readonly breathe: Breathe;
  readonly progress: BuildOptions['progress'];
}

async function renderInto(stage: Stage, { rendering, units, done, breathe, progress }: RenderInput): Promise<Made> {
  const { site } = rendering;
  const problems = createRenderProblems();
  const changes: Change[] = [];
  const newUnits: Unit[] = [];
  const put = (files: readonly File[], vendor?: string) => {
    for (const file of files) {
      const difference = stage.put(file);
      if (!difference) continue;
      const { audience } = file;
      const whose = site.vendors.get(vendor ?? ('vendor' in audience ? audience.vendor : ''));
      changes.push({ audience, reboot: rebootNeeded(whose, difference) });
    }
  };
  const shared = rendering.shared();
  problems.add(shared.problems);
  put(shared.files);
  const before = done?.templates === site.templates ? done.devices : undefined;
  for (let index = 0; index < site.devices.length; index++) {
    const device = site.devices[index]!;
    // Mostly the device of the last run stands in the same place of the list: that is seen without looking at it.
    if (before && (before[index] === device || units.get(device.mac)?.device === device)) continue;
    const { files, bootstrap, problems: found } = rendering.device(device);
    problems.add(found);
    put(files, device.vendor);
    newUnits.push({ device, paths: files.map(({ path }) => path), bootstrap });
    const pause = breathe();
    if (!pause) continue;
    progress?.(index, site.devices.length);
    await pause;
  }
  return { units: newUnits, shared: shared.files.map(({ path }) => path), changes, problems: problems.all() };
}

/** A file that was not there before is fetched as a whole: the phone itself knows what that needs. */
function rebootNeeded(vendor: Vendor | undefined, { before, after }: Difference): boolean {
  if (!vendor || !before) return false;
  return needsReboot(vendor.reboot_when, [{ before: before.toString('utf8'), after: after.toString('utf8') }]);
}

interface ObsoleteInput {
  readonly made: Made;
  readonly gone: readonly Mac[];
  readonly units: ReadonlyMap<Mac, Unit>;
  readonly done: Done | undefined;
  readonly out: OutFolder;
}

/** Files that earlier builds wrote and nobody wants any more. */
function obsoletePaths({ made, gone, units, done, out }: ObsoleteInput): string[] {
  const wanted = new Set(made.shared);
  for (const { paths } of made.units) for (const path of paths) wanted.add(path);
  const isObsolete = (path: string) => !wanted.has(path);
  // The first build of a process knows only the folder; the later ones know what each device had.
  if (!done) return [...out.index.values()].map(({ path }) => path).filter(isObsolete);
  const macs = [...made.units.map(({ device }) => device.mac), ...gone];
  return [...done.shared, ...macs.flatMap((mac) => units.get(mac)?.paths ?? [])].filter(isObsolete);
}

/** Devices that had files and are in the site no more. */
function goneFrom(units: ReadonlyMap<Mac, Unit>, site: Site, made: readonly Unit[]): Mac[] {
  const added = made.filter(({ device }) => !units.has(device.mac)).length;
  if (units.size + added === site.devices.length) return [];
  const there = new Set(site.devices.map(({ mac }) => mac));
  return [...units.keys()].filter((mac) => !there.has(mac));
}

const memoryProblem = (error: unknown): Problem[] => {
  const message = `is written, but not what it was made from: ${explainDiskError(error)}; the next plan cannot name all reasons`;
  return [{ file: 'out', code: 'out-folder', severity: 'warning', message }];
};

const outFolderProblem = (error: unknown): Problem => ({
  file: 'out',
  code: 'out-folder',
  severity: 'error',
  message: `cannot be written: ${explainDiskError(error)}; phones keep the files they have`,
});
