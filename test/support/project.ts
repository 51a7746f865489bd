import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** The schemas of the program, and of its templates only what every vendor needs: the project brings a vendor of its own. */
export const shipped = { schema: join(root, 'schema'), templates: join(root, 'templates') };

/** A project in a folder of its own, gone when the test has ended. */
export interface Project {
  readonly dir: string;
  readonly out: string;
  readonly state: string;
  path(name: string): string;
  write(name: string, text: string): void;
  read(name: string): string;
  /** Rewrites a file in place; the text must be there. */
  edit(name: string, from: string | RegExp, to: string): void;
  /** The text of a file of out/. */
  outText(name: string): string;
}

/** A project with the vendor `acme`; with more files, by name. */
export function createProject(devices: string, files: Readonly<Record<string, string>> = {}): Project {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-project-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const project = projectIn(dir);
  cpSync(join(import.meta.dirname, 'acme'), join(dir, 'templates', 'acme'), { recursive: true });
  for (const [name, text] of Object.entries({ 'devices.yml': devices, ...files })) project.write(name, text);
  return project;
}

export function projectIn(dir: string): Project {
  const path = (name: string) => join(dir, name);
  const read = (name: string) => readFileSync(path(name), 'utf8');
  const write = (name: string, text: string) => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  };
  return {
    dir,
    out: path('out'),
    state: path('.offhook'),
    path,
    read,
    write,
    edit(name, from, to) {
      const before = read(name);
      const after = before.replace(from, to);
      if (after === before) throw new Error(`${name} has no ${from}`);
      write(name, after);
    },
    outText: (name) => read(`out/${name}`),
  };
}

/** Beside the file, and then over it, as many editors and tools write. */
export function renameOver({ path }: Project, name: string, text: string): void {
  writeFileSync(path(`${name}.new`), text);
  renameSync(path(`${name}.new`), path(name));
}

/** As vim does with `backupcopy=no`: the old one is renamed, a new one written, the old one removed. */
export function writeLikeVim({ path }: Project, name: string, text: string): void {
  renameSync(path(name), path(`${name}~`));
  writeFileSync(path(name), text);
  rmSync(path(`${name}~`));
}

/** Without the file for a moment. */
export async function deleteAndCreate({ path }: Project, name: string, text: string, after: number): Promise<void> {
  rmSync(path(name));
  await new Promise((done) => setTimeout(done, after));
  writeFileSync(path(name), text);
}

/** The example that `npm start` serves, in a folder of its own. */
export function copyExample(): Project {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-project-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  copyFileSync(join(root, 'devices.yml'), join(dir, 'devices.yml'));
  cpSync(join(root, 'example'), join(dir, 'example'), { recursive: true });
  return projectIn(dir);
}

export interface Phone {
  /** Where it listens for NOTIFYs; absent when nobody says so in devices.yml. */
  readonly address?: string;
  readonly port: number;
}

/** `020000000001` for the first. */
export const macOf = (number: number): string => `02${number.toString(16).padStart(10, '0')}`;

/**
 * A site of Acmes, `phones` of them: number N has extension 1000+N, "Person N", and a BLF of the next. The first half are
 * of model a1, the others of model a2.
 */
export function siteOf(phones: readonly Phone[], sections = ''): string {
  const devices = phones.map(({ address, port }, index) => {
    const model = index < phones.length / 2 ? 'a1' : 'a2';
    const watched = 1001 + ((index + 1) % phones.length);
    const ip = address === undefined ? '' : ` ip: ${address},`;
    return `  - { mac: "${macOf(index + 1)}", vendor: acme, model: ${model}, extension: "${1001 + index}",${ip} sip_port: ${port}, keys: [{ type: blf, value: "${watched}" }] }`;
  });
  const people = phones.map(
    (_, index) => `  "${1001 + index}": { name: Person ${index + 1}, password: secret-of-${1001 + index} }`,
  );
  return [
    'templates_dir: templates',
    'server: { address: 192.0.2.1 }',
    'sip: { server: pbx.example.com }',
    sections,
    'extensions:',
    ...people,
    'devices:',
    ...devices,
    '',
  ].join('\n');
}
