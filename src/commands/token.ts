import type { Role } from '../model/api.ts';
import { createToken, readTokens, revokeToken, type Token, tokenName } from '../state/tokens.ts';
import type { Console, Place } from './command.ts';

type StatePlace = Pick<Place, 'state'>;

export interface CreateArguments extends StatePlace {
  readonly role: Role;
  readonly name: string;
  /** `90d`, `12h`, a date, or `never`. */
  readonly expires: string;
}

/** Makes a token for the API and prints it, once. 0. */
export async function create({ state, role, name, expires }: CreateArguments, console: Console): Promise<number> {
  if (!tokenName.test(name))
    throw new Error(`"${name}" is no name of a token; wanted up to 64 letters, digits, - and _, such as portal`);
  const now = Date.now();
  const text = createToken(state, { name, role, created: now, expires: endOf(expires, now) });
  console.out(`${text}\n`);
  console.err(`the token ${name} is made, for a ${role}: it is shown this once, and kept nowhere\n`);
  return 0;
}

/** Lists tokens, never their texts. 0. */
export async function list(
  { state, format }: StatePlace & { readonly format: 'text' | 'json' },
  console: Console,
): Promise<number> {
  const tokens = readTokens(state);
  if (format === 'json') console.out(`${JSON.stringify(tokens.map(toJson))}\n`);
  else if (tokens.length === 0) console.err('there are no tokens; `offhook token create` makes one\n');
  else console.out(textOf(tokens, Date.now()));
  return 0;
}

/** Takes a token away: from then on it is none. 0, or 1 when there is no such token. */
export async function revoke(
  { state, name }: StatePlace & { readonly name: string },
  console: Console,
): Promise<number> {
  if (tokenName.test(name) && revokeToken(state, name)) {
    console.err(`the token ${name} is one no more\n`);
    return 0;
  }
  const names = readTokens(state).map((token) => token.name);
  throw new Error(
    `there is no token ${JSON.stringify(name)}; ${names.length > 0 ? `there are ${names.join(', ')}` : 'there are none'}`,
  );
}

const units: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, y: 365 * 86_400_000 };

/** Milliseconds since 1970; undefined for `never`. */
export function endOf(text: string, now: number): number | undefined {
  if (text === 'never') return undefined;
  const [, count, unit = ''] = /^(\d{1,4})([hdy])$/.exec(text) ?? [];
  const at = count === undefined ? dateOf(text) : now + Number(count) * (units[unit] ?? 0);
  if (at > now) return at;
  throw new Error(`--expires is "${text}"; wanted a time to come, such as 90d, 12h, 2030-12-31, or never`);
}

const dateOf = (text: string): number => (/^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN);

const timeOf = (at: number): string => new Date(at).toISOString();

const toJson = ({ name, role, created, expires }: Token) => ({
  ...{ name, role, created: timeOf(created) },
  expires: expires === undefined ? null : timeOf(expires),
});

function textOf(tokens: readonly Token[], now: number): string {
  const rows = tokens.map(({ name, role, created, expires }) => [
    ...[name, role, timeOf(created)],
    expires === undefined ? 'never' : `${timeOf(expires)}${expires <= now ? ' (over)' : ''}`,
  ]);
  const head = ['name', 'role', 'created', 'expires'];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((word, column) => word.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map((row) => `${line(row)}\n`).join('');
}
