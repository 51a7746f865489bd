import type { Problem } from '../problem.ts';
import type { NotifyWay } from './notify-way.ts';
import type { Path, RawSettings, SourceFile, Sources } from './sources.ts';

/** Routes that lead nowhere, wherever they stand. */
export function routeFaults({ files }: Pick<Sources, 'files'>): Problem[] {
  const layers = files.flatMap(layersOf);
  const hasProxy = layers.some(({ way }) => way.proxy !== undefined);
  const hasRegistry = files.some(({ content }) => content.registry?.some((source) => source !== undefined));
  return layers.flatMap(({ file, path, way }) =>
    (way.route ?? []).flatMap((route, index): Problem[] => {
      const missing = route === 'proxy' && !hasProxy ? '`proxy`, which says where it is' : undefined;
      const unknown = route === 'pbx' && !hasRegistry ? '`registry`, which says how to talk to it' : undefined;
      const wanted = missing ?? unknown;
      if (wanted === undefined) return [];
      const message = `NOTIFYs go by ${route}, and there is none; wanted ${wanted}`;
      return [{ ...file.locate([...path, 'route', index]), code: 'registry', severity: 'error', message }];
    }),
  );
}

interface Layer {
  readonly file: SourceFile;
  readonly path: Path;
  readonly way: NotifyWay;
}

function layersOf(file: SourceFile): Layer[] {
  const { notify, defaults, models = {}, groups = {}, devices = [] } = file.content;
  const layers: (readonly [Path, NotifyWay | undefined])[] = [
    [['notify'], notify],
    [['defaults', 'notify'], defaults?.notify],
    ...named('models', models),
    ...named('groups', groups),
    ...devices.map((device, index) => [['devices', index, 'notify'], device?.notify] as const),
  ];
  return layers.flatMap(([path, way]) => (way ? [{ file, path, way }] : []));
}

const named = (section: string, layers: Readonly<Record<string, RawSettings>>) =>
  Object.entries(layers).map(([name, { notify }]) => [[section, name, 'notify'], notify] as const);
