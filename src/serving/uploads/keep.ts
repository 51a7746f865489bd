import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { UploadRule, UploadSettings } from '../../model/upload.ts';
import { Unkept } from './unkept.ts';

/** A file that is kept of a device. */
export interface Kept {
  readonly name: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface KeepOptions {
  /** The device's own. */
  readonly folder: string;
  readonly name: string;
  readonly rule: Pick<UploadRule, 'kind' | 'append'>;
  /** The upload, to be moved away from there. */
  readonly temporary: string;
  readonly settings: UploadSettings;
}

/** A log that comes piece by piece becomes an earlier version when it is so large, bytes. */
const fullLog = 1_048_576;

/**
 * Puts an upload in its place: over the one of the same name, or behind it. Earlier versions of logs and dumps are kept,
 * `.1` the youngest. For the device's quota the oldest of those go, and never what a phone may ask for again.
 * @throws Unkept when there is no room for it all the same; then all is as it was
 */
export async function keep(options: KeepOptions): Promise<'created' | 'replaced' | 'appended'> {
  const { folder, name, rule, temporary, settings } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { size } = await stat(temporary);
  const before = await keptIn(folder);
  const there = before.find((file) => file.name === name);
  const isEvidence = rule.kind === 'log' || rule.kind === 'core';
  const appends = there !== undefined && rule.append && there.size + size <= fullLog;
  const rotates = there !== undefined && isEvidence && !appends && settings.versions > 0;
  const stays = before.filter((file) => (file === there ? appends || rotates : true));
  const surplus = surplusOf(stays, { name, adds: { size, files: appends ? 0 : 1 }, settings });
  for (const file of surplus) await rm(join(folder, file.name), { force: true });
  if (appends) await append(temporary, join(folder, name), there.size);
  else {
    if (rotates && !surplus.includes(there)) await rotate(options);
    await rename(temporary, join(folder, name));
  }
  return appends ? 'appended' : there ? 'replaced' : 'created';
}

/** All that is kept in the folder of a device. */
export async function keptIn(folder: string): Promise<Kept[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.map(async (name) => {
    const known = await stat(join(folder, name)).catch(() => undefined);
    return known?.isFile() ? [{ name, size: known.size, modified: known.mtimeMs }] : [];
  });
  return (await Promise.all(files)).flat();
}

interface Quota {
  readonly name: string;
  readonly adds: { readonly size: number; readonly files: number };
  readonly settings: UploadSettings;
}

/** What has to go for the quota: the oldest first of the earlier versions, then of logs and dumps. */
function surplusOf(stays: readonly Kept[], { name, adds, settings }: Quota): Kept[] {
  let bytes = adds.size + stays.reduce((sum, { size }) => sum + size, 0);
  let files = adds.files + stays.length;
  const surplus: Kept[] = [];
  const expendable = stays.filter((file) => isVersion(file.name) || (file.name === name && adds.files > 0));
  expendable.sort((a, b) => a.modified - b.modified);
  for (const file of expendable) {
    if (bytes <= settings.device && files <= settings.device_files) break;
    surplus.push(file);
    bytes -= file.size;
    files--;
  }
  if (bytes > settings.device || files > settings.device_files)
    throw new Unkept(507, `the device has used up its ${settings.device} bytes or ${settings.device_files} files`);
  return surplus;
}

const isVersion = (name: string): boolean => /\.\d+$/.test(name);

/** What cannot be written whole is taken back. */
async function append(from: string, to: string, size: number): Promise<void> {
  try {
    await pipeline(createReadStream(from), createWriteStream(to, { flags: 'a' }));
    await rm(from, { force: true });
  } catch (error) {
    await truncate(to, size);
    throw error;
  }
}

async function rotate({ folder, name, settings }: KeepOptions): Promise<void> {
  const version = (number: number) => join(folder, number === 0 ? name : `${name}.${number}`);
  for (let number = settings.versions - 1; number >= 0; number--)
    await rename(version(number), version(number + 1)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
}
