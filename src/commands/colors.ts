import { WriteStream } from 'node:tty';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether what is written there may be coloured: to a terminal, unless NO_COLOR is set (https://no-color.org) or it is a
 * dumb one; anywhere, when FORCE_COLOR says so. As Node has it for itself.
 */
export function wantsColors(isTerminal: boolean, env: Environment): boolean {
  if (env.FORCE_COLOR === undefined && !isTerminal) return false;
  // One colour is a bit, and none is one, too.
  return WriteStream.prototype.getColorDepth.call(null as never, { ...env }) > 2;
}

/** Text of a kind; what is coloured says the same without. */
export type Paint = 'problems' | 'diff' | 'states';

const codes = { red: 31, green: 32, yellow: 33, cyan: 36, grey: 90 } as const;
type Color = keyof typeof codes;

/** Lines of a kind and what they are coloured with: the whole of what matches. */
const rules: Readonly<Record<Paint, readonly (readonly [RegExp, Color])[]>> = {
  problems: [
    [/^\S+? warning: /gm, 'yellow'],
    [/^\S+:\d+(?::\d+)? (?!warning: )/gm, 'red'],
  ],
  diff: [
    [/^ *\+.*$/gm, 'green'],
    [/^ *-.*$/gm, 'red'],
    [/^ *@@.*$/gm, 'cyan'],
  ],
  states: [
    [/\b(?:stuck|unreachable)\b/g, 'red'],
    [/\b(?:stale|unseen)\b/g, 'yellow'],
    [/\b(?:pending|notified|fetching)\b/g, 'cyan'],
    [/\bcurrent\b/g, 'green'],
  ],
};

/** The text as it is unless colours are wanted. */
export const painted = (text: string, kind: Paint, isColored: boolean | undefined): string =>
  isColored
    ? rules[kind].reduce(
        (all, [pattern, color]) => all.replace(pattern, (part) => `\x1b[${codes[color]}m${part}\x1b[39m`),
        text,
      )
    : text;
