import { quoted, shortened, visible } from '../problem.ts';
import { accessFaults } from './access.ts';
import type { Device, Line, Server, Settings, Sip } from './device.ts';
import { exposedByNetworks } from './exposed.ts';
import type { Extension } from './extension.ts';
import type { Fault } from './faults.ts';
import { layOutKeys } from './key-layout.ts';
import { mergeLayers } from './layers.ts';
import { isLeftOut, isSipLeftOut } from './left-out.ts';
import { parseMac } from './mac.ts';
import { nearestNumber } from './nearest.ts';
import { knownBy, sayingsOf } from './people-sources.ts';
import { directoryFaults } from './resolve-directory.ts';
import { type ResolvedSettings, resolveSettings, resolveSip, transportFaults } from './resolve-settings.ts';
import { Secret } from './secret.ts';
import type { RawDevice, RawKey, RawLine, RawSettings, Sources } from './sources.ts';
import type { Model, Vendor } from './vendor.ts';

/** All that devices of one vendor, model and group share. */
export interface Stack extends ResolvedSettings {
  readonly vendor: Vendor;
  readonly model: Model;
  /** The layers below the device, merged. */
  readonly merged: RawSettings;
  readonly server: Server;
}

export interface DeviceInput {
  readonly raw: RawDevice;
  /** Its own, or that of the person on its first line. */
  readonly group?: string;
  readonly stack: Stack;
  readonly sources: Sources;
  readonly extensions: ReadonlyMap<string, Extension>;
}

export interface ResolvedDevice {
  /** Absent when a fault leaves nothing that could be rendered. */
  readonly device?: Device;
  /** Paths start at the settings that the device has in the end; `lines`, `mac` and so on at the device. */
  readonly faults: readonly Fault[];
  /** Numbers of the extensions that it was made from. */
  readonly numbers: readonly string[];
  /** Numbers of those whose names it shows besides. */
  readonly watched: readonly string[];
}

/** Applies the device's own layer and joins its people. */
export function resolveDevice({ raw, group, stack, sources, extensions }: DeviceInput): ResolvedDevice {
  const own = ownSettings(raw) ? resolveOwn(raw, stack, sources) : { ...stack, faults: [] };
  const mac = parseMac(raw.mac);
  const rawLines = linesOf(raw);
  const faults: Fault[] = [...own.faults, ...lineFaults(raw, { ...own, stack, sources, extensions })];
  if (!mac)
    faults.push({
      code: 'schema',
      path: ['mac'],
      severity: 'error',
      message: '000000000000 is the name of a common file, and no device’s MAC',
    });
  const lines = rawLines.flatMap((line, index) => toLine(line, { index, own, extensions }) ?? []);
  const rawKeys = own.merged.keys ?? [];
  const layout = layOutKeys({
    keys: rawKeys,
    lines,
    // A line that was left out may be any of them.
    lineCount: rawLines.some(({ extension }) => extension === '') ? Number.POSITIVE_INFINITY : rawLines.length,
    model: stack.model,
    extensions,
    isLeftOut: (number) => isLeftOut(sources, ['extensions', number]),
  });
  faults.push(...layout.faults.map(underKeys));
  faults.push(...directoryFaults(own.merged.directory, sources));
  faults.push(...accessFaults({ ...stack, raw: own.merged.access, access: own.settings.access, ip: raw.ip }));
  faults.push(...exposedByNetworks({ lines, settings: own.settings }));
  const numbers = rawLines.map(({ extension }) => extension);
  const watched = watchedNumbers(rawKeys);
  if (!mac || lines.length < rawLines.length) return { faults, numbers, watched };
  const device: Device = {
    mac,
    vendor: stack.vendor.id,
    model: stack.model.id,
    group,
    ip: raw.ip,
    sip_port: raw.sip_port ?? 5060,
    server: stack.server,
    lines: Object.freeze(lines),
    keys: Object.freeze(layout.keys),
    settings: own.settings,
  };
  return { device: Object.freeze(device), faults, numbers, watched };
}

const underKeys = ({ relatedPath, ...fault }: Fault): Fault => ({
  ...fault,
  path: ['keys', ...fault.path],
  ...(relatedPath && { relatedPath: ['keys', ...relatedPath] }),
});

const identityWords: ReadonlySet<string> = new Set([
  'mac',
  'vendor',
  'model',
  'extension',
  'lines',
  'group',
  'note',
  'ip',
  'sip_port',
]);

const ownSettings = (raw: RawDevice): boolean => Object.keys(raw).some((word) => !identityWords.has(word));

