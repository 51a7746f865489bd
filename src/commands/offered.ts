import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatMac, type Mac } from '../model/mac.ts';
import { visible } from '../problem.ts';
import { readDevices } from '../state/written.ts';
import type { Place } from './command.ts';

// What shells offer at a Tab. Somebody waits for it: nothing is loaded here that is not needed.

export const kinds = ['device', 'target', 'group'] as const;
export type Kind = (typeof kinds)[number];

export interface OfferedArguments extends Place {
  readonly what: Kind;
  /** The beginning of a word: MACs are spelled as it spells them. */
  readonly like: string;
}

/** The command line of a shell, which is always of this form; undefined for any other. */
export function shellAsks(
  words: readonly string[],
): (Pick<OfferedArguments, 'what' | 'like'> & Partial<Record<'project' | 'state' | 'out', string>>) | undefined {
  const what = words[0] === 'completion' ? kinds.find((kind) => kind === words[1]) : undefined;
  if (what === undefined) return undefined;
  const text = { type: 'string' } as const;
  try {
    const options = { like: text, project: text, state: text, out: text };
    const { values } = parseArgs({ args: words.slice(2), options, strict: true });
    return { ...values, what, like: values.like ?? '' };
  } catch {
    return undefined;
  }
}

/** The words, one a line, each with a tab and what it means. */
export async function offered({ what, like, ...place }: OfferedArguments): Promise<string> {
  const known = await knownIn(place);
  const words = [
    ...(what === 'group' ? [] : deviceWords(known, like)),
    ...(what === 'device' ? [] : groupWords(known)),
  ];
  return words.map(([word, meaning]) => `${visible(word)}\t${visible(meaning)}\n`).join('');
}

interface Known {
  readonly mac: Mac;
  readonly extension?: string;
  readonly name?: string;
  readonly group?: string;
  readonly vendor: string;
  readonly model: string;
}

type Word = readonly [word: string, meaning: string];

/** Of the last build, which is quick; of the project where nothing was built yet. */
async function knownIn(place: Place): Promise<readonly Known[]> {
  const built = builtIn(place);
  if (built.length > 0 || !existsSync(join(place.dir, 'devices.yml'))) return built;
  const { createLoader } = await import('../load.ts');
  const { site } = await createLoader({ ...place, secrets: { placeholders: true } }).load();
  return site.devices.map(({ lines: [line], ...device }) => ({
    ...device,
    extension: line?.extension,
    name: line?.name,
  }));
}

/** A record of another version of offhook offers nothing, and is nothing to tell somebody at a Tab. */
function builtIn({ state, out }: Place): readonly Known[] {
  try {
    return readDevices({ folder: state, out });
  } catch {
    return [];
  }
}

function deviceWords(known: readonly Known[], like: string): Word[] {
  const spell = /^[0-9A-Fa-f]{2}:/.test(like) ? formatMac : (mac: Mac): string => mac;
  return known.flatMap(({ mac, extension, name, vendor, model }): Word[] => {
    const who = name === extension ? undefined : name;
    const kind = `${vendor}/${model}`;
    const one: Word = [spell(mac), [extension, who, kind].filter(Boolean).join(' ')];
    return extension === undefined ? [one] : [one, [extension, [who, kind].filter(Boolean).join(' ')]];
  });
}

function groupWords(known: readonly Known[]): Word[] {
  const groups = Map.groupBy(known, ({ group = '' }) => group);
  return [...groups].flatMap(([group, { length }]): Word[] => (group === '' ? [] : [[group, `a group of ${length}`]]));
}
