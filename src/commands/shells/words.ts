import { families, verbs } from '../verbs/table.ts';
import { type Completes, everywhere, type Flag, type Verb } from '../verbs/verb.ts';

/** A verb as shells complete it. */
export interface ShellVerb {
  readonly name: string;
  readonly does: string;
  readonly flags: readonly ShellFlag[];
  /** What each of its words may be; the last one holds for all that follow when there may be many. */
  readonly words: readonly { readonly offers: Offers; readonly isMany: boolean }[];
}

export interface ShellFlag {
  readonly name: string;
  readonly does: string;
  /** What stands behind it; undefined when nothing does. */
  readonly offers?: Offers;
}

/** What is offered: these words, what there is of a kind, or nothing that anybody could know. */
export type Offers = readonly string[] | Completes | 'nothing';

/** Flags that every verb has, and the help. */
export const flagsEverywhere: readonly ShellFlag[] = [
  ...Object.entries(everywhere).map(([name, flag]) => flagOf(name, flag)),
  { name: 'help', does: 'Show help' },
];

export const shellVerbs: readonly ShellVerb[] = verbs.map(
  ({ name, does, flags = {}, arguments: words = {} }: Verb) => ({
    ...{ name, does },
    flags: Object.entries(flags).map(([flag, spec]) => flagOf(flag, spec)),
    words: Object.values(words).map(({ choices, completes, array = false }) => ({
      offers: choices ?? completes ?? 'nothing',
      isMany: array,
    })),
  }),
);

/** The first words, with what they do. */
export const firstWords: readonly { readonly name: string; readonly does: string }[] = [
  ...new Map(
    verbs.map(({ name, does }) => {
      const [first = name] = name.split(' ');
      return [first, { name: first, does: families[first] ?? does }];
    }),
  ).values(),
];

/** The second words of a verb of two. */
export const secondWords = (family: string): readonly ShellVerb[] =>
  shellVerbs
    .filter(({ name }) => name.startsWith(`${family} `))
    .map((verb) => ({ ...verb, name: verb.name.split(' ')[1] ?? '' }));

export const familyNames: readonly string[] = Object.keys(families);

/** One that is on unless somebody says `--no-…` is offered as that. */
function flagOf(name: string, { type, choices, completes, default: initial, describe = '' }: Flag): ShellFlag {
  const does = describe.replace(/\s{2}\[.*\]$/, '');
  if (type === 'boolean') return { name: initial === true ? `no-${name}` : name, does };
  return { name, does, offers: choices ?? completes ?? 'nothing' };
}