function resolveOwn(raw: RawDevice, stack: Stack, sources: Sources) {
  const own = Object.fromEntries(Object.entries(raw).filter(([word]) => !identityWords.has(word)));
  // Keys are no settings: who has only keys of his own has the settings of his stack, the very same.
  if (Object.keys(own).every((word) => word === 'keys'))
    return { ...stack, merged: { ...stack.merged, keys: raw.keys }, faults: [] };
  const merged = mergeLayers([stack.merged, own]);
  const resolved = resolveSettings(merged, stack.vendor, sources);
  // A fault of a lower layer is that layer's, and is reported once.
  const faults = resolved.faults.filter(({ path }) => String(path[0]) in own);
  return { ...resolved, merged, faults };
}

export function linesOf(raw: RawDevice): readonly RawLine[] {
  return raw.lines ?? (raw.extension === undefined ? [] : [{ extension: raw.extension }]);
}

/** Labels follow the names behind these. */
const watchedNumbers = (keys: readonly RawKey[]): string[] =>
  keys.flatMap(({ type, value, label }) => (label === undefined && type !== 'line' && value) || []);

interface LineContext {
  readonly index: number;
  readonly own: { readonly settings: Settings; readonly sip: Sip; readonly merged: RawSettings };
  readonly extensions: ReadonlyMap<string, Extension>;
}

const noPassword = new Secret('');

function toLine(raw: RawLine, { index, own, extensions }: LineContext): Line | undefined {
  const extension = extensions.get(raw.extension);
  if (!extension) return undefined;
  return Object.freeze({
    index: index + 1,
    extension: extension.number,
    name: extension.name,
    label: raw.label ?? extension.name,
    auth_user: extension.auth_user ?? extension.number,
    password: extension.password ?? noPassword,
    voicemail: extension.voicemail ?? own.settings.voicemail,
    sip: raw.sip ? resolveSip({ ...own.merged.sip, ...raw.sip }) : own.sip,
  });
}

interface LineFaultContext extends Pick<DeviceInput, 'sources' | 'extensions' | 'stack'> {
  readonly sip: Sip;
}

function lineFaults(raw: RawDevice, { sip, stack, sources, extensions }: LineFaultContext): Fault[] {
  const lines = linesOf(raw);
  const faults: Fault[] = [];
  const add = (code: Fault['code'], path: Fault['path'], message: string) =>
    faults.push({ code, path, message, severity: 'error' });
  if (lines.length > stack.model.lines)
    add(
      'too-many-lines',
      ['lines', stack.model.lines],
      `the device has ${lines.length} lines; ${stack.model.title} has ${stack.model.lines}`,
    );
  for (const [index, line] of lines.entries()) {
    const number = line.extension;
    // Left out, since it has a fault of its own.
    if (number === '') continue;
    const path = raw.lines ? ['lines', index, 'extension'] : ['extension'];
    const extension = extensions.get(number);
    if (!extension && !isLeftOut(sources, ['extensions', number]))
      add('unknown-extension', path, unknownExtension(number, extensions, sources));
    else if (extension && !extension.password && !hasReference(number, sources))
      add('missing-password', path, missingPassword(extension, sources));
    faults.push(...transportFaults(line.sip?.transport, stack.vendor, ['lines', index, 'sip', 'transport']));
    if (!(line.sip?.server ?? sip.server) && !isSipLeftOut(sources))
      add('missing-sip-server', path, 'a line has no SIP server to register with; wanted `sip: { server: … }`');
  }
  return faults;
}

/** A reference that cannot be read is a fault of the extension, not of the device. */
const hasReference = (number: string, sources: Sources): boolean =>
  isLeftOut(sources, ['extensions', number, 'password']) || sayingsOf(sources, number, 'password').length > 0;

function missingPassword({ number, name }: Extension, sources: Sources): string {
  const files = knownBy(sources, number);
  const where = `of ${files.map(({ path }) => path).join(' and ')}`;
  const isNameless = name === number || files.some(({ isSealed }) => isSealed);
  const who = isNameless ? `extension ${number} (${where})` : `${visible(shortened(name))} (${number}, ${where})`;
  const other = sources.people ? 'another source of `people`' : 'its entry';
  return `${who} has a line, but no SIP password; wanted \`password\` in ${other}`;
}

function unknownExtension(number: string, extensions: ReadonlyMap<string, Extension>, { people }: Sources): string {
  const guess = nearestNumber(number, extensions);
  const known = people ? 'wanted one of `extensions`, or of a source of `people`' : 'wanted one of `extensions`';
  return `there is no extension ${quoted(number)}; ${guess ? `did you mean "${guess}"?` : known}`;
}
