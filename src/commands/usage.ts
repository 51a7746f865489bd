import { nearest } from '../model/nearest.ts';
import { firstWords as known, verbs as table } from './verbs/table.ts';

/** What is wrong with a command line, as a sentence that says what is wanted. `message` is the parser's own. */
export function usageSentence(message: string, words: readonly string[]): string {
  const [, unknown] = /^Unknown (?:argument|command)s?: (.*)$/.exec(message) ?? [];
  if (unknown !== undefined) return unknownSentence(unknown.split(', '), words);
  const [, option] = /^Not enough arguments following: (.*)$/.exec(message) ?? [];
  if (option !== undefined) return `--${option} has no value; ${seeHelp(words)}`;
  const [, name, given, choices] = /Argument: (.*), Given: (.*), Choices: (.*)$/.exec(message) ?? [];
  if (choices !== undefined) {
    const seen = isWord(name, words) ? `${verbOf(words)} does not know ${given}` : `--${name} is ${given}`;
    return `${seen}; wanted one of ${choices.replaceAll('"', '')}`;
  }
  if (message.startsWith('Not enough non-option arguments')) return `a word is missing; ${seeHelp(words)}`;
  if (message === wantedVerb) return `${message}: ${known.join(', ')}; ${seeHelp([])}`;
  return message;
}

/** An option that is given twice becomes a list; only words may be many. */
export const givenOnce = (given: Readonly<Record<string, unknown>>): true | string => {
  const [name] =
    Object.entries(given).find(
      ([key, value]) => Array.isArray(value) && !many.includes(key) && !(key === 'state' && isStatus(given)),
    ) ?? [];
  return name === undefined || `--${name} is given twice`;
};

const many: readonly string[] = [
  '_',
  ...table.flatMap(({ flags = {}, arguments: words = {} }) =>
    [...Object.entries(flags), ...Object.entries(words)].flatMap(([name, { array }]) => (array ? [name] : [])),
  ),
];
/** There it names the folder and a state, if need be. */
const isStatus = ({ _: words }: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(words) && words[0] === 'status';

export const wantedVerb = 'wanted a verb';

function unknownSentence(unknown: readonly string[], words: readonly string[]): string {
  const [word = ''] = unknown;
  if (words.includes(word) && verbOf(words) === undefined) {
    const guess = nearest(word, known);
    return `there is no verb "${word}"; ${guess ? `did you mean "${guess}"?` : `wanted one of ${known.join(', ')}`}`;
  }
  const shown = unknown.map((name) =>
    words.includes(name) ? `"${name}"` : `${name.length === 1 ? '-' : '--'}${name}`,
  );
  return `${verbOf(words) ?? 'offhook'} does not know ${shown.join(', ')}; ${seeHelp(words)}`;
}

/** `--devices -` as `--devices=-`: to the parser a dash alone is the next flag. */
export function withLoneDashes(words: readonly string[]): string[] {
  const takes = (word = '') => word.startsWith('--') && many.includes(word.slice(2));
  return words.flatMap((word, index) => {
    if (word === '-' && takes(words[index - 1])) return [];
    return takes(word) && words[index + 1] === '-' ? [`${word}=-`] : [word];
  });
}

/** Whether it is an argument that has its place, and no flag. */
const isWord = (name = '', words: readonly string[]): boolean =>
  table.some((verb) => verb.name.split(' ')[0] === verbOf(words) && Object.hasOwn(verb.arguments ?? {}, name));

const verbOf = (words: readonly string[]): string | undefined => words.find((word) => known.includes(word));

const seeHelp = (words: readonly string[]): string =>
  `see ${['offhook', verbOf(words) ?? [], '--help'].flat().join(' ')}`;
