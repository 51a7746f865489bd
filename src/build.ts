import { createBreathe } from './breath.ts';
import { createBefore, type Done, revisionWith, type Unit } from './build-before.ts';
import { changesOf, keepBefore } from './build-changes.ts';
import { type Hold, holdBack } from './build-hold.ts';
import { type Around, type Earlier, type Made, pinnedAnew, renderInto } from './build-render.ts';
import { createKeeping } from './keeping.ts';
import type { Loader } from './load.ts';
import type { Touched } from './model/change.ts';
import type { Device } from './model/device.ts';
import { explainDiskError } from './model/disk-error.ts';
import type { File, Written } from './model/file.ts';
import type { Mac } from './model/mac.ts';
import type { Site } from './model/site.ts';
import type { OutFolder } from './output/out-folder.ts';
import { inReadingOrder, isFatal, type Problem } from './problem.ts';
import type { Pin } from './state/pins.ts';
import { createRemember, type DeviceMemory } from './state/remember.ts';

export type { Changing, Hold } from './build-hold.ts';
export type { Earlier } from './build-render.ts';
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
  /** The revision that a device is meant to have now: of one that is pinned, what it is pinned to. */
  revisionOf(device: Device): string;
  /** What a device is pinned to, and has the files of. */
  pinOf(mac: Mac): Pin | undefined;
  /** Whether every pin is obeyed by now, and nobody else's: one may have come or gone meanwhile. */
  isSettled(): boolean;
  /** Pins that are no more: git says the same by now. */
  readonly agreed: readonly Pin[];
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
  /** Devices that keep the files of an earlier revision; without it nothing is kept of what is replaced. */
  readonly earlier?: Earlier;
  /** Who does not get what changed yet; wants `earlier`. */
  readonly hold?: Hold;
}

/**
 * The pipeline: everything between devices.yml and out/, in order. Each run renders only what the last accepted one did
 * not; a rejected run changes nothing, and phones keep the last good files. Runs must not overlap.
 */
export function createBuild({ loader, out, memory, guard, progress, earlier, hold }: BuildOptions) {
  const units = new Map<Mac, Unit>();
  const remember = createRemember(memory);
  let done: Done | undefined;

  const writtenAs = (path: string): readonly Written[] => {
    const file = out.index.get(path.toLowerCase());
    return file ? [file] : [];
  };

  function revisionOf(device: Device): string {
    const { pin, paths } = units.get(device.mac) ?? { paths: [] };
    return pin?.revision ?? revisionWith(paths.flatMap(writtenAs), (done?.shared ?? []).flatMap(writtenAs), device);
  }

  function take(made: Made, gone: readonly Mac[], site: Site): void {
    for (const mac of gone) units.delete(mac);
    for (const unit of made.units) units.set(unit.device.mac, unit);
    done = { devices: site.devices, templates: site.templates, shared: made.shared.map(({ path }) => path) };
  }

  return async (): Promise<BuildResult> => {
    const { site, rendering, problems } = await loader.load();
    if (problems.some(isFatal)) return rejected(problems);
    earlier?.pins.refresh();
    const stage = out.begin(site.outMode);
    const breathe = createBreathe();
    const before = createBefore({ index: out.index, units, done });
    const keeping = createKeeping(earlier?.revisions);
    const around: Around = { stage, rendering, units, done, breathe, progress, out, before, keeping, earlier };
    let release: (() => void) | undefined;
    try {
      const rendered = await renderInto(around);
      const all = [...problems, ...rendered.problems];
      if (all.some(isFatal)) {
        stage.discard();
        return rejected(inReadingOrder(all));
      }
      const { made, held } = holdBack(hold, rendered, around);
      const { touched, obsolete, gone } = changesOf(around, made, held);
      keepBefore(around, { touched, obsolete, gone });
      for (const path of obsolete) stage.remove(path);
      const unkept = keeping.settle();
      memory.owe?.(touched.map(({ device: { mac }, reboot }) => ({ mac, reboot })));
      const fresh = new Map(made.units.map((unit) => [unit.device.mac, unit]));
      const bootstrapOf = (mac: Mac) => (fresh.get(mac) ?? units.get(mac))?.bootstrap ?? [];
      release = await guard?.({ site, bootstrapOf });
      await stage.commit(breathe);
      take(made, gone, site);
      earlier?.pins.unpin([...made.agreed.map(({ device }) => device), ...strays(earlier, units)]);
      const devices = made.units.map(({ device }) => device);
      const unremembered = await remember(devices, gone, breathe).then(() => [], memoryProblem);
      return {
        accepted: true,
        site,
        touched,
        changed: made.changes.length,
        removed: obsolete.length,
        agreed: made.agreed,
        deviceOf: (mac) => units.get(mac)?.device,
        bootstrapOf: (mac) => units.get(mac)?.bootstrap ?? [],
        revisionOf,
        pinOf: (mac) => units.get(mac)?.pin,
        isSettled: () => pinnedAnew(units, earlier?.pins).size === 0,
        problems: [...all, ...unkept, ...unremembered],
      };
    } catch (error) {
      release?.();
      stage.discard();
      return rejected([outFolderProblem(error)]);
    }
  };
}

const rejected = (problems: readonly Problem[]): Rejected => ({ accepted: false, problems });

/** Devices that are pinned, and in devices.yml no more. */
const strays = ({ pins }: Earlier, units: ReadonlyMap<Mac, Unit>): Mac[] =>
  [...pins.all().keys()].filter((mac) => !units.has(mac));

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
