import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problem } from '../../problem.ts';
import { lineAndColumn, lineStarts } from '../lines.ts';
import { foreignByte } from '../utf8.ts';
import { isAge, openAge } from './age.ts';
import type { Identities } from './identities.ts';
import { decryptSops, isSops, sopsWithStandIns } from './sops.ts';

/** What a file of the project says. */
export interface SourceText {
  readonly text: string;
  /** It was encrypted: nothing of its text may stand in a message, only its places. Lines and columns are those of the file. */
  readonly isSealed: boolean;
}

/** Why nothing can be read; a warning where a file is left out on purpose. Either way what hangs on it is no fault of its own. */
export interface NoText {
  readonly problem: Problem;
}

/**
 * Reads a file of the project, whatever it is encrypted with: each YAML and each CSV file is read through this, whoever
 * names it. `path` is relative to the project, and stands in problems. Never rejects.
 */
export type ReadSource = (path: string) => Promise<SourceText | NoText>;

export interface SourceTextOptions {
  /** The project's folder. */
  readonly dir: string;
  /** Asked for each file that is encrypted: identities may change while the daemon runs. */
  readonly identities: () => Identities;
  /** Nothing is decrypted (`--without-secrets`): what is encrypted is checked for its form, and left out. */
  readonly placeholders: boolean;
}

export function createReadSource(options: SourceTextOptions): ReadSource {
  return async (path) => {
    const bytes = readBytes(options.dir, path);
    if (!(bytes instanceof Uint8Array)) return { problem: bytes };
    if (path.endsWith('.age') || isAge(bytes)) return fromAge(bytes, path, options);
    const read = toText(bytes, path);
    return 'text' in read && isSops(read.text) ? fromSops(read.text, path, options) : read;
  };
}

/** A file may be encrypted by both, though there is no reason to. */
async function fromAge(bytes: Uint8Array, path: string, options: SourceTextOptions): Promise<SourceText | NoText> {
  const opened = openAge(bytes);
  if ('reason' in opened) return sealed(path, `the file ${opened.reason}`);
  if (options.placeholders) return leftOut(path);
  const plain = await options.identities().decrypt(opened);
  if ('reason' in plain) return sealed(path, why(plain.reason, options));
  const read = toText(plain, path);
  return 'text' in read ? { ...read, isSealed: true } : { problem: unreadable(path, 'it is not UTF-8') };
}

async function fromSops(text: string, path: string, options: SourceTextOptions): Promise<SourceText | NoText> {
  const plain = options.placeholders
    ? sopsWithStandIns(text, ({ value }) => `placeholder for a value of SOPS (${hash('sha256', value).slice(0, 8)})`)
    : await decryptSops(text, (bytes) => options.identities().decrypt(bytes));
  if (plain === undefined) return leftOut(path);
  if (typeof plain === 'string') return { text: plain, isSealed: true };
  const { problem } = sealed(path, why(plain.reason, options));
  return {
    problem: plain.offset === undefined ? problem : { ...problem, ...lineAndColumn(lineStarts(text), plain.offset) },
  };
}

/** Nobody fits, since somebody is lacking. */
function why(reason: string, { identities }: SourceTextOptions): string {
  const { lacking } = identities();
  return lacking && reason.startsWith('is encrypted for')
    ? `the file is encrypted, and ${lacking}`
    : `the file ${reason}`;
}

const sealed = (file: string, message: string): NoText => ({
  problem: { file, code: 'encrypted-file', severity: 'error', message },
});

const leftOut = (file: string): NoText => ({
  problem: {
    ...{ file, code: 'encrypted-file', severity: 'warning' },
    message:
      'the file is encrypted and left out, since --without-secrets decrypts nothing; what hangs on it is not checked',
  },
});

function toText(bytes: Uint8Array, path: string): SourceText | NoText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), isSealed: false };
  } catch {
    const { reason = 'it is not UTF-8', ...place } = foreignByte(bytes) ?? {};
    return { problem: { ...unreadable(path, reason), ...place } };
  }
}

function readBytes(dir: string, path: string): Uint8Array | Problem {
  try {
    const file = resolve(dir, path);
    const stat = statSync(file);
    // Nobody may ever write to a pipe, and meanwhile no phone would be answered.
    if (!stat.isFile() && !stat.isDirectory()) return unreadable(path, 'it is no file');
    return readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return unreadable(path, words[code] ?? code);
  }
}

const unreadable = (file: string, reason: string): Problem => ({
  file,
  code: 'unreadable-file',
  severity: 'error',
  message: `cannot be read: ${reason}; wanted a ${file.replace(/\.age$/, '').endsWith('.csv') ? 'CSV' : 'YAML'} file in UTF-8`,
});

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
  ELOOP: 'its links lead in a circle',
};
