import { formatMac } from '../model/mac.ts';
import { nearest } from '../model/nearest.ts';
import { shownText } from '../render/shown.ts';
import {
  type DeviceRevisions,
  knownDevices,
  openDeviceRevisions,
  pickRevision,
  type RevisionFile,
} from '../rollback/revisions.ts';
import type { Console, Place } from './command.ts';
import type { StatusFormat } from './format-status.ts';

export interface ShowArguments extends Pick<Place, 'out' | 'state'> {
  /** MAC or extension. */
  readonly device: string;
  /** Its beginning, `current` or `previous`. */
  readonly revision: string;
  readonly file?: string;
  readonly format: StatusFormat;
}

/** Lists the files of a revision of a device, or prints one of them, every secret as dots. 0. */
export async function show({ state, out, device: word, revision, file, format }: ShowArguments, console: Console) {
  const opened = openDeviceRevisions({ state, out });
  try {
    for (const device of knownDevices(word, { state, out })) {
      const one = opened.of(device);
      const picked = pickRevision(revision, one);
      const files = one.files(picked) ?? [];
      const shown = file === undefined ? files : [named(file, files)];
      const answer = { device: one, revision: picked, files: shown, withText: file !== undefined };
      console.out(format === 'json' ? jsonOf(answer) : textOf(answer));
    }
    return 0;
  } finally {
    opened.close();
  }
}

interface Shown {
  readonly device: DeviceRevisions;
  readonly revision: string;
  readonly files: readonly RevisionFile[];
  readonly withText: boolean;
}

function jsonOf({ device, revision, files, withText }: Shown): string {
  const { mac, current, pin, shared } = device;
  const listed = files.map(({ path, cut }) => ({ file: path, ...(withText && { text: cut && shownText(cut) }) }));
  return `${JSON.stringify({ mac, revision, current, pin, files: listed, ...(!withText && { shared }) })}\n`;
}

function textOf({ device, revision, files, withText }: Shown): string {
  if (withText)
    return files.map(({ path, cut }) => (cut ? shownText(cut) : `the text of ${path} is not kept\n`)).join('');
  const { mac, current, pin, shared } = device;
  const which = revision === current ? 'what it has' : 'what it had';
  const pinned = pin ? [`pinned to ${pin.revision}${pin.reason ? `: ${pin.reason}` : ''}`] : [];
  const own = files.map(({ path, cut }) => `  ${path}${cut ? '' : '  (its text is not kept)'}`);
  const others = revision === current ? shared.map((path) => `  ${path}  (shared with other devices)`) : [];
  return [`${formatMac(mac)} ${revision}, ${which}`, ...pinned, ...own, ...others].map((line) => `${line}\n`).join('');
}

function named(word: string, files: readonly RevisionFile[]): RevisionFile {
  const found = files.find(({ path }) => path.toLowerCase() === word.toLowerCase());
  if (found) return found;
  const names = files.map(({ path }) => path);
  const guess = nearest(word, new Set(names));
  throw new Error(
    `"${word}" is no file of it${guess ? ` (did you mean "${guess}"?)` : `; it has ${names.join(', ') || 'none'}`}`,
  );
}
