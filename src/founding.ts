import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createLoader } from './load.ts';
import { explainDiskError } from './model/disk-error.ts';
import { ldapDefaults } from './model/people-source.ts';
import { isFatal, type Problem } from './problem.ts';
import type { Answers } from './setup/answers.ts';
import { quoted, siteText } from './setup/site-text.ts';
import { mainFile, type ProjectOptions, usualIdentity } from './source/project.ts';
import { createEncrypt, makeIdentity } from './source/secrets/age.ts';
import { readRecipients, recipientsFile } from './source/secrets/recipients.ts';

/** A file of a new site: its path in the project, and the mode that it gets. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode?: number;
}

const own = 0o600;
const secretsFolder = 'secrets';
const workflows = {
  github: { from: 'github-workflow.yml', to: '.github/workflows/offhook.yml' },
  gitlab: { from: 'gitlab-ci.yml', to: '.gitlab-ci.yml' },
} as const;

/**
 * The files that a site of these answers is made of, in the order in which they are put in place: devices.yml is the last,
 * and without it there is no site. `starter`: the folder of what is laid out as it is. Nothing is written.
 */
export async function planSite(
  answers: Answers,
  { dir, starter }: { dir: string; starter: string },
): Promise<NewFile[]> {
  const vault = answers.secrets === 'age' ? await encryptedIn(dir, answers) : inFiles(answers);
  const laid = (from: string, path: string): NewFile => ({ path, text: readFileSync(join(starter, from), 'utf8') });
  const { directory, ci } = answers;
  return [
    ...vault.files,
    // One of the project's own is left alone.
    ...(existsSync(join(dir, '.gitignore')) ? [] : [laid('gitignore', '.gitignore')]),
    ...(ci === 'none' ? [] : [laid(workflows[ci].from, workflows[ci].to)]),
    ...(directory?.text === undefined ? [] : [{ path: ldapDefaults.into, text: directory.text }]),
    { path: mainFile, text: siteText(answers, (name) => vault.references.get(name) ?? quoted('')) },
  ];
}

interface Vault {
  readonly files: readonly NewFile[];
  /** By the name of the password, as devices.yml writes it. */
  readonly references: ReadonlyMap<string, string>;
}

/** Every password that the site refers to, by name. */
function passwordsOf(answers: Answers): Map<string, string> {
  const passwords = new Map<string, string>();
  siteText(answers, (name, password) => {
    passwords.set(name, password);
    return '""';
  });
  return passwords;
}

/** Each in a file that its owner alone may read, in a folder that git is told to leave out. */
function inFiles(answers: Answers): Vault {
  const named = [...passwordsOf(answers)].map(([name, text]) => ({ name, text, path: pathOf(name) }));
  const files = named.map(({ path, text }) => ({ path, text: `${text}\n`, mode: own }));
  const ignore = { path: `${secretsFolder}/.gitignore`, text: '# Passwords are no matter of git.\n*\n' };
  return {
    files: files.length === 0 ? [] : [ignore, ...files],
    references: new Map(named.map(({ name, path }) => [name, `{ file: ${quoted(path)} }`])),
  };
}

/** A number may have a `*` in it, which shells would make something of. */
const pathOf = (name: string): string =>
  `${secretsFolder}/${encodeURIComponent(name).replaceAll('*', '%2A').replaceAll('%', '=')}`;

/** For those that the project encrypts for already; else for an identity that is made. */
async function encryptedIn(dir: string, answers: Answers): Promise<Vault> {
  const isThere = existsSync(join(dir, recipientsFile));
  if (!isThere && existsSync(join(dir, usualIdentity)))
    throw new Error(`${usualIdentity} is there, and ${recipientsFile} beside it is not; wanted both, or neither`);
  const made = isThere ? undefined : await makeIdentity();
  const encrypt = createEncrypt(made ? [made.recipient] : readRecipients(dir, []));
  const references = new Map<string, string>();
  for (const [name, text] of passwordsOf(answers))
    references.set(name, `{ age: ${Buffer.from(await encrypt(text)).toString('base64')} }`);
  if (!made) return { files: [], references };
  const head = `# made by offhook; keep it secret, and a copy of it\n# public key: ${made.recipient}\n`;
  return {
    references,
    files: [
      { path: usualIdentity, text: `${head}${made.identity}\n`, mode: own },
      { path: recipientsFile, text: `${made.recipient}\n` },
    ],
  };
}

/** Those of the files that are there already, and say something else. */
export const inTheWay = (dir: string, files: readonly NewFile[]): NewFile[] =>
  files.filter(({ path, text }) => {
    const there = join(dir, path);
    return existsSync(there) && readFileSync(there, 'utf8') !== text;
  });

export interface Laying extends Pick<ProjectOptions, 'shipped' | 'ageIdentity'> {
  readonly dir: string;
  /** Somebody wants it ended: then nothing is written. */
  readonly signal: AbortSignal;
}

/**
 * Checks the files as a site, in a folder of their own, and puts them in place: all of them, or none. Gives the faults
 * that keep them out. @throws Error with a sentence when the disk does not take them, or `signal` says so
 */
export async function laySite(files: readonly NewFile[], { dir, signal, ...options }: Laying): Promise<Problem[]> {
  const made = mkdirSync(dir, { recursive: true });
  const stage = mkdtempSync(join(dir, '.offhook-setup-'));
  let isLaid = false;
  try {
    for (const one of files) write(stage, one);
    const usual = join(dir, usualIdentity);
    const ageIdentity = options.ageIdentity ?? (existsSync(usual) ? usual : undefined);
    const isMade = files.some(({ path }) => path === usualIdentity);
    const loader = createLoader({
      dir: stage,
      shipped: options.shipped,
      ageIdentity: isMade ? undefined : ageIdentity,
    });
    const faults = (await loader.load()).problems.filter(isFatal);
    if (faults.length > 0) return faults;
    signal.throwIfAborted();
    moveAll(files, { stage, dir });
    isLaid = true;
    return [];
  } catch (error) {
    if (signal.aborted) throw new Error('broken off: nothing was written', { cause: error });
    throw new Error(`the site cannot be written: ${explainDiskError(error)}`, { cause: error });
  } finally {
    rmSync(stage, { recursive: true, force: true });
    if (made !== undefined && !isLaid) rmSync(made, { recursive: true, force: true });
  }
}

function write(stage: string, { path, text, mode = 0o644 }: NewFile): void {
  const to = join(stage, path);
  mkdirSync(dirname(to), { recursive: true, mode: path.startsWith(`${secretsFolder}/`) ? 0o700 : 0o755 });
  writeFileSync(to, text, { mode, flag: 'wx' });
}

/** At once, so that no signal comes between; what was there before is brought back when one of them does not go. */
function moveAll(files: readonly NewFile[], { stage, dir }: { stage: string; dir: string }): void {
  const done: { readonly to: string; readonly kept?: string }[] = [];
  try {
    for (const [index, { path }] of files.entries()) {
      const to = join(dir, path);
      mkdirSync(dirname(to), { recursive: true, mode: path.startsWith(`${secretsFolder}/`) ? 0o700 : 0o755 });
      const kept = existsSync(to) ? join(stage, `kept-${index}`) : undefined;
      if (kept !== undefined) renameSync(to, kept);
      done.push({ to, kept });
      renameSync(join(stage, path), to);
    }
  } catch (error) {
    for (const { to, kept } of done.toReversed())
      if (kept === undefined) rmSync(to, { force: true });
      else renameSync(kept, to);
    throw error;
  }
}
