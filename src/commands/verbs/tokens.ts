import { roles } from '../../model/api.ts';
import { format, type Verb, value } from './verb.ts';

// Who may call the API.

export const tokenCreate = {
  name: 'token create',
  does: 'Make a token for the API, and print it: it is kept nowhere, only what it is known by',
  flags: {
    role: { choices: roles, demandOption: true, describe: 'What it may do: read; and make phones reboot; and edit' },
    name: { ...value('What the audit calls it'), demandOption: true },
    expires: { ...value('When it is over: 90d, 12h, 2030-12-31, never'), default: '90d' },
  },
  examples: [
    { line: 'token create --role viewer --name wallboard', does: 'May read, for 90 days' },
    { line: 'token create --role admin --name portal --expires 1y', does: 'May do everything, for a year' },
  ],
  exits: { 0: 'made', 1: 'there is one of this name, or the state folder cannot be written' },
} as const satisfies Verb;

export const tokenList = {
  name: 'token list',
  does: 'List the tokens of the API by their names',
  flags: { format: format('text', 'json') },
  examples: [{ line: 'token list', does: 'Also those that are over' }],
  exits: { 0: 'listed', 1: 'the state folder cannot be read' },
} as const satisfies Verb;

export const tokenRevoke = {
  name: 'token revoke',
  does: 'Take a token away: from then on it is none, also for a daemon that runs',
  arguments: { name: { type: 'string', demandOption: true, describe: 'As `token list` has it' } },
  examples: [{ line: 'token revoke portal', does: 'Holds at once' }],
  exits: { 0: 'taken away', 1: 'there is no such token' },
} as const satisfies Verb;
