/** A question of the setup. Each has a flag of the same meaning, which answers it beforehand. */
export interface Question {
  /** Without dashes: `pbx-host`. */
  readonly flag: string;
  readonly message: string;
  /** What holds when nothing is said; absent: somebody has to say it. */
  readonly initial?: string;
  /** What is wrong with an answer: what was seen, what is wanted. */
  readonly fault?: (answer: string) => string | undefined;
}

export interface Choice<T extends string = string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

export interface ChoiceQuestion<T extends string> extends Omit<Question, 'fault' | 'initial'> {
  readonly choices: readonly Choice<T>[];
  readonly initial?: T;
}

/** Who is asked: a person at a terminal, or nobody, and then the flags and the defaults answer. */
export interface Ask {
  readonly isAttended: boolean;
  text(question: Question): Promise<string>;
  /** Not shown as it is typed. */
  secret(question: Question): Promise<string>;
  choice<T extends string>(question: ChoiceQuestion<T>): Promise<T>;
  /** Several lines, as they are pasted. */
  lines(question: Question): Promise<string>;
  /** Any of the choices, or none. */
  some(question: Omit<ChoiceQuestion<string>, 'initial'>): Promise<readonly string[]>;
  yes(question: { readonly flag: string; readonly message: string; readonly initial: boolean }): Promise<boolean>;
  say(text: string): void;
  /** Says that something takes a while, as long as it does. */
  during<T>(text: string, work: Promise<T>): Promise<T>;
}

/** Somebody ended the questions: nothing was written. */
export class BrokenOff extends Error {
  constructor() {
    super('broken off: nothing was written');
  }
}

/** What flags say, by their names. Of those for a password it is the content of the file that they name. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

/** What is said of a value that does not do, between its flag and its fault. */
type Shown = (value: string) => string;

/** Flags answer first, and whatever answers is held against the same wants. @throws Error, a sentence, for a flag that does not do */
export function withFlags(given: Given, ask: Ask): Ask {
  const said = (flag: string) => {
    const value = given[flag];
    return typeof value === 'string' ? value : undefined;
  };
  const answer = async (question: Question, otherwise: (question: Question) => Promise<string>, shown: Shown) => {
    const value = said(question.flag);
    if (value === undefined) return otherwise(question);
    const fault = question.fault?.(value);
    if (fault === undefined) return value;
    throw new Error(`--${question.flag}${shown(value)}${fault}`);
  };
  return {
    ...ask,
    text: (question) => answer(question, ask.text, (value) => ` is ${JSON.stringify(value)}: `),
    // A table may have passwords: its faults say which line.
    lines: (question) => answer(question, ask.lines, () => ': '),
    secret: (question) => answer(question, ask.secret, () => ' '),
    async choice(question) {
      const value = said(question.flag);
      if (value === undefined) return ask.choice(question);
      const chosen = question.choices.find((choice) => choice.value === value);
      if (chosen) return chosen.value;
      const wanted = question.choices.map((choice) => choice.value).join(', ');
      throw new Error(`--${question.flag} is ${JSON.stringify(value)}; wanted one of ${wanted}`);
    },
    async yes(question) {
      const value = given[question.flag];
      return typeof value === 'boolean' ? value : ask.yes(question);
    },
  };
}

/** Nobody is there: defaults hold, and what has none is a sentence. */
export function unattended(say: (text: string) => void): Ask {
  const initial = async ({ flag, message, initial: value }: Pick<Question, 'flag' | 'message' | 'initial'>) => {
    if (value !== undefined) return value;
    throw new Error(`nobody is asked, and there is no --${flag} (${message})`);
  };
  return {
    ...{ isAttended: false, say, text: initial, secret: initial, lines: initial },
    choice: async <T extends string>(question: ChoiceQuestion<T>) => (await initial(question)) as T,
    some: async () => [],
    yes: async (question) => question.initial,
    during: (_, work) => work,
  };
}
