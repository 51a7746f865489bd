import { hash as digest } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concerns, type Written } from '../model/file.ts';
import { formatMac, type Mac, parseMac } from '../model/mac.ts';
import { nearest } from '../model/nearest.ts';
import { revisionOf } from '../model/revision.ts';
import { type Cut, cutSecrets } from '../render/cut.ts';
import { type Pin, readPins } from '../state/pins.ts';
import { type KeptRevision, type RevisionsReader, readRevisions } from '../state/revisions.ts';
import { type KnownDevice, readDevices, readFilesOf, readWritten } from '../state/written.ts';

/** A file of a device in one of its revisions, without its secrets; undefined where its text is not kept. */
export interface RevisionFile {
  readonly path: string;
  readonly cut: Cut | undefined;
}

/** What a device has now and had before, from the state folder and out/. */
export interface DeviceRevisions {
  readonly mac: Mac;
  readonly pin?: Pin;
  /** What it has; undefined when it was never built. */
  readonly current: string | undefined;
  /** The latest first. */
  readonly all: readonly { readonly revision: string /** When it was replaced. */; readonly until?: number }[];
  /** Its own files in a revision of `all`; undefined for one that is not kept. */
  files(revision: string): readonly RevisionFile[] | undefined;
  /** The same by their hashes. */
  kept(revision: string): KeptFiles | undefined;
  /** Its own files in out/. */
  readonly own: readonly Written[];
  /** Names of the files that it shares with others, as they are now. */
  readonly shared: readonly string[];
}

export type KeptFiles = Pick<KeptRevision, 'files'>;

/** Absolute. */
export interface Folders {
  readonly state: string;
  readonly out: string;
}

/** There is no such revision, or it cannot be made. The message is a sentence for whoever asked. */
export class NoWayBack extends Error {}

/**
 * The devices that a word means: a MAC, or an extension, which may be on several phones.
 * @throws Error with a sentence when it means none
 */
export function knownDevices(word: string, { state, out }: Folders): KnownDevice[] {
  const mac = parseMac(word);
  const folders = { folder: state, out };
  const all = readDevices(mac ? folders : { ...folders, extension: word });
  const found = mac ? all.filter((device) => device.mac === mac) : all;
  if (found.length > 0) return found;
  const known = mac ? [] : readDevices(folders).flatMap(({ extension }) => extension ?? []);
  const guess = nearest(word, new Set(known));
  throw new Error(
    `"${word}" is no device that was ever built: wanted a MAC or an extension${guess ? ` (did you mean "${guess}"?)` : ''}`,
  );
}

/** The same, but a MAC that the last build did not have is taken for one that was there before. */
export function knownMacs(word: string, folders: Folders): Known[] {
  const mac = parseMac(word);
  if (!mac) return knownDevices(word, folders);
  const [found] = readDevices({ folder: folders.state, out: folders.out }).filter((device) => device.mac === mac);
  return [found ?? { mac, vendor: '', model: '' }];
}

type Known = Pick<KnownDevice, 'mac' | 'vendor' | 'model'>;

/** Opens what is kept; `close` when nothing more is read. */
export function openDeviceRevisions({ state, out }: Folders) {
  const store = readRevisions({ folder: state });
  const pins = readPins({ folder: state });
  const filesOf = createFilesReader({ state, out });

  function of(device: Known): DeviceRevisions {
    const { mac } = device;
    const { own, shared } = filesOf(device);
    const pin = pins.get(mac);
    const kept = store?.of(mac) ?? [];
    const current = own.length === 0 ? undefined : currentOf(pin, own, shared);
    const past = kept.filter(({ revision }) => revision !== current);
    const keptOf = (revision: string): KeptFiles | undefined =>
      revision === current ? { files: own } : kept.find((one) => one.revision === revision);
    return {
      ...{ mac, current, own, kept: keptOf, shared: shared.map(({ path }) => path) },
      ...(pin && { pin }),
      all: [
        ...(current === undefined ? [] : [{ revision: current }]),
        ...past.map(({ revision, until }) => ({ revision, until })),
      ],
      files: (revision) =>
        keptOf(revision)?.files.map(({ path, hash }) => {
          const there = own.find((file) => file.hash.startsWith(hash));
          return { path, cut: there ? textOf(out, there) : store?.file(mac, hash) };
        }),
    };
  }

  const nothing: Pick<RevisionsReader, 'revision' | 'file'> = { revision: () => undefined, file: () => undefined };
  return { of, revisions: store ?? nothing, close: () => store?.close() };
}

/** Devices that are asked for one by one; for more the whole record is read at once. */
const fewDevices = 10;

function createFilesReader({ state: folder, out }: Folders): (device: Known) => FilesOf {
  let asked = 0;
  let all: ReadonlyMap<Mac | undefined, readonly Written[]> | undefined;
  return (device) => {
    asked += 1;
    if (asked <= fewDevices) return readFilesOf(device, { folder, out });
    if (!all) {
      const { files, close } = readWritten({ folder, out });
      close();
      all = Map.groupBy(files.values(), ({ audience }) => ('mac' in audience ? audience.mac : undefined));
    }
    const shared = (all.get(undefined) ?? []).filter(({ audience }) => concerns(audience, device));
    return { own: all.get(device.mac) ?? [], shared };
  };
}

type FilesOf = ReturnType<typeof readFilesOf>;

/** A pin that no build has seen yet is not what the device has: its files say so, as far as they can. */
function currentOf(pin: Pin | undefined, own: readonly Written[], shared: readonly Written[]): string {
  const revision = revisionOf([...own, ...shared]);
  return pin && pin.from !== revision ? pin.revision : revision;
}

/** What stands in out/, when it is what was written. */
export function readAsWritten(out: string, { path, hash }: Pick<Written, 'path' | 'hash'>): Buffer | undefined {
  try {
    const bytes = readFileSync(join(out, path));
    return digest('sha256', bytes) === hash ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function textOf(out: string, file: Written): Cut | undefined {
  const bytes = readAsWritten(out, file);
  return bytes && cutSecrets({ bytes, secrets: file.secrets }, []);
}

/**
 * The revision that a word means: its beginning, `current` or `previous`.
 * @throws Error with a sentence when there is none, or more than one
 */
export function pickRevision(
  word: string,
  { mac, all, current }: Pick<DeviceRevisions, 'mac' | 'all' | 'current'>,
): string {
  const known = all.map(({ revision }) => revision);
  if (word === 'current' && current !== undefined) return current;
  const [previous] = known.filter((revision) => revision !== current);
  if (word === 'previous' && previous !== undefined) return previous;
  const found = known.filter((revision) => revision.startsWith(word.toLowerCase()));
  if (found.length === 1 && word !== '') return found[0]!;
  if (found.length > 1)
    throw new NoWayBack(`${formatMac(mac)}: "${word}" begins ${found.length} revisions: ${found.join(', ')}`);
  if (word === 'previous') throw new NoWayBack(`${formatMac(mac)} has no revision before the one that it has`);
  const guess = nearest(word, new Set(known));
  const wanted = known.length === 0 ? 'none is kept' : `wanted one of ${known.join(', ')}, or previous`;
  throw new NoWayBack(
    `${formatMac(mac)} has no revision "${word}"${guess ? ` (did you mean "${guess}"?)` : ''}: ${wanted}`,
  );
}
