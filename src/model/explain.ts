import type { Place } from '../problem.ts';
import type { Device } from './device.ts';
import { deviceLayer, findSection, type Layer, layersBelow, valueAt } from './layers.ts';
import { type Mac, parseMac } from './mac.ts';
import { linesOf } from './resolve-device.ts';
import { Secret } from './secret.ts';
import type { Path, RawDevice, SourceFile, Sources } from './sources.ts';

/** What one layer says of a setting. */
export interface Origin {
  readonly layer: string;
  readonly place: Place;
  /** As it would be printed; dots for a secret. */
  readonly value: string;
}

/** A device of devices.yml with the place of its entry. */
export interface Entry {
  readonly raw: RawDevice;
  readonly file: SourceFile;
  readonly index: number;
}

/** The entry of every device, by MAC. */
export function entriesByMac({ files }: Sources): ReadonlyMap<Mac, Entry> {
  const entries = new Map<Mac, Entry>();
  for (const file of files)
    for (const [index, raw] of (file.content.devices ?? []).entries()) {
      const mac = raw && parseMac(raw.mac);
      if (mac) entries.set(mac, { raw, file, index });
    }
  return entries;
}

/**
 * Who says what of a value of a resolved device (`timezone`, `sip.server`, `lines.0.name`, `keys.2.label`), strongest
 * first: the first one holds, and it overrides the others.
 */
export function explainValue(sources: Sources, entry: Entry, path: Path): readonly Origin[] {
  const [head, index, leaf] = path;
  if (head === 'server') return fromSection(sources, path);
  if (head === 'lines' && leaf !== undefined && leaf !== 'sip')
    return lineOrigins(sources, entry, Number(index), String(leaf));
  const setting = head === 'lines' && leaf === 'sip' ? path.slice(2) : path;
  const below = layersBelow(sources, entry.raw);
  const layers = [...below, deviceLayer(entry.raw, entry.file, entry.index)];
  return layers.toReversed().flatMap((layer) => originIn(layer, setting) ?? []);
}

function originIn(layer: Layer, setting: Path): Origin | undefined {
  const value = valueAt(layer.settings, setting);
  if (value === undefined) return undefined;
  return { layer: layer.title, place: layer.place(setting), value: shown(value, setting) };
}

function fromSection(sources: Sources, path: Path): readonly Origin[] {
  const section = findSection(sources, 'server');
  if (!section) return [];
  const value = valueAt({ server: section.value }, path);
  return [{ layer: 'server', place: section.file.locate(path), value: shown(value, path) }];
}

function lineOrigins(sources: Sources, { raw, file, index }: Entry, line: number, leaf: string): readonly Origin[] {
  const rawLine = linesOf(raw)[line];
  if (!rawLine) return [];
  const path = raw.lines ? ['devices', index, 'lines', line] : ['devices', index];
  const number = { layer: 'device', place: file.locate([...path, 'extension']), value: rawLine.extension };
  if (leaf === 'extension') return [number];
  const own = leaf === 'label' && rawLine.label !== undefined;
  const label = own ? [{ layer: 'device', place: file.locate([...path, 'label']), value: rawLine.label ?? '' }] : [];
  return [...label, ...extensionOrigins(sources, rawLine.extension, leaf === 'label' ? 'name' : leaf), number];
}

/** What the entry of an extension says: a name, a password. */
export function extensionOrigins({ files }: Sources, number: string, leaf: string): readonly Origin[] {
  return files.flatMap((file) => {
    const extension = file.content.extensions?.[number];
    const value = valueAt(extension, [leaf]);
    if (value === undefined) return [];
    const path = ['extensions', number, leaf];
    return [{ layer: `extension ${number}`, place: file.locate(path), value: shown(value, path) }];
  });
}

/** A password as it is written may be the password itself. */
function shown(value: unknown, path: Path): string {
  if (path.some((step) => /password$/.test(String(step))) && typeof value === 'string') return String(new Secret(''));
  return typeof value === 'string' ? value : JSON.stringify(value, maskPasswords);
}

function maskPasswords(key: string, value: unknown): unknown {
  return /password$/.test(key) && typeof value === 'string' ? String(new Secret('')) : value;
}

/** Every value of a device by its path, lists of plain values as one: what can be explained. */
export function valuesOf(device: Device | unknown): ReadonlyMap<string, { path: Path; value: string }> {
  const values = new Map<string, { path: Path; value: string }>();
  const visit = (value: unknown, path: Path): void => {
    if (value === undefined) return;
    if (typeof value === 'object' && value !== null && !(value instanceof Secret) && !isPlainList(value))
      for (const [step, inner] of Object.entries(value)) visit(inner, [...path, step]);
    else values.set(path.join('.'), { path, value: Array.isArray(value) ? value.join(', ') : String(value) });
  };
  visit(device, []);
  return values;
}

const isPlainList = (value: object): boolean =>
  Array.isArray(value) && value.every((item) => typeof item !== 'object') && value.length > 0;
