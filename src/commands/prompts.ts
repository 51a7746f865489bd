import * as clack from '@clack/prompts';
import { type Ask, BrokenOff, type ChoiceQuestion, type Question } from '../setup/ask.ts';

/** Ctrl-C, and Escape, end the questions. */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (!clack.isCancel(answer)) return answer as Exclude<T, symbol>;
  clack.cancel('Broken off: nothing was written.');
  throw new BrokenOff();
}

/** An answer that is left empty is the initial one, which is none to find fault with. */
const validate =
  ({ fault, initial }: Question) =>
  (answer: string | undefined): string | undefined => {
    if (!answer) return initial === undefined ? (fault?.('') ?? 'wanted an answer') : undefined;
    return fault?.(answer);
  };

const optionsOf = <T extends string>(choices: ChoiceQuestion<T>['choices']) =>
  choices.map(({ value, label, hint }) => ({ value: value as string, label, ...(hint && { hint }) }));

/** Asks whoever sits at the terminal. */
export function createPrompts(): Ask {
  return {
    isAttended: true,
    async text(question) {
      const { message, initial } = question;
      const shown = initial ? { placeholder: initial } : {};
      return answered(
        await clack.text({ message, ...shown, defaultValue: initial ?? '', validate: validate(question) }),
      );
    },
    secret: async (question) =>
      answered(await clack.password({ message: question.message, validate: validate(question) })),
    lines: async (question) =>
      answered(
        await clack.multiline({
          message: `${question.message}; Enter twice ends them`,
          validate: validate(question),
        }),
      ),
    async choice<T extends string>({ message, choices, initial }: ChoiceQuestion<T>) {
      const options = optionsOf(choices);
      const [only] = choices;
      if (choices.length === 1 && only) return only.value;
      // With many of them it is quicker to type.
      const ask = choices.length > 12 ? clack.autocomplete<string> : clack.select<string>;
      return answered(await ask({ message, options, initialValue: initial, maxItems: 12 })) as T;
    },
    some: async ({ message, choices }) =>
      answered(await clack.multiselect<string>({ message, options: optionsOf(choices), required: true, maxItems: 12 })),
    yes: async ({ message, initial }) => answered(await clack.confirm({ message, initialValue: initial })),
    say: (text) => clack.log.message(text),
    async during(text, work) {
      const spinner = clack.spinner();
      spinner.start(text);
      try {
        return await work;
      } finally {
        spinner.clear();
      }
    },
  };
}
