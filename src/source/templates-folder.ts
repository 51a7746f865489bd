import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../problem.ts';

/** A folder of templates, the shipped one or the user's, as texts. */
export interface TemplatesFolder {
  /** vendor.yml by the name of its folder. */
  readonly vendors: ReadonlyMap<string, SourceText>;
  /** Templates by the name that `include` and vendor.yml know them by: `acme/mac.cfg.njk`, `_shared/x.njk`. */
  readonly templates: ReadonlyMap<string, SourceText>;
  /** `<vendor>_<model>.template` files of the folder itself, by name. */
  readonly custom: ReadonlyMap<string, SourceText>;
  readonly problems: readonly Problem[];
}

export interface SourceText {
  /** As people know it: `custom_templates/acme/vendor.yml`. */
  readonly path: string;
  readonly text: string;
}

/** Where a folder is (`dir`, absolute) and what people call it (`name`). */
export interface FolderPlace {
  readonly dir: string;
  readonly name: string;
}

/** Reads a folder of templates; nothing but `vendor.yml`, `*.njk` and `*.template` is looked at. Never throws. */
export function readTemplatesFolder(place: FolderPlace): TemplatesFolder {
  const vendors = new Map<string, SourceText>();
  const templates = new Map<string, SourceText>();
  const custom = new Map<string, SourceText>();
  const problems: Problem[] = [];
  const report = (problem: Problem) => void problems.push(problem);
  for (const entry of list(place, report)) {
    const inner = { dir: join(place.dir, entry), name: `${place.name}/${entry}` };
    if (entry.endsWith('.template')) read(inner, report, (text) => custom.set(entry, text));
    if (!isFolder(inner.dir)) continue;
    for (const file of list(inner, report)) {
      const at = { dir: join(inner.dir, file), name: `${inner.name}/${file}` };
      if (file === 'vendor.yml') read(at, report, (text) => vendors.set(entry, text));
      if (file.endsWith('.njk')) read(at, report, (text) => templates.set(`${entry}/${file}`, text));
    }
  }
  return { vendors, templates, custom, problems };
}

type Report = (problem: Problem) => void;

/** Sorted, so that nothing depends on the order of a file system; hidden names are an editor's or a mount's own. */
function list({ dir, name }: FolderPlace, report: Report): string[] {
  try {
    return readdirSync(dir)
      .filter((entry) => !entry.startsWith('.'))
      .sort();
  } catch (error) {
    report(unreadable(name, error, 'a folder of templates'));
    return [];
  }
}

function read({ dir, name }: FolderPlace, report: Report, take: (text: SourceText) => void): void {
  try {
    take({ path: name, text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(dir)) });
  } catch (error) {
    report(unreadable(name, error, 'a file in UTF-8'));
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function unreadable(file: string, error: unknown, wanted: string): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = {
    ENOENT: 'it is not there',
    ENOTDIR: 'it is a file',
    ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8',
  };
  const reason = Object.entries(why).find(([known]) => known === code)?.[1] ?? code;
  return { file, code: 'unreadable-file', severity: 'error', message: `cannot be read: ${reason}; wanted ${wanted}` };
}
