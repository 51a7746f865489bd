import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Secret } from '../model/secret.ts';
import type { RawSecret, SecretAnswer } from '../model/sources.ts';
import { visible } from '../problem.ts';
import { openAge } from './secrets/age.ts';
import { createAgeTexts } from './secrets/age-texts.ts';
import { type Identities, readIdentities } from './secrets/identities.ts';

export interface SecretStore {
  /** The secret, or in words why there is none. The same object for as long as its text stays the same. */
  read(reference: RawSecret): SecretAnswer;
  /**
   * Reads the files again, and decrypts what `{ age }` has in these contents (of files: whatever `read` will be asked
   * for): what is not among them is forgotten. True when a text has changed. In between a file is read once.
   */
  refresh(contents?: readonly object[]): Promise<boolean>;
  /** How many encrypted texts are in a content, if none of them can be decrypted since there is no identity, and why. */
  lacking(content: object): { readonly count: number; readonly reason: string } | undefined;
  /** Files that references have named so far, absolute: to be watched. */
  files(): readonly string[];
}

export interface SecretStoreOptions {
  /** The folder that relative paths start from. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** References stand as placeholders: nothing outside the repository is read. */
  readonly placeholders: boolean;
  /** What decrypts; those of the environment when it is not given. */
  readonly identities?: () => Identities;
}

/** Where references to passwords are looked up: the environment, files, and what is encrypted in the text itself. */
export function createSecretStore({ dir, env, placeholders, identities }: SecretStoreOptions): SecretStore {
  const texts = new Map<string, SecretAnswer>();
  const variables = new Map<string, SecretAnswer>();
  const stand = new Map<string, SecretAnswer>();
  /** By the path as it is written, which is how people know it. */
  const files = new Map<string, { read: string | Error; answer: SecretAnswer }>();
  const encrypted = createAgeTexts({
    identities: identities ?? (() => readIdentities({ env })),
    toAnswer: (text) => toAnswer(text, 'the age text'),
  });

  function look(file: string): SecretAnswer {
    const read = readText(resolve(dir, file));
    const known = files.get(file);
    if (known && isSame(known.read, read)) return known.answer;
    const answer = toAnswer(read, `file ${file}`);
    files.set(file, { read, answer });
    return answer;
  }

  function refreshFiles(): boolean {
    const before = [...files].map(([file, { answer }]) => ({ file, answer }));
    return before.filter(({ file, answer }) => look(file) !== answer).length > 0;
  }

  return {
    read(reference) {
      if (typeof reference === 'string') return remembered(texts, reference, () => toAnswer(reference, 'the password'));
      if ('age' in reference)
        return placeholders
          ? remembered(stand, reference.age, () => ageStandIn(reference.age))
          : encrypted.read(reference.age);
      const name = 'env' in reference ? `environment variable ${reference.env}` : `file ${reference.file}`;
      if (placeholders) return remembered(stand, name, () => new Secret(`placeholder for ${visible(name)}`));
      if ('file' in reference) return files.get(reference.file)?.answer ?? look(reference.file);
      return remembered(variables, name, () => toAnswer(variable(env, reference.env), name));
    },
    async refresh(contents = []) {
      const isOther = placeholders ? false : await encrypted.refresh(contents);
      return refreshFiles() || isOther;
    },
    lacking: (content) => (placeholders ? undefined : encrypted.lacking(content)),
    files: () => [...files.keys()].map((file) => resolve(dir, file)),
  };
}

/** Another one when the text is another, so that a plan sees that something changes. */
function ageStandIn(text: string): SecretAnswer {
  const opened = openAge(text);
  if ('reason' in opened) return { unreadable: `the age text ${opened.reason}` };
  return new Secret(`placeholder for age text ${hash('sha256', opened).slice(0, 12)}`);
}

function remembered(answers: Map<string, SecretAnswer>, key: string, make: () => SecretAnswer): SecretAnswer {
  const answer = answers.get(key) ?? make();
  answers.set(key, answer);
  return answer;
}

const isSame = (one: string | Error, other: string | Error): boolean =>
  one instanceof Error && other instanceof Error ? one.message === other.message : one === other;

/** Not what every object has, such as `toString`. */
const variable = (env: SecretStoreOptions['env'], name: string): string | Error =>
  (Object.hasOwn(env, name) ? env[name] : undefined) ?? new Error('is not set');

/** `name`: where it is kept, never what it says. */
function toAnswer(text: string | Error, name: string): SecretAnswer {
  if (text instanceof Error) return { unreadable: `${name} ${text.message}` };
  if (text === '') return { unreadable: `${name} is empty` };
  // It would end the value in a phone's file; the last two ranges are no characters, and no file format has them.
  if (/[\p{Cc}\p{Zl}\p{Zp}\ufdd0-\ufdef\ufffe\uffff]/u.test(text))
    return { unreadable: `${name} holds a line break or a control character` };
  if (text === String(new Secret(''))) return { unreadable: `${name} holds dots, as passwords are shown` };
  return new Secret(text);
}

function readText(path: string): string | Error {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)).replace(/\r?\n$/, '');
  } catch (error) {
    if (error instanceof TypeError) return new Error('is not UTF-8');
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return new Error(code === ' (ENOENT)' ? 'is not there' : `cannot be read${code}`);
  }
}
