import { type PersonFields, personFields } from './mapping.ts';
import type { People } from './people-text.ts';

/** What a sync does to the file, as people read it. */
export interface Difference {
  readonly renamed: readonly Both[];
  /** Another field than the name. */
  readonly changed: readonly Both[];
  /** Had another number before. */
  readonly renumbered: readonly (Both & { readonly from: string })[];
  readonly added: readonly { readonly number: string; readonly after: PersonFields }[];
  readonly gone: readonly { readonly number: string; readonly before: PersonFields }[];
}

interface Both {
  readonly number: string;
  readonly before: PersonFields;
  readonly after: PersonFields;
}

export function differenceOf(before: People, after: People): Difference {
  const renamed: Both[] = [];
  const changed: Both[] = [];
  const came = new Map<string, PersonFields>();
  for (const [number, fields] of after) {
    const old = before.get(number);
    if (!old) came.set(number, fields);
    else if (old.name !== fields.name) renamed.push({ number, before: old, after: fields });
    else if (personFields.some((field) => old[field] !== fields[field]))
      changed.push({ number, before: old, after: fields });
  }
  const went = new Map([...before].filter(([number]) => !after.has(number)));
  const renumbered = pairs(went, came);
  for (const { from, number } of renumbered) {
    went.delete(from);
    came.delete(number);
  }
  return {
    ...{ renamed, changed, renumbered },
    added: [...came].map(([number, fields]) => ({ number, after: fields })),
    gone: [...went].map(([number, fields]) => ({ number, before: fields })),
  };
}

/** Who went and came under another number is the same person by his e-mail address, else by his name: if it is one alone. */
function pairs(went: People, came: People): (Both & { readonly from: string })[] {
  if (went.size === 0 || came.size === 0) return [];
  const found: (Both & { readonly from: string })[] = [];
  for (const field of ['email', 'name'] as const) {
    const paired = new Set(found.flatMap(({ from, number }) => [`<${from}`, `>${number}`]));
    const left = (people: People, sign: string) =>
      onlyOnes(
        [...people].filter(([n]) => !paired.has(sign + n)),
        field,
      );
    const now = left(came, '>');
    for (const [key, [from, before]] of left(went, '<')) {
      const match = now.get(key);
      if (match) found.push({ from, number: match[0], before, after: match[1] });
    }
  }
  return found;
}

function onlyOnes(people: readonly [string, PersonFields][], field: 'email' | 'name') {
  const groups = Map.groupBy(people, ([, fields]) => fields[field]?.toLowerCase());
  const ones = new Map<string, [string, PersonFields]>();
  for (const [key, [first, ...others]] of groups) if (key && first && others.length === 0) ones.set(key, first);
  return ones;
}

export const isNothing = ({ renamed, changed, renumbered, added, gone }: Difference): boolean =>
  renamed.length + changed.length + renumbered.length + added.length + gone.length === 0;

/**
 * Why a sync must not be done without somebody who says so: it takes away, or gives another number to, more than `most`
 * percent of the people, or leaves nobody. Undefined when it may.
 */
export function refusalOf({ gone, renumbered }: Difference, { before, after, most }: Guarded): string | undefined {
  if (before.size === 0) return undefined;
  if (after.size === 0) return `nobody would be left of ${before.size}`;
  const count = gone.length + renumbered.length;
  const share = (count / before.size) * 100;
  if (share <= most) return undefined;
  const percent = share < 1 ? share.toFixed(2) : Math.floor(share * 10) / 10;
  return `${gone.length} of ${before.size} would be gone and ${renumbered.length} have another number: ${percent} %, and max_change is ${most} %`;
}

export interface Guarded {
  readonly before: People;
  readonly after: People;
  readonly most: number;
}
