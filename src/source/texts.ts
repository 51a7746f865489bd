import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Texts that devices.yml names and that are no part of it: certificates, say. */
export interface TextStore {
  /** The text, or in words why there is none. In between two `refresh` a file is read once. `path` starts from the project. */
  read(path: string): string | { readonly unreadable: string };
  refresh(): void;
  /** What was asked for since the last `refresh`, absolute: to be watched. */
  files(): readonly string[];
}

/** Larger than any bundle of authorities is. */
const mostBytes = 4 * 1024 * 1024;

export function createTextStore(dir: string): TextStore {
  const texts = new Map<string, string | { readonly unreadable: string }>();
  return {
    read(path) {
      const known = texts.get(path) ?? readText(resolve(dir, path));
      texts.set(path, known);
      return known;
    },
    refresh: () => texts.clear(),
    files: () => [...texts.keys()].map((path) => resolve(dir, path)),
  };
}

function readText(path: string): string | { readonly unreadable: string } {
  try {
    const stat = statSync(path);
    // Nobody may write to a pipe, and a device may have no end.
    if (!stat.isFile()) return { unreadable: stat.isDirectory() ? 'is a folder' : 'is no file' };
    const { size } = stat;
    if (size > mostBytes) return { unreadable: `has ${size} bytes` };
    return readFileSync(path, 'latin1');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { unreadable: words[code] ?? `cannot be read (${code})` };
  }
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EACCES: 'cannot be read by this user',
};
