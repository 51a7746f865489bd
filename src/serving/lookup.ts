import type { Mac } from '../model/mac.ts';
import { isManifestName } from '../model/manifest.ts';
import { createBuiltFiles, type Kept } from './built-files.ts';
import type { FileIndex, IndexedFile } from './file-index.ts';
import { Refused } from './open-inside.ts';
import { createOtherFiles } from './other-files.ts';
import { deviceIn, parseRequestPath, plainName, type RequestPath } from './request-path.ts';
import type { Answer, Lookup, Refusal, Served } from './served.ts';

export interface LookupOptions {
  /** The folder that is served; nothing outside it ever is. */
  readonly out: string;
  /** The files of the last accepted build, by name in lower case; asked for at each request. */
  readonly index: () => FileIndex;
  /** Prefixes of the site that map to out/, beside `/`, `/provision/` and `/cfg/`; asked for at each request. */
  readonly prefixes?: () => readonly string[];
  /** The device that a file of the build is for; by default the one of its audience. */
  readonly deviceOf?: (entry: IndexedFile) => Mac | undefined;
  /** The revision that a device is meant to have, for the journal. */
  readonly revisionOf?: (device: Mac) => string | undefined;
  /** What a phone sent itself and asks for again; asked where there is no file of the name. */
  readonly uploads?: (path: RequestPath) => Promise<Served | undefined>;
  /** Of a signed copy: no files but those of the index, and those with the very bytes that it says, or not at all. */
  readonly sealed?: boolean;
  /** Bytes of the cache; by default `cacheBytes`. */
  readonly cache?: number;
}

/** Bytes of files in memory, of the whole process: a building of 10,000 phones with 8 KB each, and room. */
export const cacheBytes = 128 * 1024 * 1024;

/** What TFTP and HTTP answer from: the same path gets the same answer on both. */
export function createLookup(options: LookupOptions): Lookup {
  const { out, index, prefixes, sealed = false, cache = cacheBytes } = options;
  const readBuilt = createBuiltFiles(out, cache);
  const findOther = createOtherFiles(out);

  const answerBuilt = (
    entry: IndexedFile,
    { bytes, hash, modified, made }: Kept,
    deviceInName: () => Mac | undefined,
  ) => {
    if (sealed && hash !== entry.hash) throw new Refused(503, 'the bytes on disk are not those of the signed manifest');
    const device = deviceOf(entry, options) ?? deviceInName();
    // The bytes of a build that is just being written belong to no revision that is known yet.
    const revision = device && hash === entry.hash ? options.revisionOf?.(device) : undefined;
    return { file: entry.path, size: bytes.byteLength, modified, hash, device, revision, bytes, made };
  };

  const findRest = async (path: RequestPath): Promise<Answer> => {
    try {
      return { ...(await findOther(path)), device: path.device };
    } catch (error) {
      const own = error instanceof Refused && error.status === 404 ? await options.uploads?.(path) : undefined;
      if (own !== undefined) return own;
      throw error;
    }
  };

  /** What phones ask for most: a name as it stands in out/, of a file that is in memory, or in the system's. */
  const answerAtOnce = (requestPath: string): Answer | undefined => {
    const name = plainName(requestPath, prefixes?.());
    const entry = name === undefined ? undefined : index().get(name);
    const built = entry === undefined ? undefined : readBuilt(entry);
    if (name === undefined || entry === undefined || built === undefined || built instanceof Promise) return undefined;
    return answerBuilt(entry, built, () => deviceIn(name));
  };

  const answer = async (requestPath: string): Promise<Answer> => {
    const path = parseRequestPath(requestPath, prefixes?.());
    if ('status' in path) return path;
    let entry: IndexedFile | undefined;
    try {
      entry = entryOf(path, index());
      if (entry !== undefined) return answerBuilt(entry, await readBuilt(entry), () => path.device);
      if (path.names.some(isManifestName)) throw new Refused(404, 'the manifest is for copies, not for phones');
      if (sealed) throw new Refused(404, 'the signed manifest does not name it');
      return await findRest(path);
    } catch (error) {
      return refusalFor(error, { path, entry });
    }
  };

  return (requestPath) => {
    try {
      return answerAtOnce(requestPath) ?? answer(requestPath);
    } catch {
      return answer(requestPath);
    }
  };
}

function entryOf({ names }: RequestPath, index: FileIndex): IndexedFile | undefined {
  for (const name of names) {
    const entry = index.get(name);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

const deviceOf = (entry: IndexedFile, options: LookupOptions): Mac | undefined =>
  options.deviceOf === undefined ? ('mac' in entry.audience ? entry.audience.mac : undefined) : options.deviceOf(entry);

function refusalFor(error: unknown, asked: { path: RequestPath; entry: IndexedFile | undefined }): Refusal {
  const { path, entry } = asked;
  const { status, message } = error instanceof Refused ? error : new Refused(500, `a fault of offhook: ${error}`);
  const reason = status === 404 && path.hint !== undefined ? path.hint : message;
  return { status, reason, file: entry?.path, device: path.device };
}
