import { type Verb, value } from './verb.ts';

// Passwords in the repository, encrypted with age.

const to = {
  ...value('A recipient (age1…), or a file of them; may be given again  [PROJECT/.age-recipients]'),
  array: true,
  nargs: 1,
  default: [] as string[],
  completes: 'file',
} as const;

export const secretEncrypt = {
  name: 'secret encrypt',
  does: 'Print { age: … } for a value that is typed or piped, or write FILE.age',
  arguments: { file: { type: 'string', describe: 'Encrypted as a whole', completes: 'file' } },
  flags: { to, armor: { type: 'boolean', default: false, describe: 'As text between BEGIN and END' } },
  examples: [
    { line: 'secret encrypt', does: 'Asks for a value, and prints what goes into devices.yml' },
    { line: 'secret encrypt extensions.yml', does: 'Writes extensions.yml.age' },
  ],
  exits: { 0: 'encrypted', 1: 'there is nothing to encrypt, or nobody to encrypt it for' },
} as const satisfies Verb;

export const secretRotate = {
  name: 'secret rotate',
  does: 'Encrypt anew, for others, all of the project that age has encrypted',
  arguments: { files: { type: 'string', array: true, default: [] as string[], completes: 'file' } },
  flags: { to },
  examples: [{ line: 'secret rotate', does: 'For those who are in .age-recipients now' }],
  exits: { 0: 'all of it', 1: 'something cannot be decrypted; nothing was written' },
} as const satisfies Verb;

export const secretKeygen = {
  name: 'secret keygen',
  does: 'Make an identity (PROJECT/.age-identity), and note its recipient',
  arguments: { file: { type: 'string', describe: 'Where the identity is written', completes: 'file' } },
  examples: [{ line: 'secret keygen', does: 'Once for each who is to decrypt' }],
  exits: { 0: 'made', 1: 'there is one already' },
} as const satisfies Verb;
