import { formatPlace, type Place, type Problem } from '../problem.ts';
import { formatMac, type Mac, parseMac } from './mac.ts';
import type { RawDevice, RawFile, SourceFile, Sources } from './sources.ts';

/** Faults between places: what one entry alone does not show. */
export function createCheck(): (sources: Sources) => readonly Problem[] {
  const macs = new WeakMap<object, readonly (Mac | undefined)[]>();

  /** A list of devices that did not change keeps its MACs. */
  function macsOf(devices: readonly (RawDevice | undefined)[]): readonly (Mac | undefined)[] {
    const known = macs.get(devices) ?? devices.map((device) => device && parseMac(device.mac));
    macs.set(devices, known);
    return known;
  }

  return (sources) => [
    ...duplicateMacs(sources.files, macsOf),
    ...duplicateExtensions(sources.files),
    ...sectionsGivenTwice(sources.files),
    ...misplacedIncludes(sources.files),
    ...missingServer(sources),
  ];
}

function duplicateMacs(
  files: readonly SourceFile[],
  macsOf: (devices: readonly (RawDevice | undefined)[]) => readonly (Mac | undefined)[],
): Problem[] {
  const first = new Map<Mac, Seen>();
  const problems: Problem[] = [];
  for (const file of files)
    for (const [index, mac] of macsOf(file.content.devices ?? []).entries()) {
      if (mac === undefined) continue;
      const other = first.get(mac);
      if (other === undefined) first.set(mac, { file, path: ['devices', index, 'mac'] });
      else
        problems.push(
          twice(
            'duplicate-mac',
            `two devices have the MAC ${formatMac(mac)}`,
            { file, path: ['devices', index, 'mac'] },
            other,
          ),
        );
    }
  return problems;
}

function duplicateExtensions(files: readonly SourceFile[]): Problem[] {
  const first = new Map<string, Seen>();
  const problems: Problem[] = [];
  for (const file of files)
    for (const number of Object.keys(file.content.extensions ?? {})) {
      const seen: Seen = { file, path: ['extensions', number] };
      const other = first.get(number);
      if (other === undefined) first.set(number, seen);
      else problems.push(twice('duplicate-extension', `two files define extension ${number}`, seen, other, 'key'));
    }
  return problems;
}

const single = ['templates_dir', 'server', 'sip', 'notify', 'defaults'] as const satisfies readonly (keyof RawFile)[];
const maps = ['models', 'groups'] as const satisfies readonly (keyof RawFile)[];

function sectionsGivenTwice(files: readonly SourceFile[]): Problem[] {
  const paths = (file: SourceFile): (readonly [string, string?])[] => [
    ...single.filter((name) => file.content[name] !== undefined).map((name) => [name] as const),
    ...maps.flatMap((name) => Object.keys(file.content[name] ?? {}).map((entry) => [name, entry] as const)),
  ];
  const first = new Map<string, Seen>();
  const problems: Problem[] = [];
  for (const file of files)
    for (const steps of paths(file)) {
      const path = steps.filter((step) => step !== undefined);
      const other = first.get(path.join('\n'));
      if (other === undefined) first.set(path.join('\n'), { file, path });
      else problems.push(twice('include', `two files give ${path.join(' ')}`, { file, path }, other, 'key'));
    }
  return problems;
}

function misplacedIncludes(files: readonly SourceFile[]): Problem[] {
  return files
    .slice(1)
    .filter(({ content }) => content.include !== undefined)
    .map((file) => ({
      ...file.locate(['include'], 'key'),
      code: 'include',
      severity: 'error',
      message: `an included file includes others; wanted all of them in the \`include\` of ${files[0]?.path}`,
    }));
}

function missingServer({ files, problems }: Sources): Problem[] {
  const main = files[0];
  const hasDevices = files.some(({ content }) => (content.devices?.length ?? 0) > 0);
  if (!main || !hasDevices || problems.length > 0 || files.some(({ content }) => content.server)) return [];
  const message = 'there is no `server`; wanted `server: { address: … }`, the address that phones reach this server at';
  return [{ file: main.path, code: 'schema', severity: 'error', message }];
}

interface Seen {
  readonly file: SourceFile;
  readonly path: readonly (string | number)[];
}

function twice(
  code: Problem['code'],
  message: string,
  seen: Seen,
  other: Seen,
  which: 'key' | 'value' = 'value',
): Problem {
  const place = seen.file.locate(seen.path, which);
  const related = other.file.locate(other.path, which);
  return {
    ...place,
    code,
    severity: 'error',
    message: `${message} (the other: ${from(related, place)})`,
    related: [related],
  };
}

const from = (place: Place, reader: Place): string =>
  place.file === reader.file && place.line !== undefined ? `line ${place.line}` : formatPlace(place);
