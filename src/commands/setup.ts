import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTheWay, laySite, type NewFile, planSite } from '../founding.ts';
import type { Answers } from '../setup/answers.ts';
import { type Ask, BrokenOff, type Given, unattended } from '../setup/ask.ts';
import { interview } from '../setup/interview.ts';
import { createSurroundings } from '../surroundings.ts';
import { build } from './build.ts';
import type { Console, Place } from './command.ts';
import { dhcp } from './dhcp.ts';
import { formatProblems } from './format-problems.ts';
import { notIgnored } from './init.ts';
import { createPrompts } from './prompts.ts';

export interface SetupArguments extends Place {
  /** Folder of the files that are laid out as they are. */
  readonly starter: string;
  /** The command line, by the names of its flags; of those that name a file, what they name. */
  readonly given: Given;
  /** Nobody is asked: flags and defaults answer. */
  readonly yes: boolean;
  /** What is there may be written over. */
  readonly force: boolean;
  readonly build: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Somebody can be asked. */
  readonly isInteractive: boolean;
}

/** Asks for the first site, checks it, writes it, builds it. 0; 1 with faults, or when it was broken off: then nothing was written. */
export async function setup(options: SetupArguments, console: Console): Promise<number> {
  const { dir, yes, isInteractive, given } = options;
  if (!yes && !isInteractive)
    throw new Error('setup asks questions, and there is no terminal; wanted --yes, and flags for what has no default');
  const say = (text: string) => console.out(`${text}\n`);
  const ask = yes ? unattended(say) : createPrompts();
  if (!yes) ask.say('The first site. Nothing is written before the last question; Ctrl-C ends them.');
  const answers = await interview(ask, given, createSurroundings(options));
  const files = await planSite(answers, options);
  await demandLeave(ask, files, options);
  const faults = await laySite(files, { ...options, signal: console.onStop() });
  if (faults.length > 0) {
    console.err(`${formatProblems(faults, 'text')}nothing was written\n`);
    return 1;
  }
  for (const { path } of files) say(`written ${join(dir, path)}`);
  const { out, state, shipped, ageIdentity } = options;
  const place = { dir, out, state, shipped, ageIdentity };
  const code = options.build ? await build(place, console) : 0;
  say('\nWhat DHCP tells phones (`offhook dhcp kea`, and so on, writes it for a server):');
  await dhcp({ ...place, vendors: [], showTokens: false }, console);
  say(nextSteps(answers, options));
  return code;
}

/** Whoever is there says yes before anything is written, and before anything is written over. */
async function demandLeave(ask: Ask, files: readonly NewFile[], { dir, force }: SetupArguments): Promise<void> {
  const there = force ? [] : inTheWay(dir, files).map(({ path }) => join(dir, path));
  if (there.length > 0 && !ask.isAttended)
    throw new Error(`${there.join(', ')} would be written over; wanted --force, or another folder (--project DIR)`);
  const message =
    there.length > 0
      ? `Write over what is there: ${there.join(', ')}?`
      : `Write ${files.length} files into ${dir}, devices.yml among them?`;
  if (await ask.yes({ flag: 'yes', message, initial: !ask.isAttended || there.length === 0 })) return;
  throw new BrokenOff();
}

function nextSteps({ server, secrets, phones }: Answers, { dir, build: isBuilt }: SetupArguments): string {
  const url = `http://${server.address.includes(':') ? `[${server.address}]` : server.address}:${server.port}`;
  const lacking = notIgnored(dir);
  const where = secrets === 'files' ? `${join(dir, 'secrets')}, a file each` : 'the phones’ files in out/';
  const options = existsSync(dir) && dir !== process.cwd() ? ` --project ${dir}` : '';
  return [
    '',
    ...(lacking.length > 0
      ? [`Add ${lacking.join(', ')} to .gitignore: they hold passwords, or what decrypts them.`, '']
      : []),
    'Next:',
    `  offhook serve${options}`,
    `  The PBX needs the SIP passwords: they are in ${where}.`,
    ...(isBuilt && phones[0] ? [`  curl ${url}/${phones[0].mac}.cfg, once it serves, is what a phone sees.`] : []),
  ].join('\n');
}

/** The content of a file that holds a password, without the line break behind it. @throws Error with a sentence */
export function passwordIn(flag: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : textIn(flag, path).replace(/\r?\n$/, '');
}

/** A list of phones: a file, standard input (`-`), or the MACs themselves. @throws Error with a sentence */
export function devicesIn(words: readonly string[] | undefined): string | undefined {
  if (words === undefined || words.length === 0) return undefined;
  return words.map((word) => (isMac(word) ? word : textIn('devices', word === '-' ? '/dev/stdin' : word))).join('\n');
}

const isMac = (word: string): boolean => /^(?:[0-9a-f]{2}[\s:.-]?){6}(?:[,;\s].*)?$/i.test(word);

function textIn(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const seen = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    throw new Error(`--${flag}: ${path} ${seen}`, { cause: error });
  }
}
