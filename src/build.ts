import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Loader } from './load.ts';
import type { Device } from './model/device.ts';
import { explainDiskError } from './model/disk-error.ts';
import { type Audience, concerns, type File, type Written } from './model/file.ts';
import type { Mac } from './model/mac.ts';
import { revisionOf } from './model/revision.ts';
import type { Site } from './model/site.ts';
import type { Vendor } from './model/vendor.ts';
import { needsReboot } from './notify/event.ts';
import type { Difference, OutFolder, Stage } from './output/out-folder.ts';
import { inReadingOrder, isFatal, type Problem } from './problem.ts';
import type { Rendering } from './render/render.ts';
import { createRenderProblems } from './render/render-problems.ts';

export type BuildResult = Accepted | Rejected;

export interface Accepted {
  readonly accepted: true;
  readonly site: Site;
  /** Devices whose bytes changed, and whether a changed line needs a reboot. */
  readonly touched: readonly Touched[];
  readonly changed: number;
  readonly removed: number;
  /** The revision that a device is meant to have now. */
  revisionOf(device: Device): string;
  /** Warnings. */
  readonly problems: readonly Problem[];
}

export interface Rejected {
  readonly accepted: false;
  readonly problems: readonly Problem[];
}

export interface Touched {
  readonly device: Device;
  readonly reboot: boolean;
}

export interface BuildOptions {
  readonly loader: Loader;
  readonly out: OutFolder;
  /** Where devices are remembered as they were resolved, for the next plan. */
  readonly memory: DeviceMemory;
  /** Called now and then with how many devices are done. */
  readonly progress?: (done: number, total: number) => void;
}

export interface DeviceMemory {
  putDevices(devices: readonly Device[]): void;
  removeDevices(macs: readonly Mac[]): void;
  /** Whose bytes are about to change. */
  owe?(devices: readonly { readonly mac: Mac; readonly reboot: boolean }[]): void;
}

/** What a device's files were made from, and their names. */
interface Unit {
  readonly device: Device;
  readonly templates: Site['templates'];
  readonly paths: readonly string[];
}

/**
 * The pipeline: everything between devices.yml and out/, in order. Each run renders only what the last accepted one did
 * not; a rejected run changes nothing, and phones keep the last good files. Runs must not overlap.
 */
export function createBuild({ loader, out, memory, progress }: BuildOptions): () => Promise<BuildResult> {
  const units = new Map<Mac, Unit>();
  let sharedPaths: readonly string[] | undefined;

  function filesOf(device: Device): Written[] {
    const shared = (sharedPaths ?? []).flatMap((path) => out.index.get(path.toLowerCase()) ?? []);
    const own = units.get(device.mac)?.paths.flatMap((path) => out.index.get(path.toLowerCase()) ?? []) ?? [];
    return [...own, ...shared.filter(({ audience }) => concerns(audience, device))];
  }

  return async () => {
    const { site, rendering, problems } = await loader.load();
    if (problems.some(isFatal)) return rejected(problems);
    const stage = out.begin();
    try {
      const made = await renderInto(stage, { rendering, units, progress });
      const all = [...problems, ...made.problems];
      if (all.some(isFatal)) {
        stage.discard();
        return rejected(inReadingOrder(all));
      }
      const gone = goneFrom(units, site, made.units);
      const obsolete = obsoletePaths({ made, gone, units, sharedPaths, out });
      // Who fetched one of these finds nothing now: that is a change of its bytes, too.
      const lost = obsolete.flatMap((path) => out.index.get(path.toLowerCase()) ?? []);
      for (const path of obsolete) stage.remove(path);
      const touched = devicesTouched(site, [
        ...made.differences,
        ...lost.map(({ audience }) => ({ audience, reboot: false })),
      ]);
      memory.owe?.(touched.map(({ device: { mac }, reboot }) => ({ mac, reboot })));
      stage.commit();
      memory.putDevices(made.units.map(({ device }) => device));
      memory.removeDevices(gone);
      for (const mac of gone) units.delete(mac);
      for (const unit of made.units) units.set(unit.device.mac, unit);
      sharedPaths = made.shared;
      return {
        accepted: true,
        site,
        touched,
        changed: made.differences.length,
        removed: obsolete.length,
        revisionOf: (device) => revisionOf(filesOf(device)),
        problems: all,
      };
    } catch (error) {
      stage.discard();
      return rejected([outFolderProblem(error)]);
    }
  };
}

