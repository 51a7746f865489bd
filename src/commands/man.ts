import type { Console } from './command.ts';
import { families, verbs } from './verbs/table.ts';
import { type Argument, everywhere, type Flag, type Verb } from './verbs/verb.ts';

export const manFormats = ['man', 'markdown'] as const;

export interface ManArguments {
  readonly format: (typeof manFormats)[number];
}

/** Prints the manual page: for `man -l -`, or as the page of the documentation that is made from the same table. 0. */
export async function man({ format }: ManArguments, console: Console): Promise<number> {
  console.out(format === 'man' ? manualPage() : verbsInMarkdown());
  return 0;
}

/** A page of mdoc(7): `offhook.1`. */
export function manualPage(): string {
  return [
    '.\\" Made by `offhook man`.',
    '.Dd $Mdocdate$',
    '.Dt OFFHOOK 1',
    '.Os',
    '.Sh NAME',
    '.Nm offhook',
    '.Nd provisions desk phones: devices.yml in, files served, changed phones notified',
    '.Sh SYNOPSIS',
    ...verbs.flatMap(({ name, arguments: words = {} }) => [
      '.Nm',
      `.Cm ${name}`,
      '.Op Ar options',
      ...Object.entries(words).flatMap(wordMacros),
    ]),
    '.Sh DESCRIPTION',
    'A site is a folder with',
    '.Pa devices.yml',
    'in it.',
    '.Nm',
    'renders every phone\\(cqs files from it, serves them over TFTP and HTTP, and tells the phones whose files changed.',
    '.Sh OPTIONS',
    'Every verb has these, each also as a variable of the environment:',
    ...flagList(everywhere),
    '.Sh VERBS',
    ...verbs.flatMap(verbSection),
    '.Sh ENVIRONMENT',
    '.Bl -tag -width Ds',
    ...Object.entries(variables).flatMap(([name, meaning]) => [`.It Ev ${name}`, roff(meaning)]),
    '.El',
    '.Sh FILES',
    '.Bl -tag -width Ds',
    ...Object.entries(files).flatMap(([name, meaning]) => [`.It Pa ${name}`, roff(meaning)]),
    '.El',
    '.Sh EXIT STATUS',
    'A command line that is not understood, and whatever goes wrong otherwise, is 1, with a sentence on standard error.',
    'Of each verb:',
    '.Bl -column "secret encrypt" "0" "what it means"',
    ...verbs.flatMap(({ name, exits }) =>
      Object.entries(exits).map(([code, meaning]) => `.It ${roff(name)} Ta ${code} Ta ${roff(meaning)}`),
    ),
    '.El',
  ]
    .flatMap(folded)
    .map((line) => `${line}\n`)
    .join('');
}

