import { parseMac } from '../model/mac.ts';
import type { Path, RawFile, SourceFile } from '../model/sources.ts';
import { formatPlace, type Problem, unquoted } from '../problem.ts';
import { leaveOutFaulty } from './leave-out.ts';
import type { Fault, Validate } from './schema.ts';
import type { NoText, SourceText } from './secrets/source-text.ts';
import { share } from './share.ts';
import { spellOut } from './short-words.ts';
import { type Document, parseYaml } from './yaml.ts';

/** One file of the project as it was read last. */
export interface Reading {
  readonly text: string;
  readonly file: SourceFile;
  readonly problems: readonly Problem[];
  /** What `file` lacks because it has a fault; the root where nothing of it could be read. */
  readonly leftOut: readonly Path[];
}

/** A file by its name, relative to the project, and what was read of it. */
export interface SourceAt {
  readonly path: string;
  readonly source: SourceText | NoText;
  /** What it is read by, when it is no YAML. */
  readonly parse?: (path: string, text: string) => Document;
  /** What a file has that is not empty. */
  readonly wanted?: string;
}

/**
 * Reads a file of the project. While its text stays the same the reading is the same object; when it changes, what
 * says the same as before is the same object as before. A file that cannot be read is an empty one with a problem.
 */
export function readSourceFile(at: SourceAt, validate: Validate, previous?: Reading): Reading {
  const { path, source, parse = parseYaml, wanted = 'a mapping of sections, such as devices' } = at;
  if ('problem' in source) return unusable(path, '', [source.problem]);
  const { text, isSealed } = source;
  if (previous?.text === text && isSealed === (previous.file.isSealed ?? false) && !previous.problems.some(isOfReading))
    return previous;
  if (text.trim() === '') return unusable(path, text, [emptyProblem(path, wanted)]);
  const document = { ...parse(path, text), isSealed };
  if (document.value === undefined) return unusable(path, text, document.problems.map(masked(isSealed)));
  dropEmptySections(document.value);
  spellOut(document.value);
  const faults = validate(document);
  const { content, leftOut } = leaveOutFaulty(document, faults, validate);
  const shared = share(previous?.file.content, content, macOf) as RawFile;
  const file = { path, content: shared, locate: document.locate, ...(isSealed && { isSealed }) };
  return { text, file, problems: [...document.problems.map(masked(isSealed)), ...onceEach(faults)], leftOut };
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
const emptyProblem = (file: string, wanted: string): Problem => ({
  file,
  code: 'yaml',
  severity: 'error',
  message: `the file is empty; wanted ${wanted}`,
});

/** Not the text has it, but whoever reads it: it may be over by the next time. */
const isOfReading = ({ code }: Problem): boolean => code === 'unreadable-file' || code === 'encrypted-file';

/** What is in quotes in a message is text of the file. */
const masked =
  (isSealed: boolean) =>
  (problem: Problem): Problem =>
    isSealed ? { ...problem, message: unquoted(problem.message) } : problem;

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sections =
  'include templates_dir server sip access notify uploads pnp out defaults models groups extensions people devices'.split(
    ' ',
  );

/** `groups:` with everything below it commented out says nothing. */
function dropEmptySections(content: unknown): void {
  if (!isFields(content)) return;
  for (const name of sections) if (content[name] === '') delete content[name];
}

function macOf(item: object): unknown {
  return 'mac' in item ? parseMac(String(item.mac)) : undefined;
}
