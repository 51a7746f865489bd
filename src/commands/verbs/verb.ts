/**
 * A verb of the command line as data: what the parser takes, `--help` shows, shells complete and the manual page says is
 * all made from it.
 */
export interface Verb {
  /** `check`; `secret encrypt` for one of a family. */
  readonly name: string;
  /** One line: what it does, as an order. */
  readonly does: string;
  /** Words behind it, in their order. */
  readonly arguments?: Readonly<Record<string, Argument>>;
  /** By their names, without the dashes. */
  readonly flags?: Readonly<Record<string, Flag>>;
  readonly examples: readonly Example[];
  /** What each exit code means. 0 and 1 are there for every verb. */
  readonly exits: Readonly<Record<number, string>>;
}

/** What a shell offers in its place. `device` is a MAC or an extension; `target` that or a group. */
export type Completes = 'device' | 'target' | 'group' | 'file' | 'folder';

export interface Flag {
  readonly type?: 'string' | 'boolean';
  readonly describe?: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  readonly requiresArg?: boolean;
  readonly demandOption?: boolean;
  /** It may be given again. */
  readonly array?: boolean;
  readonly nargs?: number;
  readonly completes?: Completes;
}

export interface Argument {
  readonly type?: 'string';
  readonly describe?: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  readonly demandOption?: boolean;
  /** As many as there are; the last one only. */
  readonly array?: boolean;
  readonly completes?: Completes;
}

export interface Example {
  /** What is typed, behind `offhook`. */
  readonly line: string;
  readonly does: string;
}

/** A flag that has a value. */
export const value = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
export const file = (describe: string) => ({ ...value(describe), completes: 'file' }) as const;
export const folder = (describe: string) => ({ ...value(describe), completes: 'folder' }) as const;
/** One that is there or not. */
export const on = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;
/** One of a few words, of which the first holds when it is not given. */
export const oneOf = <const Word extends string>(choices: readonly [Word, ...Word[]], describe: string) => ({
  choices,
  default: choices[0] as Word,
  describe,
});
export const format = <const Word extends string>(...choices: readonly [Word, ...Word[]]) =>
  oneOf(choices, 'For people, or for a machine');

/** What every verb takes. */
export const everywhere = {
  project: folder('Folder of devices.yml  [OFFHOOK_PROJECT, .]'),
  out: folder('Folder that is written and served  [OFFHOOK_OUT, PROJECT/out]'),
  state: folder('Folder of the journal  [OFFHOOK_STATE, PROJECT/.offhook]'),
  'age-identity': file('File that decrypts  [OFFHOOK_AGE_IDENTITY, PROJECT/.age-identity, SOPS_AGE_KEY…]'),
} as const;

export const device = { type: 'string', demandOption: true, completes: 'device' } as const;
/** References to passwords are checked for their form, where there are none. */
export const withoutSecrets = on('References to passwords are checked for their form and stand as placeholders');
export const manifest = {
  manifest: on('Write out/manifest.json: what stands there, for copies'),
  'sign-key': file('Secret key of minisign that signs the manifest'),
  'sign-password-file': file('Its password  [OFFHOOK_SIGN_PASSWORD]'),
} as const;
export const publicKey = file('File of a public key of minisign, or the key itself');
