import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseMac } from '../model/mac.ts';
import type { Path, RawFile, SourceFile } from '../model/sources.ts';
import { formatPlace, type Problem } from '../problem.ts';
import { leaveOutFaulty } from './leave-out.ts';
import type { Fault, Validate } from './schema.ts';
import { share } from './share.ts';
import { parseYaml } from './yaml.ts';

/** One file of the project as it was read last. */
export interface Reading {
  readonly text: string;
  readonly file: SourceFile;
  readonly problems: readonly Problem[];
  /** What `file` lacks because it has a fault; the root where nothing of it could be read. */
  readonly leftOut: readonly Path[];
}

/**
 * Reads a file of the project. While its text stays the same the reading is the same object; when it changes, what
 * says the same as before is the same object as before. A file that cannot be read is an empty one with a problem.
 */
export function readSourceFile(at: { dir: string; path: string }, validate: Validate, previous?: Reading): Reading {
  const text = readText(at);
  if (typeof text !== 'string') return unusable(at.path, '', [text]);
  if (previous?.text === text && previous.problems.every(({ code }) => code !== 'unreadable-file')) return previous;
  if (text.trim() === '') return unusable(at.path, text, [emptyProblem(at.path)]);
  const document = parseYaml(at.path, text);
  if (document.value === undefined) return unusable(at.path, text, document.problems);
  dropEmptySections(document.value);
  const faults = validate(document);
  const { content, leftOut } = leaveOutFaulty(document, faults, validate);
  const shared = share(previous?.file.content, content, macOf) as RawFile;
  const file = { path: at.path, content: shared, locate: document.locate };
  return { text, file, problems: [...document.problems, ...onceEach(faults)], leftOut };
}

const onceEach = (faults: readonly Fault[]): Iterable<Problem> =>
  new Map(faults.toReversed().map(({ problem, rule }) => [`${formatPlace(problem)} ${rule}`, problem])).values();

const unusable = (path: string, text: string, problems: readonly Problem[]): Reading => ({
  text,
  file: { path, content: {}, locate: () => ({ file: path }) },
  problems,
  leftOut: [[]],
});

/** Of no length is what an editor leaves for a moment, and a full disk for longer: no site without any phone. */
const emptyProblem = (file: string): Problem => ({
  file,
  code: 'yaml',
  severity: 'error',
  message: 'the file is empty; wanted a mapping of sections, such as devices',
});

function readText({ dir, path }: { dir: string; path: string }): string | Problem {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(resolve(dir, path)));
  } catch (error) {
    const why = error instanceof TypeError ? 'it is not UTF-8' : errorCode(error);
    const message = `cannot be read: ${why}; wanted a YAML file in UTF-8`;
    return { file: path, code: 'unreadable-file', severity: 'error', message };
  }
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
  ELOOP: 'its links lead in a circle',
};

function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return words[code] ?? code;
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sections =
  'include templates_dir server sip access notify uploads defaults models groups extensions people devices'.split(' ');

/** `groups:` with everything below it commented out says nothing. */
function dropEmptySections(content: unknown): void {
  if (!isFields(content)) return;
  for (const name of sections) if (content[name] === '') delete content[name];
}

function macOf(item: object): unknown {
  return 'mac' in item ? parseMac(String(item.mac)) : undefined;
}
