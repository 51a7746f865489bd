import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isManifestName, type ManifestFile } from '../model/manifest.ts';
import { readManifest } from './manifest.ts';
import type { PublicKey } from './minisign-key.ts';

/** What a folder is, held against its manifest. Lists are sorted. */
export interface Proof {
  /** Files that the manifest names. */
  readonly files: number;
  /** `unverified`: there is a signature, but no key was given to verify it with. */
  readonly signature: 'verified' | 'unverified' | 'none';
  /** What the signature says besides: when, and of which file. Only of a verified one. */
  readonly comment?: string;
  readonly missing: readonly string[];
  readonly changed: readonly Changed[];
  /** Files that the manifest does not name. Dot files, which nobody serves, do not count. */
  readonly additional: readonly string[];
}

export interface Changed {
  readonly path: string;
  readonly reason: string;
}

/** Files that are read at the same time. */
const atOnce = 8;

/**
 * Reads every file of a copy of out/ and holds it against the manifest.
 * @throws Error, a sentence, when the manifest cannot be read or its signature does not hold
 */
export async function verifyFolder(folder: string, key?: PublicKey): Promise<Proof> {
  const { files, trustedComment, isSigned } = await readManifest(folder, key);
  const missing: string[] = [];
  const changed: Changed[] = [];
  const rest = files.values();
  const work = async () => {
    for (const file of rest) {
      const fault = await faultOf(folder, file);
      if (fault === 'missing') missing.push(file.path);
      else if (fault) changed.push({ path: file.path, reason: fault });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const known = new Set(files.map(({ path }) => path));
  return {
    files: files.length,
    signature: trustedComment !== undefined ? 'verified' : isSigned ? 'unverified' : 'none',
    comment: trustedComment,
    missing: missing.sort(),
    changed: changed.sort((a, b) => (a.path < b.path ? -1 : 1)),
    additional: (await namesIn(folder)).filter((name) => !known.has(name) && !isManifestName(name)).sort(),
  };
}

/** `missing`, what else is wrong with a file, or undefined. A link is as good as what it leads to. */
async function faultOf(folder: string, { path, size, sha256 }: ManifestFile): Promise<string | undefined> {
  try {
    const file = await open(join(folder, path), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return 'it is no regular file';
      if (stat.size !== size) return `${stat.size} bytes instead of ${size}`;
      const hash = createHash('sha256');
      for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk);
      return hash.digest('hex') === sha256 ? undefined : 'other bytes';
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' ? 'missing' : `it cannot be read: ${code ?? error}`;
  }
}

/** Names of all that is no folder, relative to it; nothing of what begins with a dot. */
async function namesIn(folder: string, below = folder): Promise<string[]> {
  const entries = await readdir(below, { withFileTypes: true });
  const names = entries
    .filter(({ name }) => !name.startsWith('.'))
    .map(async (entry) => {
      const path = join(below, entry.name);
      return entry.isDirectory() ? namesIn(folder, path) : [relative(folder, path)];
    });
  return (await Promise.all(names)).flat();
}
