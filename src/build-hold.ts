import { changesOf, revisionOfPaths } from './build-changes.ts';
import { type Around, type Made, put } from './build-render.ts';
import type { Change, Touched } from './model/change.ts';
import type { Device } from './model/device.ts';
import type { Mac } from './model/mac.ts';
import type { Pin } from './state/pins.ts';

/** A device whose bytes would change. */
export interface Changing {
  readonly device: Device;
  /** Undefined for one that has no files yet: nothing can be kept of it. */
  readonly from: string | undefined;
  readonly to: string;
  /** It is held back already, and git says of it what is not what it is held at: it stays so unless it is unpinned. */
  readonly pin?: Pin;
}

/**
 * Asked before anything is written, when the bytes of devices would change: those that it names are pinned to what they
 * have, and nobody tells them. One that a rollout has pinned is among them whenever it was rendered anew, after a
 * restart, say; to let it go, `unpin` it before answering. Files that devices share change for all of them at once.
 */
export type Hold = (changing: readonly Changing[]) => readonly Pin[];

/** What was made, without what is held back. */
export interface Held {
  readonly made: Made;
  readonly held: ReadonlySet<Mac>;
}

/** Asks who is to be held back, and pins those. @throws Error when the disk does not take it */
export function holdBack(hold: Hold | undefined, made: Made, around: Around): Held {
  const { pins } = around.earlier ?? {};
  const changing = hold && pins ? changingOf(around, made) : [];
  if (!hold || !pins || changing.length === 0) return { made, held: new Set() };
  const named = new Map(hold(changing).map((pin) => [pin.device, pin]));
  const kept = changing.flatMap(({ device: { mac }, from, pin }): Pin[] => {
    const wanted = named.get(mac);
    return wanted && from !== undefined ? [{ ...wanted, revision: (pin ?? { revision: from }).revision }] : [];
  });
  pins.pin(kept);
  const freed = changing.filter(({ device: { mac }, pin }) => pin && !pins.of(mac)).map(({ device }) => device);
  const held = new Map(kept.map((pin) => [pin.device, pin]));
  const went = withHeld(around, letGo(around, made, freed), held);
  // Those that were held back before are changed by nothing but their secrets.
  const fresh = changing.filter(({ device: { mac }, pin }) => held.has(mac) && !pin);
  return { made: went, held: new Set(fresh.map(({ device }) => device.mac)) };
}

function changingOf(around: Around, made: Made): Changing[] {
  const { stage, before, units } = around;
  const fresh = new Map(made.units.map((unit) => [unit.device.mac, unit]));
  const unitOf = ({ device }: Touched) => fresh.get(device.mac) ?? units.get(device.mac);
  const touched = changesOf(around, made).touched.flatMap((one): Changing[] => {
    const unit = unitOf(one);
    if (!unit || unit.pin) return [];
    return [
      {
        device: one.device,
        from: before.revision(one.device),
        to: revisionOfPaths(unit.paths, { stage, shared: made.shared, device: one.device }),
      },
    ];
  });
  const behind = [...made.behind].flatMap(([mac, to]): Changing[] => {
    const { device, pin } = fresh.get(mac) ?? {};
    return device && pin && pin.cause !== 'person' ? [{ device, from: pin.revision, to, pin }] : [];
  });
  return [...touched, ...behind];
}

/** Devices that are pinned no more get what git says. */
function letGo(around: Around, made: Made, devices: readonly Device[]): Made {
  if (devices.length === 0) return made;
  const changes: Change[] = [...made.changes];
  const units = new Map(made.units.map((unit) => [unit.device.mac, unit]));
  for (const device of devices) {
    const { files, bootstrap } = around.rendering.device(device);
    put(around, changes, files, device);
    units.set(device.mac, { device, paths: files.map(({ path }) => path), bootstrap });
  }
  return { ...made, changes, units: [...units.values()] };
}

/** Devices that are held back have what they had, and their files are not touched. */
function withHeld(around: Around, made: Made, held: ReadonlyMap<Mac, Pin>): Made {
  if (held.size === 0) return made;
  const { stage, before, keeping } = around;
  const units = new Map(made.units.map((unit) => [unit.device.mac, unit]));
  const withdrawn = new Set<Mac>();
  for (const [mac, pin] of held) {
    const fresh = units.get(mac);
    const unit = fresh ?? around.units.get(mac);
    if (!unit) continue;
    if (fresh?.pin) {
      units.set(mac, { ...fresh, pin });
      continue;
    }
    for (const path of fresh?.paths ?? []) stage.withdraw(path);
    const own = before.own(mac);
    keeping.revision(mac, pin.revision, own);
    units.set(mac, { ...unit, paths: own.map(({ path }) => path), pin });
    withdrawn.add(mac);
  }
  const isWithdrawn = ({ audience }: Change) => 'mac' in audience && withdrawn.has(audience.mac);
  return { ...made, units: [...units.values()], changes: made.changes.filter((change) => !isWithdrawn(change)) };
}
