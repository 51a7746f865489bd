import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { Refusal } from './served.ts';

const codes: Partial<Record<Refusal['status'], string>> = { 403: 'EACCES', 404: 'ENOENT', 503: 'EMFILE' };

/** Thrown where a file may not or cannot be read; becomes the answer. Its `code` says the same as a system error's. */
export class Refused extends Error {
  readonly status: Refusal['status'];
  readonly code: string;

  constructor(status: Refusal['status'], reason: string) {
    super(reason);
    this.status = status;
    this.code = codes[status] ?? 'EIO';
  }
}

/**
 * Opens a regular file of a folder for reading; the caller closes it. Links are followed as long as they stay in the
 * folder. Throws `Refused`. Neither a pipe nor a device nor a link that is put there in between is ever read:
 * the path is resolved first, opened without following and without waiting, and looked at once more when it is open.
 */
export async function openInside(folder: string, name: string): Promise<FileHandle> {
  try {
    return await openRegular(await resolveInside(folder, name));
  } catch (error) {
    throw error instanceof Refused ? error : refusedBy(error);
  }
}

async function resolveInside(folder: string, name: string): Promise<string> {
  const root = await realpath(folder);
  const path = await realpath(join(root, name));
  const inside = relative(root, path);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    throw new Refused(403, 'it is a link out of out/');
  if (inside.split(sep).some((segment) => segment.startsWith('.')))
    throw new Refused(403, 'it is a link to a dot file');
  return path;
}

async function openRegular(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) throw new Refused(404, 'it is no regular file');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const noSuchFile = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);
const notAllowed = new Set(['EACCES', 'EPERM', 'ELOOP', 'ENXIO']);
const exhausted = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

/** What the operating system says, as an answer; a fault of the program itself is a 500. */
export function refusedBy(error: unknown): Refused {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (noSuchFile.has(code)) return new Refused(404, 'no such file in out/');
  if (notAllowed.has(code)) return new Refused(403, `the file cannot be opened: ${code}`);
  if (exhausted.has(code)) return new Refused(503, `the file cannot be opened now: ${code}`);
  return new Refused(500, `the file cannot be read: ${code || String(error)}`);
}
