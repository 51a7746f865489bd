import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { createLoader } from '../load.ts';
import { lineAndColumn, lineStarts } from '../source/lines.ts';
import { usualIdentity } from '../source/project.ts';
import { replaceFile } from '../source/replace-file.ts';
import { createEncrypt, makeIdentity, toArmor } from '../source/secrets/age.ts';
import { readIdentities } from '../source/secrets/identities.ts';
import { readRecipients, recipientsFile } from '../source/secrets/recipients.ts';
import { type Rotated, rotateFile } from '../source/secrets/rotate.ts';
import type { Console, Place } from './command.ts';
import { demandProject } from './place.ts';

export interface EncryptArguments extends Pick<Place, 'dir'> {
  /** Encrypted as a whole, into FILE.age; a value from standard input when it is not given. */
  readonly file?: string;
  /** Recipients, or files of them; those of the project when it is empty. */
  readonly to: readonly string[];
  readonly armor: boolean;
  /** What is typed, without showing it, or what comes through a pipe. */
  readonly input: () => Promise<string>;
}

/** `offhook secret encrypt`: prints `{ age: … }` for devices.yml, or writes FILE.age. @throws Error with a sentence */
export async function encrypt({ dir, file, to, armor, input }: EncryptArguments, console: Console): Promise<number> {
  const recipients = readRecipients(dir, to);
  const run = createEncrypt(recipients);
  if (file === undefined) {
    const made = await run(await valueFrom(input));
    console.out(armor ? block(toArmor(made)) : `{ age: ${Buffer.from(made).toString('base64')} }\n`);
    return 0;
  }
  if (extname(file) === '.age') throw new Error(`${file} ends in .age: it is encrypted already`);
  const made = await run(readBytes(file));
  replaceFile(`${file}.age`, armor ? toArmor(made) : made);
  console.out(`written ${file}.age, for ${counted(recipients.length, 'recipient')}\n`);
  console.out(
    `${file} is still there as plain text: name ${basename(file)}.age where it was named, and remove it; git keeps what was committed\n`,
  );
  return 0;
}

async function valueFrom(input: EncryptArguments['input']): Promise<string> {
  const value = (await input()).replace(/\r?\n$/, '');
  if (value === '') throw new Error('there is nothing to encrypt; wanted a value, typed or through a pipe');
  if (/\p{Cc}/u.test(value))
    throw new Error('the value has a line break or a control character, which no phone’s file can hold');
  return value;
}

const block = (armored: string): string => `age: |\n${armored.trimEnd().replace(/^/gm, '  ')}\n`;

export interface RotateArguments extends Pick<Place, 'dir' | 'shipped' | 'ageIdentity'> {
  /** Absolute; those of the project when it is empty. */
  readonly files: readonly string[];
  readonly to: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `offhook secret rotate`: all that age has encrypted is encrypted anew; nothing is written unless all of it can be. 0, or 1. */
export async function rotate({ files, to, env, ...place }: RotateArguments, console: Console): Promise<number> {
  const { dir, shipped, ageIdentity } = place;
  demandProject(place, { withFile: files.length === 0 });
  const recipients = readRecipients(dir, to);
  const { decrypt, lacking } = readIdentities({ file: ageIdentity, usual: join(dir, usualIdentity), env });
  const rotation = { decrypt, encrypt: createEncrypt(recipients) };
  const made: { readonly path: string; readonly name: string; readonly rotated: Rotated }[] = [];
  const faults: string[] = [];
  for (const path of files.length > 0 ? files : await filesOf({ dir, shipped, ageIdentity })) {
    const name = relative(dir, path);
    const bytes = readBytes(path);
    const rotated = await rotateFile(bytes, rotation);
    if (rotated === 'sops') console.out(`left    ${name}: it is SOPS’s (sops updatekeys ${name})\n`);
    else if (rotated && 'reason' in rotated) faults.push(`${placed(name, bytes, rotated.offset)} ${rotated.reason}`);
    else if (rotated) made.push({ path, name, rotated });
  }
  if (faults.length > 0) {
    console.err(`${faults.join('\n')}\nnothing was written${lacking ? `: ${lacking}` : ''}\n`);
    return 1;
  }
  for (const { path, name, rotated } of made) {
    replaceFile(path, rotated.bytes);
    console.out(`written ${name}: ${said(rotated)}\n`);
  }
  console.out(
    made.length === 0
      ? 'there is nothing that age has encrypted\n'
      : `for ${counted(recipients.length, 'recipient')}; git keeps the old ones: change the passwords too, if an identity was lost\n`,
  );
  if (to.length > 0 && existsSync(join(dir, recipientsFile)))
    console.out(`${recipientsFile} is as it was: \`offhook secret encrypt\` encrypts for those in it\n`);
  return 0;
}

/** What the project is made from, and might be encrypted. */
async function filesOf(options: Parameters<typeof createLoader>[0]): Promise<string[]> {
  const loader = createLoader(options);
  await loader.load();
  const paths = [...new Set(loader.watched())].filter((path) => /\.(?:ya?ml|csv|age)$/.test(path));
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

const placed = (name: string, bytes: Buffer, offset?: number): string =>
  offset === undefined ? name : `${name}:${lineAndColumn(lineStarts(bytes.toString('utf8')), offset).line}`;

function said({ values, isWhole }: Rotated): string {
  const inside = values > 0 ? counted(values, 'value') : undefined;
  return [isWhole ? 'the file' : undefined, inside].filter((part) => part !== undefined).join(' and ');
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

export interface KeygenArguments extends Pick<Place, 'dir'> {
  /** Absolute; `.age-identity` of the project when it is not given. */
  readonly file?: string;
}

/** `offhook secret keygen`: a new identity in a file of its own, never over another one. @throws Error with a sentence */
export async function keygen(
  { dir, file = join(dir, usualIdentity) }: KeygenArguments,
  console: Console,
): Promise<number> {
  demandProject({ dir }, { withFile: false });
  const { identity, recipient } = await makeIdentity();
  if (existsSync(file))
    throw new Error(`${file} is there already, and what is encrypted for it would be lost; wanted another name`);
  writeFileSync(
    file,
    `# made by offhook; keep it secret, and a copy of it\n# public key: ${recipient}\n${identity}\n`,
    { mode: 0o600, flag: 'wx' },
  );
  const recipients = join(dir, recipientsFile);
  const isFirst = !existsSync(recipients);
  const isOpenEnded = !isFirst && !readFileSync(recipients, 'utf8').endsWith('\n');
  appendFileSync(recipients, `${isOpenEnded ? '\n' : ''}${recipient}\n`);
  console.out(`written ${file}: the identity, which decrypts; never commit it, and keep a copy\n`);
  console.out(`${isFirst ? 'written' : 'added to'} ${recipients}: the recipient, which encrypts; commit it\n`);
  if (!isFirst)
    console.out(
      'what is encrypted already is not for it yet: `offhook secret rotate`, with an identity that can read it\n',
    );
  if (!isIgnored(dir, file)) console.out(`\nadd /${relative(dir, file)} to .gitignore\n`);
  console.out(`${recipient}\n`);
  return 0;
}

/** Outside of the project it is no matter of its .gitignore. */
function isIgnored(dir: string, file: string): boolean {
  const name = relative(dir, file);
  if (name.startsWith('..')) return true;
  const path = join(dir, '.gitignore');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split(/\r?\n/) : [];
  return lines.some((line) => line.replace(/^\//, '') === name);
}

/** @throws Error with a sentence */
function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`${path} ${code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`}`, { cause: error });
  }
}
