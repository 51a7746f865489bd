import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Unkept } from './unkept.ts';

/** Beside the folders of the devices, so that a rename stays in one file system. */
const incoming = '.incoming';
const mebi = 1_048_576;
const hour = 3_600_000;

export interface SpoolOptions {
  readonly folder: string;
  readonly body: AsyncIterable<Buffer>;
  /** Bytes, as the sender announced them. */
  readonly length?: number;
  /** Bytes that are taken at the most. */
  readonly most: number;
  /** Bytes that must stay free on the disk. */
  readonly reserve: number;
  /** Told how many bytes have come so far. */
  readonly came: (bytes: number) => void;
}

/**
 * Writes a body into a temporary file, and answers its path; whoever asked for it renames or removes it.
 * @throws Unkept when it is too large or the disk too small, else the body's or the file system's error; then nothing is left
 */
export async function spool({ folder, body, length = 0, most, reserve, came }: SpoolOptions): Promise<string> {
  await demandRoom(folder, length + reserve);
  const path = join(folder, incoming, randomUUID());
  const file = await open(path, 'wx', 0o600);
  try {
    let size = 0;
    for await (const chunk of body) {
      size += chunk.byteLength;
      came(size);
      if (size > most) throw tooLarge(most);
      // Who does not say how much will come is watched.
      if (size > length && size % mebi < chunk.byteLength) await demandRoom(folder, reserve);
      await file.writeFile(chunk);
    }
    await file.close();
    return path;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(path, { force: true });
    throw error;
  }
}

export const tooLarge = (most: number): Unkept => new Unkept(413, `an upload of more than ${most} bytes`);

async function demandRoom(folder: string, bytes: number): Promise<void> {
  await mkdir(join(folder, incoming), { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < bytes)
    throw new Unkept(507, 'the disk is all but full: the rest of it is for builds and the journal');
}

/** What a killed process left; what is younger may be under way in another thread. */
export async function sweepSpool(folder: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(join(folder, incoming)).catch(() => [])) {
    const path = join(folder, incoming, name);
    const known = await stat(path).catch(() => undefined);
    if (known && known.mtimeMs < now - hour) await rm(path, { force: true });
  }
}
