import type { Hash } from 'node:crypto';
import { chmodSync, closeSync, createReadStream, openSync, readSync, rmSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FileEntry } from '../model/file.ts';
import type { Mac } from '../model/mac.ts';
import {
  type Manifest,
  type ManifestFile,
  manifestBeginning,
  manifestName,
  manifestText,
  parseManifest,
  signatureName,
} from '../model/manifest.ts';
import { createPrehash, sign, trustedCommentFor, trustedCommentOf, verify } from './minisign.ts';
import type { PublicKey, SecretKey } from './minisign-key.ts';
import { modeBeside } from './modes.ts';

export interface ManifestOptions {
  readonly out: string;
  /** Every file of the last accepted build. */
  readonly files: Iterable<FileEntry>;
  readonly revisionOf: (device: Mac) => string | undefined;
  readonly prefixes: readonly string[];
  /** Without one the manifest is not signed. */
  readonly key?: SecretKey;
  /** Milliseconds since 1970, for the signature. */
  readonly now?: number;
}

// Dot files, so that no server hands them out.
const temporary = { manifest: '.offhook-manifest', signature: '.offhook-manifest.minisig' };
/** Characters that are written at once. */
const piece = 65_536;

/**
 * Writes out/manifest.json, and its signature if there is a key. To be called when all that it names is in place: it comes
 * last, by a rename, with its signature before it. One that says the same already, signed with the same key, stays.
 * @throws Error, a sentence when a `manifest.json` of somebody else stands in the way, else the file system's
 */
export async function writeManifest(options: ManifestOptions): Promise<'written' | 'unchanged'> {
  const { out, key, now = Date.now() } = options;
  const path = (name: string) => join(out, name);
  const before = ownManifest(out);
  if (before === 'foreign')
    throw new Error(`${path(manifestName)} is not offhook's: move it away, or build without --manifest`);
  try {
    const digest = await writeText(path(temporary.manifest), options);
    if (before && (await isAsWanted(out, digest, key))) {
      for (const name of [manifestName, ...(key ? [signatureName] : [])]) chmodSync(path(name), modeBeside(out));
      return 'unchanged';
    }
    await rm(path(manifestName), { force: true });
    if (key) {
      await writeFile(path(temporary.signature), sign(digest, key, trustedCommentFor(manifestName, now)), {
        mode: modeBeside(out),
      });
      await rename(path(temporary.signature), path(signatureName));
    } else await rm(path(signatureName), { force: true });
    await rename(path(temporary.manifest), path(manifestName));
    return 'written';
  } finally {
    await rm(path(temporary.manifest), { force: true });
    await rm(path(temporary.signature), { force: true });
  }
}

/** To be called before the first file that a manifest names is replaced: from then on it would lie. */
export function retractManifest(out: string): void {
  if (ownManifest(out) !== 'own') return;
  rmSync(join(out, manifestName), { force: true });
  rmSync(join(out, signatureName), { force: true });
}

/** Whether out/manifest.json is there, and is one that offhook wrote. */
function ownManifest(out: string): 'own' | 'foreign' | undefined {
  const beginning = Buffer.alloc(manifestBeginning.length);
  try {
    const file = openSync(join(out, manifestName), 'r');
    try {
      readSync(file, beginning);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
  return beginning.toString() === manifestBeginning ? 'own' : 'foreign';
}

/** Writes the text in pieces, so that memory does not grow with it, and answers what is signed. */
async function writeText(path: string, { files, revisionOf, prefixes }: ManifestOptions): Promise<Buffer> {
  const hash = createPrehash();
  const file = await open(path, 'w', modeBeside(dirname(path)));
  try {
    let gathered = '';
    for (const text of manifestText(entries(files, revisionOf), prefixes)) {
      gathered += text;
      if (gathered.length < piece) continue;
      await append(file, hash, gathered);
      gathered = '';
    }
    await append(file, hash, gathered);
  } finally {
    await file.close();
  }
  return hash.digest();
}

async function append(file: FileHandle, hash: Hash, text: string): Promise<void> {
  hash.update(text);
  await file.writeFile(text);
}

function* entries(files: Iterable<FileEntry>, revisionOf: ManifestOptions['revisionOf']): Generator<ManifestFile> {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const revisions = new Map<Mac, string | undefined>();
  for (const { path, size, hash, audience } of sorted) {
    const device = 'mac' in audience ? audience.mac : undefined;
    if (device && !revisions.has(device)) revisions.set(device, revisionOf(device));
    yield { path, size, sha256: hash, device, revision: device && revisions.get(device) };
  }
}

/** Ed25519 gives one signature for one key and text: what is there is ours if it comes out the same. */
async function isAsWanted(out: string, digest: Buffer, key: SecretKey | undefined): Promise<boolean> {
  const hash = createPrehash();
  await pipeline(createReadStream(join(out, manifestName)), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
  if (!hash.digest().equals(digest)) return false;
  if (key === undefined) return true;
  const signature = await readFile(join(out, signatureName), 'utf8').catch(() => '');
  const comment = trustedCommentOf(signature);
  return comment !== undefined && sign(digest, key, comment) === signature;
}

export interface ReadManifest extends Manifest {
  /** Of the signature, once that was verified. */
  readonly trustedComment?: string;
  /** A signature is there, verified or not. */
  readonly isSigned: boolean;
}

/**
 * Reads the manifest of a folder. With a key nothing of it is looked at before its signature holds.
 * @throws Error, a sentence that ends what begins with the folder's name
 */
export async function readManifest(folder: string, key?: PublicKey): Promise<ReadManifest> {
  const bytes = await readFile(join(folder, manifestName)).catch((error: unknown) => {
    throw new Error(`${manifestName} cannot be read: ${codeOf(error)}`, { cause: error });
  });
  const signature = await readFile(join(folder, signatureName), 'utf8').catch(() => undefined);
  if (key && signature === undefined) throw new Error(`${manifestName} is not signed: ${signatureName} is missing`);
  try {
    const trustedComment = key && signature !== undefined ? verify(bytes, signature, key) : undefined;
    return { ...parseManifest(bytes.toString()), trustedComment, isSigned: signature !== undefined };
  } catch (error) {
    throw new Error(`${manifestName}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' ? 'it is not there' : String(code ?? error);
}