/** Lines of text of 80 characters at most; each sentence begins one. */
function folded(line: string): string[] {
  if (line.startsWith('.')) return [line];
  const lines: string[] = [];
  for (const word of line.split(/\s+/)) {
    const last = lines.at(-1);
    const isOpen = last !== undefined && last.length + word.length < 80 && !/[^.][.?!]$/.test(last);
    if (isOpen) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word.replace(/^[.']/, '\\&$&'));
  }
  return lines;
}

const variables = {
  OFFHOOK_PROJECT: 'The folder of devices.yml; as --project.',
  OFFHOOK_OUT: 'What is written and served; as --out.',
  OFFHOOK_STATE: 'The folder of the journal; as --state.',
  OFFHOOK_AGE_IDENTITY: 'The file that decrypts; as --age-identity.',
  NO_COLOR: 'Nothing is coloured, whatever the terminal can.',
  FORCE_COLOR: 'Colours also where there is no terminal; 0 is none.',
};

const files = {
  'devices.yml': 'The site.',
  'out/': 'What phones fetch: written by a build, and by nobody else.',
  '.offhook/': 'The journal, and what is remembered between two builds.',
  '.age-identity': 'What decrypts passwords.',
};

function verbSection({ name, does, arguments: words = {}, flags = {}, examples, exits }: Verb): string[] {
  return [
    `.Ss ${roff(name)}`,
    `${roff(does)}.`,
    ...(Object.keys(flags).length + Object.keys(words).length === 0
      ? []
      : ['.Bl -tag -width Ds', ...Object.entries(words).flatMap(wordItem), ...flagItems(flags), '.El']),
    '.Pp',
    ...examples.flatMap(({ line, does: what }) => [`${roff(what)}:`, `.Dl offhook ${roff(line)}`]),
    '.Pp',
    `Exit status: ${Object.entries(exits)
      .map(([code, meaning]) => `${code}, ${roff(meaning)}`)
      .join('; ')}.`,
  ];
}

const flagList = (flags: Readonly<Record<string, Flag>>): string[] => [
  '.Bl -tag -width Ds',
  ...flagItems(flags),
  '.El',
];

const flagItems = (flags: Readonly<Record<string, Flag>>): string[] =>
  Object.entries(flags).flatMap(([name, flag]) => {
    const value = flag.type === 'boolean' ? '' : ` Ar ${flag.choices?.join('|') ?? 'value'}`;
    return [`.It Fl -${name}${value}`, roff(sentence(flag))];
  });

const wordItem = ([name, word]: [string, Argument]): string[] => [`.It Ar ${name}`, roff(sentence(word))];

const wordMacros = ([name, { demandOption, array }]: [string, Argument]): string[] => {
  const word = `Ar ${name}${array ? ' ...' : ''}`;
  return [demandOption ? `.${word}` : `.Op ${word}`];
};

/** With what holds otherwise, unless it says so itself. */
function sentence({ describe = '', default: initial, choices }: Flag | Argument): string {
  const isSaid = initial === undefined || initial === '' || typeof initial === 'boolean' || Array.isArray(initial);
  const by = isSaid ? '' : `  [${initial}]`;
  return `${describe || choices?.join(', ') || 'As the verb says'}${by}`;
}

/** A backslash, and a line that begins with a dot or a quote, mean something to roff; so does a dash that is none. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll('…', '...')
    .replace(/^([.'])/, '\\&$1');

/** The page of the documentation. */
export function verbsInMarkdown(): string {
  const head =
    '# Verbs, their flags and exit codes\n\nMade by `offhook man --format markdown` from the table that the command line itself is made from.\n';
  const codes = verbs.flatMap(({ name, exits }) =>
    Object.entries(exits).map(([code, meaning]) => `| \`${name}\` | ${code} | ${cell(meaning)} |`),
  );
  const all = [
    head,
    '## Everywhere\n',
    `${flagTable(everywhere)}\n`,
    '## Exit codes\n',
    'A command line that is not understood, and whatever goes wrong otherwise, is 1, with a sentence on standard error.\n',
    ['| verb | code | means |', '|---|---|---|', ...codes, ''].join('\n'),
    ...verbs.map(verbInMarkdown),
  ];
  return all.join('\n');
}

function verbInMarkdown({ name, does, arguments: words = {}, flags = {}, examples }: Verb): string {
  const usage = Object.entries(words).map(([word, { demandOption, array }]) => {
    const many = array ? `${word.toUpperCase()}...` : word.toUpperCase();
    return demandOption ? ` ${many}` : ` [${many}]`;
  });
  const lines = examples.map(({ line, does: what }) => `offhook ${line}    # ${what}`);
  const family = families[name.split(' ')[0] ?? ''];
  const table = Object.keys(flags).length === 0 ? '' : `\n${flagTable(flags)}`;
  return `## ${name}${usage.join('')}\n\n${does}${family === undefined ? '' : ` (${family})`}.\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n${table}`;
}

const flagTable = (flags: Readonly<Record<string, Flag>>): string =>
  [
    '| flag | |',
    '|---|---|',
    ...Object.entries(flags).map(([name, flag]) => {
      const value = flag.type === 'boolean' ? '' : ` ${flag.choices ? flag.choices.join('\\|') : 'VALUE'}`;
      return `| \`--${name}${value}\` | ${cell(sentence(flag))} |`;
    }),
    '',
  ].join('\n');

const cell = (text: string): string => text.replaceAll('|', '\\|');
