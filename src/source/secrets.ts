import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Secret } from '../model/secret.ts';
import type { RawSecret, SecretAnswer } from '../model/sources.ts';
import { visible } from '../problem.ts';

export interface SecretStore {
  /** The secret, or in words why there is none. The same object for as long as its text stays the same. */
  read(reference: RawSecret): SecretAnswer;
  /** Reads the files again; true when a text has changed. In between a file is read once. */
  refresh(): boolean;
  /** Files that references have named so far, absolute: to be watched. */
  files(): readonly string[];
}

export interface SecretStoreOptions {
  /** The folder that relative paths start from. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** References stand as placeholders: nothing outside the repository is read. */
  readonly placeholders: boolean;
}

/** Where references to passwords are looked up: the environment and files. */
export function createSecretStore({ dir, env, placeholders }: SecretStoreOptions): SecretStore {
  const texts = new Map<string, SecretAnswer>();
  const variables = new Map<string, SecretAnswer>();
  const stand = new Map<string, SecretAnswer>();
  /** By the path as it is written, which is how people know it. */
  const files = new Map<string, { read: string | Error; answer: SecretAnswer }>();

  function look(file: string): SecretAnswer {
    const read = readText(resolve(dir, file));
    const known = files.get(file);
    if (known && isSame(known.read, read)) return known.answer;
    const answer = toAnswer(read, `file ${file}`);
    files.set(file, { read, answer });
    return answer;
  }

  return {
    read(reference) {
      if (typeof reference === 'string') return remembered(texts, reference, () => toAnswer(reference, 'the password'));
      const name = 'env' in reference ? `environment variable ${reference.env}` : `file ${reference.file}`;
      if (placeholders) return remembered(stand, name, () => new Secret(`placeholder for ${visible(name)}`));
      if ('file' in reference) return files.get(reference.file)?.answer ?? look(reference.file);
      return remembered(variables, name, () => toAnswer(variable(env, reference.env), name));
    },
    refresh() {
      const before = [...files].map(([file, { answer }]) => ({ file, answer }));
      return before.filter(({ file, answer }) => look(file) !== answer).length > 0;
    },
    files: () => [...files.keys()].map((file) => resolve(dir, file)),
  };
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
