import { hash as digest } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Loaded } from './load.ts';
import type { Device } from './model/device.ts';
import { type Audience, concerns, type File, type FileEntry, type Span, type Written } from './model/file.ts';
import type { Mac } from './model/mac.ts';
import type { Site } from './model/site.ts';
import { needsReboot } from './notify/event.ts';
import { readIfThere } from './output/stage.ts';
import type { Problem } from './problem.ts';
import { createRenderProblems } from './render/render-problems.ts';

/** Bytes of a file and where in them the secrets stand. */
export interface Content {
  readonly bytes: Buffer;
  readonly secrets: readonly Span[];
}

/** What stands, or would stand, in out/: the side that a preview is held against. */
export interface Before {
  /** Files that go when nobody wants them any more. */
  readonly removable: Iterable<FileEntry>;
  /** What stands where this file would be written, whoever wrote it. */
  entry(file: FileEntry): FileEntry | undefined;
  /** Undefined when it cannot be told where its secrets are: then it must not be shown. */
  content(entry: FileEntry): Content | undefined;
  /** The device as it was resolved, where that is known; its secrets are dots, or `Secret`. */
  device(mac: Mac): unknown;
}

export interface FileChange {
  readonly path: string;
  readonly audience: Audience;
  readonly kind: 'added' | 'changed' | 'removed';
  /** Absent for an added file, and for one that must not be shown. */
  readonly before?: Content;
  readonly after?: Content;
  readonly reboot: boolean;
}

export interface Preview {
  readonly changes: readonly FileChange[];
  /** Devices that fetch a file that would change, with whether a changed line needs a reboot. */
  readonly devices: readonly { readonly device: Device; readonly reboot: boolean }[];
  readonly total: number;
  readonly problems: readonly Problem[];
}

/** What a build would change, without writing anything. */
export async function preview(after: Loaded, before: Before): Promise<Preview> {
  const problems = createRenderProblems();
  const changes: FileChange[] = [];
  const wanted = new Set<string>();
  for await (const { files, problems: found, vendor } of renderedInTurn(after)) {
    problems.add(found);
    for (const file of files) {
      wanted.add(file.path.toLowerCase());
      const entry = before.entry(file);
      if (entry?.hash !== file.hash)
        changes.push(changeOf(file, entry && before.content(entry), { entry, vendor, site: after.site }));
    }
  }
  for (const entry of before.removable)
    if (!wanted.has(entry.path.toLowerCase()))
      changes.push({
        path: entry.path,
        audience: entry.audience,
        kind: 'removed',
        before: before.content(entry),
        reboot: false,
      });
  return {
    changes,
    devices: devicesOf(after.site, changes),
    total: after.site.devices.length,
    problems: problems.all(),
  };
}

/** A build leaves the files of some devices as they are, whatever git says of them; those that they share change for all. */
export function withoutOwnFilesOf(macs: ReadonlySet<Mac>, preview: Preview): Preview {
  if (macs.size === 0) return preview;
  const changes = preview.changes.filter(({ audience }) => !('mac' in audience && macs.has(audience.mac)));
  const shared = changes.filter(({ audience }) => !('mac' in audience));
  const isTouched = (device: Device) => shared.some(({ audience }) => concerns(audience, device));
  const devices = preview.devices.filter(({ device }) => !macs.has(device.mac) || isTouched(device));
  return { ...preview, changes, devices };
}

/** The files that devices share, and then each device's; other work gets its turn in between. */
async function* renderedInTurn({ rendering, site }: Loaded) {
  yield { ...rendering.shared(), vendor: undefined };
  for (const [index, device] of site.devices.entries()) {
    yield { ...rendering.device(device), vendor: device.vendor };
    if (index % 500 === 499) await nextTurn();
  }
}

interface ChangeContext {
  readonly entry?: FileEntry;
  readonly vendor?: string;
  readonly site: Site;
}

function changeOf(file: File, before: Content | undefined, { entry, vendor, site }: ChangeContext): FileChange {
  const { path, audience, bytes, secrets } = file;
  const patterns = site.vendors.get(vendor ?? ('vendor' in audience ? audience.vendor : ''))?.reboot_when ?? [];
  const texts = before && [{ before: before.bytes.toString('utf8'), after: bytes.toString('utf8') }];
  const reboot = texts !== undefined && needsReboot(patterns, texts);
  return { path, audience, kind: entry ? 'changed' : 'added', before, after: { bytes, secrets }, reboot };
}

function devicesOf({ devices }: Site, changes: readonly FileChange[]): Preview['devices'] {
  const byMac = Map.groupBy(changes, ({ audience }) => ('mac' in audience ? audience.mac : undefined));
  const shared = byMac.get(undefined) ?? [];
  return devices.flatMap((device) => {
    const mine = [...(byMac.get(device.mac) ?? []), ...shared.filter(({ audience }) => concerns(audience, device))];
    return mine.length === 0 ? [] : [{ device, reboot: mine.some(({ reboot }) => reboot) }];
  });
}

/** Nothing: everything is new. */
export const nothingBefore: Before = {
  removable: [],
  entry: () => undefined,
  content: () => undefined,
  device: () => undefined,
};

/**
 * What stands in out/ now. `written` is the record of what was written, by name in lower case; a file that somebody
 * changed since then, or put there himself, counts with the bytes that it has, and is neither shown nor removed.
 */
export function beforeInFolder(out: string, written: ReadonlyMap<string, Written>): Omit<Before, 'device'> {
  const ours = new Map([...written].filter(([, file]) => isAsWritten(out, file)));
  return {
    removable: ours.values(),
    entry(file) {
      const known = ours.get(file.path.toLowerCase());
      if (known) return known;
      const bytes = readIfThere(join(out, file.path));
      return bytes && { ...file, size: bytes.length, hash: digest('sha256', bytes) };
    },
    content(entry) {
      const known = ours.get(entry.path.toLowerCase());
      const bytes = known && readIfThere(join(out, known.path));
      return known && bytes ? { bytes, secrets: known.secrets } : undefined;
    },
  };
}

function isAsWritten(out: string, { path, size, mtime, hash }: Written): boolean {
  const stat = lstatSync(join(out, path), { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size !== size) return false;
  if (stat.mtimeMs === mtime) return true;
  const bytes = readIfThere(join(out, path));
  return bytes !== undefined && digest('sha256', bytes) === hash;
}

/** What another project, or this one at another commit, renders. Bytes are rendered again when they are asked for. */
export async function beforeInProject(loaded: Loaded): Promise<Before> {
  const entries = new Map<string, FileEntry>();
  for await (const { files } of renderedInTurn(loaded))
    for (const { bytes: _, ...entry } of files) entries.set(entry.path.toLowerCase(), entry);
  const devices = new Map(loaded.site.devices.map((device) => [device.mac, device]));
  const again = ({ audience }: FileEntry): readonly File[] => {
    if (!('mac' in audience)) return loaded.rendering.shared().files;
    const device = devices.get(audience.mac);
    return device ? loaded.rendering.device(device).files : [];
  };
  return {
    removable: entries.values(),
    entry: ({ path }) => entries.get(path.toLowerCase()),
    device: (mac) => devices.get(mac),
    content: (entry) => again(entry).find(({ path }) => path === entry.path),
  };
}
