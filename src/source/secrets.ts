import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Secret } from '../model/secret.ts';
import type { RawSecret, SecretAnswer } from '../model/sources.ts';

export interface SecretStore {
  /** The secret, or in words why there is none. The same object for as long as its text stays the same. */
  read(reference: RawSecret): SecretAnswer;
  /** Reads the files again; true when a text has changed. */
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
  const answers = new Map<string, { text: string; answer: SecretAnswer }>();
  const files = new Set<string>();

  function look(key: string, text: string | Error): SecretAnswer {
    const seen = text instanceof Error ? `\0${text.message}` : text;
    const known = answers.get(key);
    if (known?.text === seen) return known.answer;
    const answer = text instanceof Error ? { unreadable: text.message } : usable(key, text);
    answers.set(key, { text: seen, answer });
    return answer;
  }

  function lookFile(path: string): SecretAnswer {
    files.add(path);
    return look(`file ${path}`, readText(path));
  }

  return {
    read(reference) {
      if (typeof reference === 'string') return look(`text ${reference}`, reference);
      const name = 'env' in reference ? `environment variable ${reference.env}` : `file ${reference.file}`;
      if (placeholders) return look(`placeholder ${name}`, `placeholder for ${name}`);
      if ('file' in reference) return lookFile(resolve(dir, reference.file));
      return look(name, env[reference.env] ?? new Error(`environment variable ${reference.env} is not set`));
    },
    refresh() {
      const before = [...files].map((path) => answers.get(`file ${path}`)?.answer);
      const after = [...files].map((path) => lookFile(path));
      return after.some((answer, index) => answer !== before[index]);
    },
    files: () => [...files],
  };
}

function usable(key: string, text: string): SecretAnswer {
  if (text === '') return { unreadable: `${key} is empty` };
  // A line break or a control character would end the value in a phone's file.
  if (/[\p{Cc}\u2028\u2029\ufdd0-\ufdef]/u.test(text))
    return { unreadable: `${sourceOf(key)} holds a line break or a control character` };
  return new Secret(text);
}

/** A password written as plain text is its own key, and must not be shown. */
const sourceOf = (key: string): string => (key.startsWith('text ') ? 'the password' : key);

function readText(path: string): string | Error {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return new Error(`file ${path} cannot be read${code}`);
  }
}
