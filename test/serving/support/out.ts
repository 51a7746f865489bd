import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FileEntry } from '../../../src/model/file.ts';
import type { Mac } from '../../../src/model/mac.ts';

/** An out/ of a test, with the index of a build; files that are put beside are not in the index. */
export interface Out {
  /** An empty folder around out/, for what lies outside of it. */
  readonly around: string;
  readonly folder: string;
  readonly index: Map<string, FileEntry>;
  /** As a build does it: written beside and renamed, then in the index. */
  build(path: string, text: string, mac?: string): Promise<FileEntry>;
  /** Only written, as people do it, or as a build does it before it is accepted. */
  put(path: string, text: string | Buffer): Promise<string>;
  remove(): Promise<void>;
}

export async function createOut(): Promise<Out> {
  const around = await mkdtemp(join(tmpdir(), 'offhook-serving-'));
  await chmod(around, 0o755);
  const folder = join(around, 'out');
  await mkdir(folder);
  const index = new Map<string, FileEntry>();
  const put = async (path: string, text: string | Buffer) => {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(`${target}.new`, text);
    await rename(`${target}.new`, target);
    return target;
  };
  return {
    around,
    folder,
    index,
    put,
    async build(path, text, mac) {
      await put(path, text);
      const audience = mac === undefined ? { vendor: 'acme' } : { mac: mac as Mac };
      const entry = { path, size: Buffer.byteLength(text), hash: sha256(text), audience, secrets: [] };
      index.set(path.toLowerCase(), entry);
      return entry;
    },
    remove: () => rm(around, { recursive: true, force: true }),
  };
}

export const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
