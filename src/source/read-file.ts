import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseMac } from '../model/mac.ts';
import type { Path, RawFile, SourceFile } from '../model/sources.ts';
import type { Problem } from '../problem.ts';
import type { Fault, Validate } from './schema.ts';
import { share } from './share.ts';
import { type Document, parseYaml } from './yaml.ts';

/** One file of the project as it was read last. */
export interface Reading {
  readonly text: string;
  readonly file: SourceFile;
  readonly problems: readonly Problem[];
}

/**
 * Reads a file of the project. While its text stays the same the reading is the same object; when it changes, what
 * says the same as before is the same object as before. A file that cannot be read is an empty one with a problem.
 */
export function readSourceFile(at: { dir: string; path: string }, validate: Validate, previous?: Reading): Reading {
  const text = readText(at);
  if (typeof text !== 'string') return { text: '', file: emptyFile(at.path), problems: [text] };
  if (previous?.text === text && previous.problems.every(({ code }) => code !== 'unreadable-file')) return previous;
  const document = parseYaml(at.path, text);
  if (document.value === undefined) return { text, file: emptyFile(at.path), problems: document.problems };
  dropEmptySections(document.value);
  const faults = validate(document);
  const content = withoutFaulty(document.value, faults);
  const shared = share(previous?.file.content, content, macOf) as RawFile;
  return {
    text,
    file: { path: at.path, content: shared, locate: document.locate },
    problems: problemsOf(document, faults),
  };
}

const problemsOf = (document: Document, faults: readonly Fault[]): Problem[] => [
  ...document.problems,
  ...faults.map(({ problem }) => problem),
];

function readText({ dir, path }: { dir: string; path: string }): string | Problem {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(resolve(dir, path)));
  } catch (error) {
    const why = error instanceof TypeError ? 'it is not UTF-8' : errorCode(error);
    const message = `cannot be read: ${why}; wanted a YAML file in UTF-8`;
    return { file: path, code: 'unreadable-file', severity: 'error', message };
  }
}

function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return code === 'ENOENT' ? 'there is no such file' : code;
}

const emptyFile = (path: string): SourceFile => ({ path, content: {}, locate: () => ({ file: path }) });

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `groups:` with everything below it commented out says nothing. */
function dropEmptySections(content: unknown): void {
  if (!isFields(content)) return;
  for (const [name, section] of Object.entries(content)) if (section === '') delete content[name];
}

/**
 * What can be relied upon besides the faults, so that the rest is checked all the same: a faulty device is left out,
 * a faulty entry of a map is there but empty, a faulty section is not there.
 */
function withoutFaulty(content: unknown, faults: readonly Fault[]): RawFile {
  if (!isFields(content)) return {};
  for (const { path } of faults) leaveOut(content, path);
  return content as RawFile;
}

function leaveOut(content: Fields, [section, entry, ...rest]: Path): void {
  if (section === undefined) return;
  const value = content[section];
  if (entry === undefined) delete content[section];
  else if (Array.isArray(value)) value[Number(entry)] = undefined;
  else if (isFields(value) && isFields(value[entry]) && ['models', 'groups', 'extensions'].includes(String(section)))
    value[entry] = {};
  else if (rest.length === 0 || isFields(value)) delete content[section];
}

function macOf(item: object): unknown {
  return 'mac' in item ? parseMac(String(item.mac)) : undefined;
}
