import type { FileHandle } from 'node:fs/promises';
import { openInside, Refused } from './open-inside.ts';
import type { RequestPath } from './request-path.ts';
import { createSpelling } from './spelling.ts';

/** A file that people put beside ours: a ring tone, firmware; in a sub folder, maybe. */
export interface OtherFile {
  /** Its path in out/, as it is spelt there. */
  readonly file: string;
  readonly size: number;
  readonly modified: Date;
  /** Throws `Refused`; the caller closes the handle. */
  open(): Promise<FileHandle>;
}

/**
 * Finds a file of out/ that is not in the index. Tried as it was asked for, then in lower case, then as the folder
 * spells it. The file is opened once to see that it can be: what is refused is refused now, not in mid-answer.
 * Throws `Refused`, 404 when there is none.
 */
export function createOtherFiles(out: string): (path: RequestPath) => Promise<OtherFile> {
  const spellingOf = createSpelling(out);
  return async ({ asked, names }) => {
    for (const name of new Set([asked, ...names])) {
      const found = await look(out, name);
      if (found !== undefined) return found;
    }
    for (const name of names) {
      const spelt = await spellingOf(name);
      const found = spelt === undefined ? undefined : await look(out, spelt);
      if (found !== undefined) return found;
    }
    throw new Refused(404, 'no such file in out/');
  };
}

async function look(out: string, file: string): Promise<OtherFile | undefined> {
  try {
    const handle = await openInside(out, file);
    try {
      const { size, mtime } = await handle.stat();
      return { file, size, modified: mtime, open: () => openInside(out, file) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
}
