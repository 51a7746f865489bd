import type { Loaded } from '../load.ts';
import type { Device } from '../model/device.ts';
import { type Entry, explainValue, valuesOf } from '../model/explain.ts';
import type { Mac } from '../model/mac.ts';
import { formatPlace } from '../problem.ts';

/** Why the bytes of a device change: which value of which file. */
export interface Reason {
  /** `lines.1.name`, counted from 1. */
  readonly setting: string;
  /** `extensions.yml:3:14`. */
  readonly place: string;
  readonly before: string;
  readonly after: string;
}

export interface ReasonInput {
  readonly after: Loaded;
  readonly entries: ReadonlyMap<Mac, Entry>;
  readonly device: Device;
  /** The device as it was; whatever is not known of it gives no reason. */
  readonly before: unknown;
}

/** Every value that differs, at the place that says so now. */
export function reasonsFor({ after, entries, device, before }: ReasonInput): Reason[] {
  const entry = entries.get(device.mac);
  if (!entry || before === undefined) return [];
  const was = valuesOf(before);
  const is = valuesOf(device);
  const names = [...new Set([...was.keys(), ...is.keys()])].filter(
    (name) => was.get(name)?.value !== is.get(name)?.value,
  );
  return names.map((name) => {
    const path = (is.get(name) ?? was.get(name))?.path ?? [];
    const [origin] = explainValue(after.sources, entry, sourcePath(path));
    const fallback = entry.file.locate(['devices', entry.index]);
    return {
      setting: counted(name),
      place: formatPlace(origin?.place ?? fallback),
      before: was.get(name)?.value ?? '',
      after: is.get(name)?.value ?? '',
    };
  });
}

/** A resolved value's path as the files have it: the settings stand at the top there. */
const sourcePath = (path: readonly (string | number)[]) => (path[0] === 'settings' ? path.slice(1) : path.slice(0, 3));

/** People count lines and keys from 1. */
const counted = (name: string): string =>
  name
    .replace(/^settings\./, '')
    .replace(/^(lines|keys)\.(\d+)/, (_, list: string, index: string) => `${list}.${Number(index) + 1}`);
