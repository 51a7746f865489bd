import type { Extension } from './extension.ts';
import type { PersonField } from './people-source.ts';
import { sayingsOf } from './people-sources.ts';
import { sameItems } from './same-items.ts';
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

/** A source of `people:`. */
interface Layer {
  readonly section: Section;
  readonly fields?: readonly PersonField[];
}

/** What people are joined from. */
interface Layers {
  /** Of devices.yml and its includes. */
  readonly base: readonly Section[];
  /** Weakest first. */
  readonly over: readonly Layer[];
  readonly version?: number;
}

/**
 * Joins what all sources say of people. A round costs the files that changed: the numbers in them are compared, and only
 * those whose entry is another one are joined again. Who is who he was is the same object as the last time. Of two
 * entries of one number in devices.yml and its includes the first counts.
 */
export function createPeople(): (sources: Sources) => People {
  const extensions = new Map<string, Extension>();
  const unreadable = new Map<string, string>();
  let last: Layers = { base: [], over: [] };

  /** Whether he is another one now. */
  function join(number: string, raw: RawExtension | undefined, read: Sources['secret']): boolean {
    const before = extensions.get(number);
    const answer = raw?.password === undefined ? undefined : read(raw.password);
    if (answer && 'unreadable' in answer) unreadable.set(number, answer.unreadable);
    else unreadable.delete(number);
    if (raw === undefined) return extensions.delete(number);
    const now = toExtension(number, raw, answer instanceof Secret ? answer : undefined);
    if (before && isSame(before, now)) return false;
    extensions.set(number, Object.freeze(now));
    return true;
  }

  return (sources) => {
    const next = layersOf(sources);
    const isAnew = last.version !== next.version || !isSameList(last.over, next.over);
    const numbers = isAnew ? new Set([...extensions.keys(), ...numbersOf(next)]) : touchedNumbers(last, next);
    const ownOf = isAnew ? gathered(next.base) : (number: string) => find(next.base, number);
    const changed = new Set<string>();
    const renamed = new Set<string>();
    for (const number of numbers) {
      const before = extensions.get(number)?.name;
      if (!join(number, merged(number, ownOf(number), next.over), sources.secret)) continue;
      changed.add(number);
      if (before !== extensions.get(number)?.name) renamed.add(number);
    }
    last = next;
    return { extensions, changed, renamed, faults: faultsOf(unreadable, sources) };
  };
}

const nobody: Section = {};

function layersOf({ files, people = [], secretsVersion }: Sources): Layers {
  const base = files.flatMap(({ content: { extensions } }) => (extensions ? [extensions] : []));
  const over = people.map(({ file, fields }) => ({ section: file.content.extensions ?? nobody, fields }));
  return { base, over, version: secretsVersion };
}

const isSameList = (last: readonly Layer[], next: readonly Layer[]): boolean =>
  last.length === next.length && last.every(({ fields }, index) => String(fields) === String(next[index]?.fields));

const numbersOf = ({ base, over }: Layers): string[] =>
  [...base, ...over.map(({ section }) => section)].flatMap((section) => Object.keys(section));

/** The numbers of whom something else is said than the last time. */
function touchedNumbers(last: Layers, next: Layers): Set<string> {
  const [before, after] = [new Set(last.base), new Set(next.base)];
  const gone = last.base.filter((section) => !after.has(section));
  const come = next.base.filter((section) => !before.has(section));
  const over = next.over.map(({ section }, index) => differing([last.over[index]?.section ?? nobody], [section]));
  return new Set([...differing(gone, come), ...over.flat()]);
}

function differing(before: readonly Section[], after: readonly Section[]): string[] {
  if (sameItems(before, after)) return [];
  const is = gathered(after);
  const was = gathered(before);
  const isOther = (number: string) => was(number) !== is(number);
  return [...before, ...after].flatMap((section) => Object.keys(section).filter(isOther));
}

/** Looks numbers up in any of the sections; the first counts. */
function gathered(sections: readonly Section[]): (number: string) => RawExtension | undefined {
  const [only] = sections;
  if (only && sections.length === 1) return (number) => find([only], number);
  const all = new Map(sections.toReversed().flatMap((section) => Object.entries(section)));
  return (number) => all.get(number);
}

function find(sections: readonly Section[], number: string): RawExtension | undefined {
  const section = sections.find((candidate) => Object.hasOwn(candidate, number));
  return section?.[number];
}

/** All that is said of a number: a stronger source wins for the fields that it gives. */
function merged(number: string, own: RawExtension | undefined, over: readonly Layer[]): RawExtension | undefined {
  let said = own;
  for (const { section, fields } of over) {
    const raw = find([section], number);
    if (raw) said = said === undefined && !fields ? raw : { ...said, ...(fields ? picked(raw, fields) : raw) };
  }
  return said;
}

const picked = (raw: RawExtension, fields: readonly PersonField[]): RawExtension =>
  Object.fromEntries(Object.entries(raw).filter(([field]) => fields.some((name) => name === field)));

function toExtension(number: string, raw: RawExtension, password: Secret | undefined): Extension {
  const { password: _reference, name = number, ...rest } = raw;
  return { ...rest, number, name, password };
}

function isSame(one: Extension, other: Extension): boolean {
  const [fields, others] = [Object.entries(one), Object.entries(other)];
  return fields.length === others.length && fields.every(([name, value]) => Reflect.get(other, name) === value);
}

const faultsOf = (unreadable: ReadonlyMap<string, string>, sources: Sources): PersonFault[] =>
  [...unreadable].flatMap(([number, why]) => {
    const [saying] = sayingsOf(sources, number, 'password');
    return saying ? [{ file: saying.file, number, unreadable: why }] : [];
  });
