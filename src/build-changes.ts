import { revisionWith, type Unit } from './build-before.ts';
import type { Around, Made } from './build-render.ts';
import { devicesTouched, type Touched } from './model/change.ts';
import type { Device } from './model/device.ts';
import type { Mac } from './model/mac.ts';
import type { Site } from './model/site.ts';

/** What a build comes to. */
export interface Changes {
  readonly touched: readonly Touched[];
  /** Files that earlier builds wrote and nobody wants any more. */
  readonly obsolete: readonly string[];
}

/** @param held devices of whom nothing changes, whatever files they share with others */
export function changesOf(
  around: Around,
  made: Made,
  held: ReadonlySet<Mac> = new Set(),
): Changes & { gone: readonly Mac[] } {
  const { rendering, units, out } = around;
  const { site } = rendering;
  const gone = goneFrom(units, site, made.units);
  const obsolete = obsoletePaths(around, made, gone);
  // Who fetched one of these finds nothing now: that is a change of its bytes, too.
  const lost = obsolete.flatMap((path) => {
    const file = out.index.get(path.toLowerCase());
    return file ? [{ audience: file.audience, reboot: false }] : [];
  });
  const rendered = made.units.map(({ device }) => device);
  const touched = devicesTouched([...made.changes, ...lost], { devices: site.devices, rendered });
  const all = [...touched, ...renamed(around, made, touched)];
  return { touched: held.size === 0 ? all : all.filter(({ device }) => !held.has(device.mac)), obsolete, gone };
}

/**
 * Devices with the bytes that they had, that are meant to have another revision all the same: pinned, or no more, while
 * a file that they share was changed. Told again they have it.
 */
function renamed(around: Around, { units, shared }: Made, touched: readonly Touched[]): Touched[] {
  const { before, done, stage } = around;
  if (!done) return [];
  const isOther = ({ device, paths, pin }: Unit) => {
    const was = before.pin(device.mac);
    if (was?.revision === pin?.revision) return false;
    return (pin?.revision ?? revisionOfPaths(paths, { stage, shared, device })) !== before.revision(device);
  };
  const known = new Set(touched.map(({ device }) => device.mac));
  const some = units.filter((unit) => !known.has(unit.device.mac) && isOther(unit));
  return some.map(({ device }) => ({ device, reboot: false }));
}

/** The revision of a device with these files as they will stand in out/. */
export function revisionOfPaths(
  paths: readonly string[],
  { stage, shared, device }: Pick<Around, 'stage'> & Pick<Made, 'shared'> & { readonly device: Device },
): string {
  return revisionWith(
    paths.flatMap((path) => stage.entry(path) ?? []),
    shared,
    device,
  );
}

/** Before its files are replaced what a device had is written down. */
export function keepBefore(
  { before, keeping, out, units }: Around,
  { touched, obsolete, gone }: ReturnType<typeof changesOf>,
): void {
  for (const { device } of touched) {
    const revision = before.pin(device.mac) ? undefined : before.revision(device);
    if (revision !== undefined) keeping.revision(device.mac, revision, before.own(device.mac));
  }
  const isGone = new Set(gone);
  for (const path of obsolete) {
    const file = out.index.get(path.toLowerCase());
    if (!file || !('mac' in file.audience) || isGone.has(file.audience.mac)) continue;
    const bytes = out.read(file);
    const { mac } = file.audience;
    if (bytes) keeping.file(mac, { file, bytes, devices: [units.get(mac)?.device] });
  }
  keeping.forget(gone);
}

function obsoletePaths({ units, done, out }: Around, made: Made, gone: readonly Mac[]): string[] {
  const wanted = new Set(made.shared.map(({ path }) => path));
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