const rejected = (problems: readonly Problem[]): Rejected => ({ accepted: false, problems });

interface Made {
  readonly units: readonly Unit[];
  /** Names of the files that devices share. */
  readonly shared: readonly string[];
  /** Whom the changed bytes concern. */
  readonly differences: readonly { readonly audience: Audience; readonly reboot: boolean }[];
  readonly problems: readonly Problem[];
}

interface RenderInput {
  readonly rendering: Rendering;
  readonly units: ReadonlyMap<Mac, Unit>;
  readonly progress: BuildOptions['progress'];
}

/** Milliseconds of work before sockets get their turn: a phone must not wait for a build. */
const breath = 10;

async function renderInto(stage: Stage, { rendering, units, progress }: RenderInput): Promise<Made> {
  const { site } = rendering;
  const problems = createRenderProblems();
  const differences: { audience: Audience; reboot: boolean }[] = [];
  const newUnits: Unit[] = [];
  const put = (files: readonly File[], vendor?: string) => {
    for (const file of files) {
      const difference = stage.put(file);
      if (!difference) continue;
      const { audience } = file;
      const reboot = rebootNeeded(
        site.vendors.get(vendor ?? ('vendor' in audience ? audience.vendor : '')),
        difference,
      );
      differences.push({ audience, reboot });
    }
  };
  const shared = rendering.shared();
  problems.add(shared.problems);
  put(shared.files);
  let since = performance.now();
  for (const [index, device] of site.devices.entries()) {
    const unit = units.get(device.mac);
    if (unit?.device === device && unit.templates === site.templates) continue;
    const { files, problems: found } = rendering.device(device);
    problems.add(found);
    put(files, device.vendor);
    newUnits.push({ device, templates: site.templates, paths: files.map(({ path }) => path) });
    if (performance.now() - since < breath) continue;
    progress?.(index, site.devices.length);
    await nextTurn();
    since = performance.now();
  }
  return { units: newUnits, shared: shared.files.map(({ path }) => path), differences, problems: problems.all() };
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
  readonly sharedPaths: readonly string[] | undefined;
  readonly out: OutFolder;
}

/** Files that earlier builds wrote and nobody wants any more. */
function obsoletePaths({ made, gone, units, sharedPaths, out }: ObsoleteInput): string[] {
  const wanted = new Set(made.shared);
  for (const { paths } of made.units) for (const path of paths) wanted.add(path);
  // The first build of a process knows only the folder; the later ones know what each device had.
  if (sharedPaths === undefined)
    return [...out.index.values()].map(({ path }) => path).filter((path) => !wanted.has(path));
  const before = [...sharedPaths];
  for (const { device } of made.units) before.push(...(units.get(device.mac)?.paths ?? []));
  for (const mac of gone) before.push(...(units.get(mac)?.paths ?? []));
  return before.filter((path) => !wanted.has(path));
}

/** Devices that had files and are in the site no more. */
function goneFrom(units: ReadonlyMap<Mac, Unit>, site: Site, made: readonly Unit[]): Mac[] {
  const added = made.filter(({ device }) => !units.has(device.mac)).length;
  if (units.size + added === site.devices.length) return [];
  const there = new Set(site.devices.map(({ mac }) => mac));
  return [...units.keys()].filter((mac) => !there.has(mac));
}

/** Every device that fetches bytes that changed: its own, or those that it shares. */
function devicesTouched(site: Site, differences: Made['differences']): Touched[] {
  if (differences.length === 0) return [];
  const own = new Map<Mac, boolean>();
  const shared = differences.filter(({ audience }) => !('mac' in audience));
  for (const { audience, reboot } of differences)
    if ('mac' in audience) own.set(audience.mac, reboot || own.get(audience.mac) === true);
  return site.devices.flatMap((device) => {
    const reasons = shared.filter(({ audience }) => concerns(audience, device)).map(({ reboot }) => reboot);
    const mine = own.get(device.mac);
    if (mine !== undefined) reasons.push(mine);
    return reasons.length === 0 ? [] : [{ device, reboot: reasons.includes(true) }];
  });
}

function outFolderProblem(error: unknown): Problem {
  return {
    file: 'out',
    code: 'out-folder',
    severity: 'error',
    message: `cannot be written: ${explainDiskError(error)}; phones keep the files they have`,
  };
}
