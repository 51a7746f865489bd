import { type Mac, parseMac } from './mac.ts';

/** Says what stands in out/; lies beside the files, and is never served to phones. */
export const manifestName = 'manifest.json';
/** The manifest's signature, in minisign's format. */
export const signatureName = `${manifestName}.minisig`;

/** Whether a name in out/, in any case, is one of the two: their hashes and MACs are nobody's business but a replica's. */
export const isManifestName = (name: string): boolean => [manifestName, signatureName].includes(name.toLowerCase());

/** A file of the last build. */
export interface ManifestFile {
  /** Its name, spelt as it is in out/. */
  readonly path: string;
  readonly size: number;
  /** Of the bytes, hexadecimal. */
  readonly sha256: string;
  /** The device that it is for; absent when several share it. */
  readonly device?: Mac;
  /** The revision that the device is meant to have. */
  readonly revision?: string;
}

export interface Manifest {
  /** By path, in the order of their characters' codes. */
  readonly files: readonly ManifestFile[];
  /** Path prefixes of the site that mean the root, besides the usual ones. */
  readonly prefixes: readonly string[];
}

const version = 1;
/** What every manifest begins with: a `manifest.json` that begins otherwise is somebody else's. */
export const manifestBeginning = `{"version":${version},"files":[`;

/**
 * The text of a manifest, piece by piece: JSON with a line for each file, so that a repository shows what changed. The
 * same files give the same text.
 * @param files sorted by path
 */
export function* manifestText(files: Iterable<ManifestFile>, prefixes: readonly string[]): Generator<string> {
  yield manifestBeginning;
  let separator = '\n';
  for (const { path, size, sha256, device, revision } of files) {
    yield `${separator}${JSON.stringify({ path, size, sha256, device, revision })}`;
    separator = ',\n';
  }
  yield `\n]${prefixes.length > 0 ? `,"prefixes":${JSON.stringify(prefixes)}` : ''}}\n`;
}

/**
 * Reads a manifest, which may come from anywhere: every name in it is one of a file in the folder itself.
 * @throws Error, a sentence
 */
export function parseManifest(text: string): Manifest {
  const { version: seen, files, prefixes = [] } = asObject(parseJson(text));
  if (seen !== version)
    throw new Error(`it is of version ${JSON.stringify(seen)?.slice(0, 20)}; this offhook knows version ${version}`);
  if (!Array.isArray(files)) throw new Error('it has no list of files');
  if (!isTexts(prefixes)) throw new Error('its prefixes are no list of texts');
  const names = new Set<string>();
  const checked = files.map((value, index) => {
    const file = asFile(asObject(value));
    if (file === undefined) throw new Error(`its file ${index + 1} is not of the right form`);
    if (names.has(file.path.toLowerCase())) throw new Error(`it names ${JSON.stringify(file.path)} twice`);
    names.add(file.path.toLowerCase());
    return file;
  });
  return { files: checked, prefixes };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is no JSON, or cut off');
  }
}

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** A name without folder, not of a dot file, not of the manifest. */
const plainName = /^[^./\\\p{Cc}][^/\\\p{Cc}]{0,254}$/u;

function asFile({ path, size, sha256, device, revision }: Readonly<Record<string, unknown>>): ManifestFile | undefined {
  if (typeof path !== 'string' || !plainName.test(path) || isManifestName(path)) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  const mac = typeof device === 'string' ? parseMac(device) : undefined;
  if (device !== undefined && mac === undefined) return undefined;
  if (revision !== undefined && (typeof revision !== 'string' || !/^[0-9a-f]{1,64}$/.test(revision))) return undefined;
  return { path, size, sha256, device: mac, revision };
}
