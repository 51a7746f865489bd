import type { EditFault, Fields, NotEdited, WantedEdit } from '../model/edit.ts';
import { entriesByMac } from '../model/explain.ts';
import { formatMac } from '../model/mac.ts';
import type { RawDevice, Sources } from '../model/sources.ts';
import { formatPlace, type Problem } from '../problem.ts';
import { type DeviceChange, editDevices, refusedText } from '../source/edit/devices.ts';
import { mergePatch } from '../source/edit/value.ts';
import { tagOf } from './keep.ts';
import { whereNew } from './where-new.ts';

/** Where a device stands, or should, and what is changed there. */
export interface Target {
  readonly file: string;
  readonly change: DeviceChange;
  readonly existed: boolean;
  readonly mac: WantedEdit['mac'];
}

/** The file as it is and as it should be. */
export interface Made extends Target {
  readonly before: Buffer;
  /** The same object as `before` where nothing is to be done. */
  readonly after: Buffer;
}

export interface TextOptions {
  readonly edit: WantedEdit;
  /** ETags that the file may have; any when absent. */
  readonly match?: readonly string[];
  /** The file that new devices are written to. */
  readonly new_devices?: string;
  /** The bytes of a file of the project. */
  readonly read: (file: string) => Buffer;
}

/** The text that a change makes of a file; whether it has faults nobody has looked yet. */
export function textOfEdit(sources: Sources, { edit, match, new_devices, read }: TextOptions): Made | NotEdited {
  const target = targetOf(sources, edit, new_devices);
  if ('refused' in target) return target;
  const { file, change } = target;
  const before = read(file);
  const tag = tagOf(before);
  if (match && !match.includes('*') && !match.includes(tag))
    return refused('precondition', `${file} is another since then: its ETag is "${tag}"`);
  const text = decoded(before);
  if (text === undefined) return refused('conflict', `${file} is not UTF-8`);
  const edited = editDevices(file, text, change);
  if ('refused' in edited) return refused('conflict', refusedText(edited.refused), [edited.refused]);
  return { ...target, before, after: edited.text === text ? before : Buffer.from(edited.text) };
}

export const refused = (why: NotEdited['refused'], message: string, faults?: readonly EditFault[]): NotEdited => ({
  ...{ refused: why, message },
  ...(faults && { faults }),
});

/** All that is wrong, the first one in the sentence. */
export function faulty(problems: readonly Problem[]): NotEdited {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return refused('faults', `the change is refused: ${first && formatPlace(first)} ${first?.message}${more}`, problems);
}

/** The file in which the device stands, or should. */
function targetOf(sources: Sources, edit: WantedEdit, new_devices: string | undefined): Target | NotEdited {
  const { mac } = edit;
  const entry = entriesByMac(sources).get(mac);
  if (entry) {
    const { path: file, isSealed } = entry.file;
    if (isSealed) return refused('conflict', `${file} is encrypted; change the device there by hand`);
    if (edit.kind !== 'add') return { file, mac, change: edit, existed: true };
    if (!edit.replace)
      return refused(
        'exists',
        `${formatMac(mac)} is there already: ${formatPlace(entry.file.locate(['devices', entry.index]))}`,
      );
    return { file, mac, change: { kind: 'change', mac, patch: patchOf(edit.device, entry.raw) }, existed: true };
  }
  if (edit.kind !== 'add') return refused('missing', `there is no device ${formatMac(mac)}`);
  const file = new_devices ?? whereNew(sources.files, edit.device);
  const known = sources.files.find(({ path }) => path === file);
  if (!known) return refused('conflict', `${file} is no file of the project: devices.yml, or one that it includes`);
  if (known.isSealed) return refused('conflict', `${file} is encrypted; add the device there by hand`);
  // What is to go of one that is not there is not there.
  const device = mergePatch({}, edit.device) as Fields;
  return { file: known.path, mac, change: { kind: 'add', device }, existed: false };
}

/** What it says in place of what is there. Of `extension` and `lines` a device has only one. */
function patchOf({ mac: _, ...device }: Fields, raw: RawDevice): Fields {
  if (device.extension !== undefined && raw.lines) return { ...device, lines: null };
  return device.lines !== undefined && raw.extension !== undefined ? { ...device, extension: null } : device;
}

/** With the mark of its byte order, if it has one. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
