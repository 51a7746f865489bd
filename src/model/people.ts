import type { Extension } from './extension.ts';
import { Secret } from './secret.ts';
import type { RawExtension, RawFile, SourceFile, Sources } from './sources.ts';

/** Everybody by number, and whose entry is not what it was the last time. */
export interface People {
  /** Good until the next round, which changes it in place. */
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

/** The extensions of one file: the same object for as long as they say the same. */
type Section = NonNullable<RawFile['extensions']>;

/** Somebody as he was joined last, and from what. */
interface Known {
  readonly section: Section;
  readonly raw: RawExtension;
  readonly secret?: Secret;
  readonly extension: Extension;
}

/**
 * Joins the extensions of all files. A round costs the files that changed; what did not change is the same object as the
 * last time. Of two entries of one number the first counts.
 */
export function createPeople(): (sources: Sources) => People {
  const known = new Map<string, Known>();
  const extensions = new Map<string, Extension>();
  const unreadable = new Map<Section, readonly Omit<PersonFault, 'file'>[]>();
  let last: { readonly sections: ReadonlySet<Section>; readonly version?: number } = { sections: new Set() };
  /** Then nobody knows who counts when one of the two goes: the next round begins anew. */
  let isSomebodyTwice = false;

  function take(section: Section, before: Map<string, Known | undefined>): void {
    unreadable.delete(section);
    for (const number of Object.keys(section)) {
      const one = known.get(number);
      if (one?.section !== section) continue;
      before.set(number, one);
      known.delete(number);
      extensions.delete(number);
    }
  }

  function add(section: Section, read: Sources['secret'], before: Map<string, Known | undefined>): void {
    const faults: Omit<PersonFault, 'file'>[] = [];
    for (const [number, raw] of Object.entries(section)) {
      const answer = raw.password === undefined ? undefined : read(raw.password);
      if (answer && 'unreadable' in answer) faults.push({ number, unreadable: answer.unreadable });
      isSomebodyTwice ||= known.has(number);
      if (known.has(number)) continue;
      const secret = answer instanceof Secret ? answer : undefined;
      const one = toKnown(number, { section, raw, secret }, before.get(number));
      if (!before.has(number)) before.set(number, undefined);
      known.set(number, one);
      extensions.set(number, one.extension);
    }
    if (faults.length > 0) unreadable.set(section, faults);
  }

  return ({ files, secret, secretsVersion }) => {
    const sections = new Set(files.map(({ content }) => content.extensions).filter((section) => section !== undefined));
    const isAnew = isSomebodyTwice || last.version !== secretsVersion;
    const before = new Map<string, Known | undefined>();
    isSomebodyTwice = false;
    for (const section of last.sections) if (isAnew || !sections.has(section)) take(section, before);
    for (const section of sections) if (isAnew || !last.sections.has(section)) add(section, secret, before);
    last = { sections, version: secretsVersion };
    const changed = [...before].filter(([number, was]) => was?.extension !== extensions.get(number));
    const renamed = changed.filter(([number, was]) => was?.extension.name !== extensions.get(number)?.name);
    return {
      extensions,
      changed: numbersOf(changed),
      renamed: numbersOf(renamed),
      faults: faultsIn(files, unreadable),
    };
  };
}

const numbersOf = (entries: readonly (readonly [string, unknown])[]): ReadonlySet<string> =>
  new Set(entries.map(([number]) => number));

function toKnown(number: string, made: Omit<Known, 'extension'>, before: Known | undefined): Known {
  const { raw, secret } = made;
  if (before?.raw === raw && before.secret === secret) return { ...made, extension: before.extension };
  const { password: _reference, name = number, ...rest } = raw;
  return { ...made, extension: Object.freeze({ ...rest, number, name, password: secret }) };
}

const faultsIn = (
  files: readonly SourceFile[],
  unreadable: ReadonlyMap<Section, readonly Omit<PersonFault, 'file'>[]>,
): PersonFault[] =>
  unreadable.size === 0
    ? []
    : files.flatMap((file) => {
        const faults = (file.content.extensions && unreadable.get(file.content.extensions)) ?? [];
        return faults.map((fault) => ({ ...fault, file }));
      });
