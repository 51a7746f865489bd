import { hash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { replaceFileIf } from '../source/replace-file.ts';

/** Hash of a file's bytes, as an ETag has it. */
export const tagOf = (bytes: Uint8Array): string => hash('sha256', bytes).slice(0, 32);

export interface Replacing {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly replace?: typeof replaceFileIf;
}

/**
 * Replaces a file that still has the bytes that the new ones were made from. `overtaken`: somebody wrote to it in place
 * while it was replaced; what he wrote is given, since nobody else has it any more.
 * @throws the error of the file system
 */
export function replaceIfSame(
  path: string,
  { before, after, replace = replaceFileIf }: Replacing,
): 'replaced' | 'changed' | { readonly overtaken: Buffer } {
  const file = openSync(path, 'r');
  try {
    if (!replace(path, after, { isStill: () => readFileSync(path).equals(before) })) return 'changed';
    // The name is taken; whoever had the old file open may have written to it since.
    const left = readAll(file);
    return left.equals(before) ? 'replaced' : { overtaken: left };
  } finally {
    closeSync(file);
  }
}

function readAll(file: number): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const chunk = Buffer.allocUnsafe(1 << 16);
    const read = readSync(file, chunk, 0, chunk.length, at);
    if (read === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, read));
    at += read;
  }
}
