import type { Breathe } from './breath.ts';
import type { Before, Done, Unit } from './build-before.ts';
import { revisionWith } from './build-before.ts';
import type { Keeping } from './keeping.ts';
import type { Change } from './model/change.ts';
import type { Device } from './model/device.ts';
import type { File, FileEntry } from './model/file.ts';
import type { Mac } from './model/mac.ts';
import type { Vendor } from './model/vendor.ts';
import { needsReboot } from './notify/event.ts';
import type { OutFolder } from './output/out-folder.ts';
import type { Difference, Stage } from './output/stage.ts';
import { lostProblem, pinnedFiles } from './pinning.ts';
import type { Problem } from './problem.ts';
import type { Rendering } from './render/render.ts';
import { createRenderProblems } from './render/render-problems.ts';
import type { Pin, Pins } from './state/pins.ts';
import type { Revisions } from './state/revisions.ts';

/** Devices that keep the files of an earlier revision, and where those are. */
export interface Earlier {
  readonly pins: Pins;
  readonly revisions: Revisions;
}

/** What a build is made with. */
export interface Around {
  readonly stage: Stage;
  readonly rendering: Rendering;
  readonly units: ReadonlyMap<Mac, Unit>;
  readonly done: Done | undefined;
  readonly breathe: Breathe;
  readonly progress?: (done: number, total: number) => void;
  readonly out: OutFolder;
  readonly before: Before;
  readonly keeping: Keeping;
  readonly earlier?: Earlier;
}

export interface Made {
  /** The devices that were rendered. */
  readonly units: readonly Unit[];
  /** The files that devices share. */
  readonly shared: readonly FileEntry[];
  readonly changes: readonly Change[];
  /** Of devices that are pinned the revision that git says. */
  readonly behind: ReadonlyMap<Mac, string>;
  /** Pins that hold nothing back any more. */
  readonly agreed: readonly Pin[];
  readonly problems: readonly Problem[];
}

/** Renders what the last accepted run did not, and what is pinned otherwise than it was then. */
export async function renderInto(around: Around): Promise<Made> {
  const { rendering, units, done, breathe, progress, earlier } = around;
  const { site } = rendering;
  const problems = createRenderProblems();
  const changes: Change[] = [];
  const newUnits: Unit[] = [];
  const behind = new Map<Mac, string>();
  const agreed: Pin[] = [];
  const { files: sharedFiles, problems: foundInShared } = rendering.shared();
  problems.add(foundInShared);
  put(around, changes, sharedFiles);
  const shared = sharedFiles.map(({ bytes: _, ...entry }) => entry);
  const before = done?.templates === site.templates ? done.devices : undefined;
  const due = pinnedAnew(units, earlier?.pins);
  const isSeenTo = (device: Device) => units.get(device.mac)?.device === device;
  for (let index = 0; index < site.devices.length; index++) {
    const device = site.devices[index]!;
    // Mostly the device of the last run stands in the same place of the list: that is seen without looking at it.
    if (before && (before[index] === device || isSeenTo(device)) && !due.has(device.mac)) continue;
    const { files, bootstrap, problems: found } = rendering.device(device);
    const chosen = chooseFiles(around, { device, files, shared });
    problems.add([...found, ...chosen.problems]);
    put(around, changes, chosen.files, device);
    if (chosen.agreed) agreed.push(chosen.agreed);
    if (chosen.to !== undefined) behind.set(device.mac, chosen.to);
    newUnits.push({ device, paths: chosen.paths, bootstrap, ...(chosen.pin && { pin: chosen.pin }) });
    const pause = breathe();
    if (!pause) continue;
    progress?.(index, site.devices.length);
    await pause;
  }
  return { units: newUnits, shared, changes, behind, agreed, problems: problems.all() };
}

const none: ReadonlySet<Mac> = new Set();

/** Devices that are pinned otherwise than in the last run. */
export function pinnedAnew(units: ReadonlyMap<Mac, Unit>, pins: Pins | undefined): ReadonlySet<Mac> {
  if (!pins) return none;
  const due = new Set<Mac>();
  for (const [mac, { revision }] of pins.all()) if (units.get(mac)?.pin?.revision !== revision) due.add(mac);
  for (const [mac, { pin }] of units) if (pin && !pins.of(mac)) due.add(mac);
  return due;
}

interface Chosen {
  readonly files: readonly File[];
  readonly paths: readonly string[];
  readonly pin?: Pin;
  /** Of one that is pinned: what git says. */
  readonly to?: string;
  readonly agreed?: Pin;
  readonly problems: readonly Problem[];
}

interface Rendered {
  readonly device: Device;
  readonly files: readonly File[];
  readonly shared: readonly FileEntry[];
}

/** What git says, or what the device is pinned to. */
function chooseFiles({ earlier, before, out }: Around, { device, files, shared }: Rendered): Chosen {
  const pin = earlier?.pins.of(device.mac);
  const whole = { files, paths: pathsOf(files), problems: [] };
  if (!earlier || !pin) return whole;
  const to = revisionWith(files, shared, device);
  const own = before.own(device.mac);
  const one = { device, pin, rendered: files, to, own, from: before.revision(device) };
  const pinned = pinnedFiles(one, { out, revisions: earlier.revisions });
  if (pinned.kind === 'agrees') return { ...whole, agreed: pin };
  if (pinned.kind === 'files') return { files: pinned.files, paths: pathsOf(pinned.files), pin, to, problems: [] };
  const stays = { files: [], paths: pathsOf(own), problems: [] };
  if (pinned.kind === 'stays') return { ...stays, pin, to };
  // One that is new has nothing that it could keep.
  return { ...(own.length > 0 ? stays : whole), problems: [lostProblem(device, pinned.why)] };
}

const pathsOf = (files: readonly Pick<FileEntry, 'path'>[]): string[] => files.map(({ path }) => path);

/** Sets files aside that are others now, and keeps what they replace. */
export function put(around: Around, changes: Change[], files: readonly File[], device?: Device): void {
  const { stage, rendering, out, keeping, units } = around;
  for (const file of files) {
    const difference = stage.put(file);
    if (!difference) continue;
    const { audience } = file;
    const whose = rendering.site.vendors.get(device?.vendor ?? ('vendor' in audience ? audience.vendor : ''));
    changes.push({ audience, reboot: rebootNeeded(whose, difference) });
    const there = out.index.get(file.path.toLowerCase());
    const { before } = difference;
    if (!device || !there || !before) continue;
    const devices = [units.get(device.mac)?.device, device];
    keeping.file(device.mac, { file: there, bytes: before, devices, by: file });
  }
}

/** A file that was not there before is fetched as a whole: the phone itself knows what that needs. */
function rebootNeeded(vendor: Vendor | undefined, { before, after }: Difference): boolean {
  if (!vendor || !before) return false;
  return needsReboot(vendor.reboot_when, [{ before: before.toString('utf8'), after: after.toString('utf8') }]);
}
