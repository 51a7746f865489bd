import { type Problem, quoted } from '../problem.ts';
import { parseMac } from './mac.ts';
import { nearest } from './nearest.ts';
import type { RawCanary } from './notify-way.ts';
import type { Path, SourceFile, Sources } from './sources.ts';

/** Canaries that are no device of the site, wherever they stand: a rollout would wait for nobody. */
export function canaryFaults({ files }: Pick<Sources, 'files'>): Problem[] {
  const named = files.flatMap(layersOf).filter(({ canary }) => typeof canary === 'object' && canary.devices);
  if (named.length === 0) return [];
  const known = wordsOf(files);
  return named.flatMap(({ file, path, canary }) =>
    (Object(canary).devices as readonly string[]).flatMap((word, index): Problem[] => {
      if (known.has(parseMac(word) ?? word) || known.has(word)) return [];
      const guess = nearest(word, known);
      const message = `${quoted(word)} is no device: wanted a MAC, an extension or a group${guess ? ` (did you mean "${guess}"?)` : ''}`;
      return [{ ...file.locate([...path, 'canary', 'devices', index]), code: 'canary', severity: 'error', message }];
    }),
  );
}

/** Of a person's group nobody knows here which device it gives: every group that there is will do. */
function wordsOf(files: readonly SourceFile[]): ReadonlySet<string> {
  const words = new Set<string>();
  for (const { content } of files) {
    for (const group of Object.keys(content.groups ?? {})) words.add(group);
    for (const device of content.devices ?? []) {
      if (!device) continue;
      words.add(parseMac(device.mac) ?? '');
      if (device.extension !== undefined) words.add(device.extension);
      for (const { extension } of device.lines ?? []) words.add(extension);
    }
  }
  return words;
}

interface Layer {
  readonly file: SourceFile;
  readonly path: Path;
  readonly canary: RawCanary | undefined;
}

function layersOf(file: SourceFile): Layer[] {
  const { notify, defaults, models = {}, groups = {}, devices = [] } = file.content;
  const layer = (path: Path, settings?: { readonly notify?: { readonly canary?: RawCanary } }): Layer => ({
    ...{ file, path: [...path, 'notify'], canary: settings?.notify?.canary },
  });
  return [
    layer([], { notify }),
    layer(['defaults'], defaults),
    ...Object.entries(models).map(([name, settings]) => layer(['models', name], settings)),
    ...Object.entries(groups).map(([name, settings]) => layer(['groups', name], settings)),
    ...devices.map((device, index) => layer(['devices', index], device)),
  ];
}
