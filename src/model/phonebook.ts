import type { Extension } from './extension.ts';
import { sameItems } from './same-items.ts';

/** A person as phonebooks list him. */
export interface PhonebookEntry {
  readonly number: string;
  readonly name: string;
  readonly mobile?: string;
  readonly email?: string;
  readonly department?: string;
}

export interface PhonebookInput {
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Numbers of those who are not what they were the last time. */
  readonly changed: ReadonlySet<string>;
  /** Whether any phone has a phonebook. */
  readonly isWanted: boolean;
}

/**
 * Everybody who has a name, in the order of a phonebook. The same list as the last time while it says the same; a round
 * costs the people who changed and one pass, since sorting 50,000 takes long enough to be felt.
 */
export function createPhonebook(): (input: PhonebookInput) => readonly PhonebookEntry[] | undefined {
  let last: { readonly entries: readonly PhonebookEntry[]; readonly known: Map<string, PhonebookEntry> } | undefined;

  return ({ extensions, changed, isWanted }) => {
    if (!isWanted) {
      last = undefined;
      return undefined;
    }
    if (!last) {
      const entries = [...extensions.values()].flatMap((extension) => entryOf(extension) ?? []).sort(inOrder);
      last = { entries, known: new Map(entries.map((entry) => [entry.number, entry])) };
      return entries;
    }
    const { known } = last;
    const stale = new Set<string>();
    const fresh: PhonebookEntry[] = [];
    for (const number of changed) {
      const was = known.get(number);
      const is = entryOf(extensions.get(number));
      if (isSame(was, is)) continue;
      if (was) stale.add(number);
      if (is) fresh.push(is);
      if (is) known.set(number, is);
      else known.delete(number);
    }
    if (stale.size > 0 || fresh.length > 0) {
      const kept = last.entries.filter(({ number }) => !stale.has(number));
      last = { entries: merged(kept, fresh.sort(inOrder)), known };
    }
    return last.entries;
  };
}

/** Of who has no name phones show the number as it is. */
function entryOf(extension: Extension | undefined): PhonebookEntry | undefined {
  if (!extension) return undefined;
  const { number, mobile, email, department } = extension;
  const name = fitting(extension.name);
  if (name === '' || name === number) return undefined;
  const more = { mobile: fitting(mobile), email: fitting(email), department: fitting(department) };
  return Object.freeze({ number, name, ...Object.fromEntries(Object.entries(more).filter(([, text]) => text !== '')) });
}

/** Whatever came in by a table or a directory: no control characters, no halves of characters, no blanks but between words. */
const fitting = (text = ''): string =>
  (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufdd0-\ufdef\ufffe\uffff]/u.test(text)
    ? text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}\ufdd0-\ufdef\ufffe\uffff]+/gu, ' ')
    : text
  ).trim();

const fieldsOf = ({ number, name, mobile, email, department }: PhonebookEntry): readonly unknown[] => [
  ...[number, name, mobile, email, department],
];

const isSame = (one: PhonebookEntry | undefined, other: PhonebookEntry | undefined): boolean =>
  one === undefined || other === undefined ? one === other : sameItems(fieldsOf(one), fieldsOf(other));

/** Unicode's own order, whatever language the machine speaks: English has it as it is, and every Node has English. */
const { compare } = new Intl.Collator('en', {
  usage: 'sort',
  sensitivity: 'variant',
  numeric: true,
  caseFirst: 'false',
});

/** Of names that the collation takes for equal the code decides, and then the number: no two people are equal. */
const inOrder = (one: PhonebookEntry, other: PhonebookEntry): number =>
  compare(one.name, other.name) || byCode(one.name, other.name) || byCode(one.number, other.number);

const byCode = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

function merged(some: readonly PhonebookEntry[], others: readonly PhonebookEntry[]): PhonebookEntry[] {
  const all: PhonebookEntry[] = [];
  let at = 0;
  for (const other of others) {
    for (let next = some[at]; next && inOrder(next, other) < 0; next = some[at]) {
      all.push(next);
      at++;
    }
    all.push(other);
  }
  return [...all, ...some.slice(at)];
}
