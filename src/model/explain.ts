import type { Place } from '../problem.ts';
import type { Device } from './device.ts';
import { positionsOf, takesLineKeys } from './key-layout.ts';
import { deviceLayer, findSection, type Layer, layersBelow, valueAt } from './layers.ts';
import { type Mac, parseMac } from './mac.ts';
import { isSecretKey } from './password-name.ts';
import { isPersonField } from './people-source.ts';
import { groupGiver, sayingsOf } from './people-sources.ts';
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
 * first: the first one holds, and it overrides the others. Empty when nobody does: then it is so by default.
 */
export function explainValue(sources: Sources, entry: Entry, path: Path): readonly Origin[] {
  const [head, index, leaf] = path;
  if (head === 'server') return fromSection(sources, path);
  if (head === 'lines' && leaf !== undefined) return lineOrigins(sources, entry, Number(index), path.slice(2));
  if (head === 'keys' && leaf !== undefined) return keyOrigins(sources, entry, Number(index), String(leaf));
  if (head === 'group' && entry.raw.group === undefined) return groupOrigins(sources, entry);
  return settingOrigins(sources, entry, path);
}

function settingOrigins(sources: Sources, entry: Entry, setting: Path): readonly Origin[] {
  const origins = layersOf(sources, entry)
    .toReversed()
    .flatMap((layer) => originIn(layer, setting) ?? []);
  // Its words are made of others: a host of a url, a title of `on`. Then it is so because of what they stand in.
  const isMade = setting[0] === 'directory' && setting.length > 1 && origins.length === 0;
  return isMade ? settingOrigins(sources, entry, setting.slice(0, -1)) : origins;
}

const layersOf = (sources: Sources, { raw, file, index }: Entry): readonly Layer[] => [
  ...layersBelow(sources, { ...raw, group: raw.group ?? groupGiver(sources, raw)?.value }),
  deviceLayer(raw, file, index),
];

function originIn(layer: Layer, setting: Path): Origin | undefined {
  const value = valueAt(layer.settings, setting);
  if (value === undefined) return undefined;
  return { layer: layer.title, place: layer.place(setting), value: shown(value, setting) };
}

function fromSection(sources: Sources, path: Path): readonly Origin[] {
  const section = findSection(sources, 'server');
  const value = section && valueAt({ server: section.value }, path);
  if (!section || value === undefined) return [];
  return [{ layer: 'server', place: section.file.locate(path), value: shown(value, path) }];
}

/** `path` starts at the line. */
function lineOrigins(sources: Sources, entry: Entry, line: number, path: Path): readonly Origin[] {
  const { raw, file, index } = entry;
  const rawLine = linesOf(raw)[line];
  const leaf = String(path[0]);
  if (!rawLine || leaf === 'index') return [];
  const at = raw.lines ? ['devices', index, 'lines', line] : ['devices', index];
  const value = valueAt(rawLine, path);
  const own =
    value === undefined ? [] : [{ layer: 'line', place: file.locate([...at, ...path]), value: shown(value, path) }];
  if (leaf === 'extension') return own;
  if (leaf === 'sip') return [...own, ...settingOrigins(sources, entry, path)];
  const person = extensionOrigins(sources, rawLine.extension, leaf === 'label' ? 'name' : leaf);
  if (leaf === 'voicemail') return [...person, ...settingOrigins(sources, entry, path)];
  const said = [...own, ...person];
  // Who has no name is called by the number.
  const number = { layer: 'line', place: file.locate([...at, 'extension']), value: rawLine.extension };
  return said.length > 0 || leaf === 'password' ? said : [number];
}

/** A key of the resolved device by its index; its label may follow the name of a line, or of whom it watches. */
function keyOrigins(sources: Sources, entry: Entry, index: number, leaf: string): readonly Origin[] {
  const layer = layersOf(sources, entry).findLast(({ settings }) => settings.keys !== undefined);
  const keys = layer?.settings.keys ?? [];
  const model = sources.vendors.get(entry.raw.vendor)?.models.get(entry.raw.model);
  const lines = model && takesLineKeys(keys, model) ? linesOf(entry.raw).length : 0;
  if (index < lines) return lineOrigins(sources, entry, index, [leaf === 'label' ? 'label' : 'extension']);
  const order = positionsOf(keys, lines + 1)
    .map((position, key) => ({ position, key }))
    .sort((a, b) => a.position - b.position);
  const key = order[index - lines]?.key;
  const raw = key === undefined ? undefined : keys[key];
  if (!layer || key === undefined || !raw) return settingOrigins(sources, entry, ['keys']);
  const own = originIn(layer, ['keys', key, leaf]);
  if (leaf !== 'label') return own ? [own] : [];
  const followed =
    raw.type === 'line'
      ? lineOrigins(sources, entry, (raw.line ?? 1) - 1, ['label'])
      : extensionOrigins(sources, raw.value ?? '', 'name');
  const value = followed.length > 0 ? undefined : originIn(layer, ['keys', key, 'value']);
  return [own, ...followed, own ? undefined : value].filter((origin) => origin !== undefined);
}

/** The group that the person on the first line gives it. */
function groupOrigins(sources: Sources, { raw }: Entry): readonly Origin[] {
  const giver = groupGiver(sources, raw);
  return giver ? extensionOrigins(sources, giver.number, 'group') : [];
}

/** What the sources of people say of an extension: a name, a password. The strongest first, which overrides the others. */
export function extensionOrigins(sources: Sources, number: string, field: string): readonly Origin[] {
  if (!isPersonField(field)) return [];
  return sayingsOf(sources, number, field).map(({ file, value }) => {
    const path = ['extensions', number, field];
    return { layer: `extension ${number}`, place: file.locate(path), value: shown(value, path) };
  });
}

/** A password as it is written may be the password itself. */
function shown(value: unknown, path: Path): string {
  if (path.some(isSecretKey) && typeof value === 'string') return String(new Secret(''));
  return typeof value === 'string' ? value : JSON.stringify(value, maskPasswords);
}

function maskPasswords(key: string, value: unknown): unknown {
  if (key === 'age') return '…';
  return isSecretKey(key) && typeof value === 'string' ? String(new Secret('')) : value;
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
