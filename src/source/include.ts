import { glob } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { SourceFile } from '../model/sources.ts';
import type { Problem } from '../problem.ts';

export interface Included {
  /** Files, relative to the project, with `/`; sorted within a pattern, each once. */
  readonly paths: readonly string[];
  /** Folders that may get more of them, absolute. */
  readonly folders: readonly string[];
  readonly problems: readonly Problem[];
}

/** Which files `include:` names. A pattern that names none is a fault; a file that two patterns name counts once. */
export async function expandIncludes(dir: string, main: SourceFile): Promise<Included> {
  const paths = new Set<string>();
  const folders = new Set<string>();
  const problems: Problem[] = [];
  for (const [index, pattern] of (main.content.include ?? []).entries()) {
    if (pattern === undefined) continue;
    folders.add(staticFolder(dir, pattern));
    const found = await filesOf(dir, pattern);
    for (const path of found) if (path !== main.path) paths.add(path);
    if (found.length === 0) problems.push(namesNothing(main, index, pattern));
  }
  return { paths: [...paths], folders: [...folders], problems };
}

async function filesOf(dir: string, pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of glob(pattern, { cwd: dir, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    found.push(relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'));
  }
  return found.sort();
}

/** The folder before the first part of the pattern that has a wildcard. */
function staticFolder(dir: string, pattern: string): string {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => /[*?[{]/.test(part));
  return wild < 0 ? dirname(resolve(dir, pattern)) : resolve(dir, ...parts.slice(0, wild));
}

function namesNothing(main: SourceFile, index: number, pattern: string): Problem {
  const message = `include names no file: ${JSON.stringify(pattern)}; wanted a path or a pattern such as sites/*.yml, relative to ${main.path}`;
  return { ...main.locate(['include', index]), code: 'include', severity: 'error', message };
}
