import type { Extension } from './extension.ts';
import { sameItems } from './same-items.ts';
import { Secret } from './secret.ts';
import type { RawExtension, SourceFile, Sources } from './sources.ts';

/** Everybody by number, and whose entry is not what it was the last time. */
export interface People {
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly changed: ReadonlySet<string>;
  /** Those of them who have another name, who came or who went: what a key that watches them shows. */
  readonly renamed: ReadonlySet<string>;
  /** Passwords that cannot be read. */
  readonly faults: readonly PersonFault[];
}

export interface PersonFault {
  readonly file: SourceFile;
  readonly number: string;
  /** Why there is none. */
  readonly unreadable: string;
}

/** Somebody as he was joined last, and from what. */
interface Known {
  readonly raw: RawExtension;
  readonly secret?: Secret;
  readonly extension: Extension;
}

/** Joins the extensions of all files; what did not change is the same object as the last time, the map itself too. */
export function createPeople(): (sources: Sources) => People {
  let last: Joined & { readonly inputs: readonly unknown[] } = {
    inputs: [],
    known: new Map(),
    extensions: new Map(),
    unreadable: [],
  };

  return (sources) => {
    const inputs = [sources.secretsVersion, ...sources.files.map(({ content }) => content.extensions)];
    const before = last;
    if (!sameItems(inputs, last.inputs)) last = { inputs, ...join(sources, last.known) };
    const { extensions, unreadable } = last;
    const changed = last === before ? nobody : difference(before.extensions, extensions);
    const renamed = [...changed].filter(
      (number) => before.extensions.get(number)?.name !== extensions.get(number)?.name,
    );
    return {
      extensions,
      changed,
      renamed: new Set(renamed),
      faults: unreadable.flatMap((fault) => withFile(fault, sources)),
    };
  };
}

const nobody: ReadonlySet<string> = new Set();

interface Joined {
  readonly known: ReadonlyMap<string, Known>;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly unreadable: readonly Unreadable[];
}

/** In which of the files, by its index: the file itself is a new object after each change of its text. */
interface Unreadable extends Omit<PersonFault, 'file'> {
  readonly fileIndex: number;
}

const withFile = ({ fileIndex, ...fault }: Unreadable, { files }: Sources): PersonFault[] => {
  const file = files[fileIndex];
  return file ? [{ ...fault, file }] : [];
};

function join({ files, secret: read }: Sources, before: ReadonlyMap<string, Known>): Joined {
  const known = new Map<string, Known>();
  const unreadable: Unreadable[] = [];
  for (const [fileIndex, { content }] of files.entries())
    for (const [number, raw] of Object.entries(content.extensions ?? {})) {
      const answer = raw.password === undefined ? undefined : read(raw.password);
      if (answer && 'unreadable' in answer) unreadable.push({ fileIndex, number, unreadable: answer.unreadable });
      const secret = answer instanceof Secret ? answer : undefined;
      if (!known.has(number)) known.set(number, toKnown(number, { raw, secret }, before.get(number)));
    }
  return { known, extensions: new Map([...known].map(([number, { extension }]) => [number, extension])), unreadable };
}

function toKnown(number: string, { raw, secret }: Omit<Known, 'extension'>, before: Known | undefined): Known {
  if (before?.raw === raw && before.secret === secret) return before;
  const { password: _reference, name = number, ...rest } = raw;
  return { raw, secret, extension: Object.freeze({ ...rest, number, name, password: secret }) };
}

function difference(before: ReadonlyMap<string, Extension>, after: ReadonlyMap<string, Extension>): Set<string> {
  const changed = new Set<string>();
  for (const [number, extension] of after) if (before.get(number) !== extension) changed.add(number);
  for (const number of before.keys()) if (!after.has(number)) changed.add(number);
  return changed;
}
