import type { Problem } from '../problem.ts';
import type { Device } from './device.ts';
import type { File } from './file.ts';
import type { Path, SourceFile, Sources } from './sources.ts';

/** How much of a file in front of a secret is looked at for its name. */
const longestName = 200;

/**
 * Names of a device's parameters that are given as text, and that its files have with a secret somewhere: passwords by
 * other names, such as numbers. What stands before a secret is its name: `name = …`, `name="…` or `<name …>`.
 */
export function plainParametersOf({ settings }: Device, files: readonly Pick<File, 'bytes' | 'secrets'>[]): string[] {
  const plain = new Set(
    Object.entries(settings.parameters).flatMap(([name, value]) => (typeof value === 'string' && value ? [name] : [])),
  );
  if (plain.size === 0) return [];
  return files.flatMap(({ bytes, secrets }) =>
    secrets.flatMap(({ start }) => {
      const before = bytes.subarray(Math.max(0, start - longestName), start).toString('latin1');
      const [, name = ''] = /([\w.:-]+)(?:\s*=\s*"?|(?:\s[^<>]*)?>)$/.exec(before) ?? [];
      return plain.has(name) ? [name] : [];
    }),
  );
}

/** A warning where each of them is given. */
export function plainParameterProblems(names: ReadonlySet<string>, { files }: Sources): Problem[] {
  if (names.size === 0) return [];
  return files
    .filter(({ isSealed }) => !isSealed)
    .flatMap((file) => given(file, names).map((path) => problem(file, path)));
}

const problem = (file: SourceFile, path: Path): Problem => ({
  ...file.locate(path),
  code: 'plain-password',
  severity: 'warning',
  message: `${String(path.at(-1))} is a password in the phone’s file, and stands here as plain text, which plan and explain show; wanted { env: NAME }, { file: PATH } or { age: TEXT }`,
});

function given({ content }: SourceFile, names: ReadonlySet<string>): Path[] {
  const { defaults = {}, models = {}, groups = {}, devices = [] } = content;
  const layers: readonly (readonly [Path, { readonly parameters?: object } | undefined])[] = [
    [['defaults'], defaults],
    ...Object.entries(models).map(([name, layer]) => [['models', name], layer] as const),
    ...Object.entries(groups).map(([name, layer]) => [['groups', name], layer] as const),
    ...devices.map((layer, index) => [['devices', index], layer] as const),
  ];
  return layers.flatMap(([path, layer]) =>
    Object.entries(layer?.parameters ?? {}).flatMap(([name, value]) =>
      names.has(name) && typeof value === 'string' ? [[...path, 'parameters', name]] : [],
    ),
  );
}
