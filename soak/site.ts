import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Project, projectIn, siteOf } from '../test/support/project.ts';
import { randomBytes } from '../test/support/random.ts';

/** A project of Acmes whose files differ with each generation, and which bytes phones must get of each. */
export interface SoakSite extends Project, Disposable {
  /** devices.yml of a generation. */
  textOf(generation: number): string;
  /** The name of every file of the build, and its bytes; known after `learn`. */
  filesOf(generation: number): ReadonlyMap<string, Buffer>;
  /** The generation that the bytes name; undefined when they are of none, or the same in all. */
  generationOf(bytes: Buffer): number | undefined;
  /** Takes what is in out/ for the files of generation 0. */
  learn(): void;
}

/** Put beside the files of the build, as people do: read from disk piece by piece. */
export const streamed: Beside = { name: 'ring.wav', bytes: randomBytes(300_000, 1) };
/** Larger than all that the kernel keeps for a client that does not read. */
export const large: Beside = { name: 'firmware.rom', bytes: randomBytes(16_000_000, 2) };

export interface Beside {
  readonly name: string;
  readonly bytes: Buffer;
}

const note = '{ parameters: { note: note0x } }';
const template = resolve(import.meta.dirname, '../test/support/acme');

/** Its devices.yml is of generation 0; people's own files are beside the files of the build unless there is no room. */
export function createSite(phones: number, beside = [streamed, large]): SoakSite {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-soak-'));
  const project = projectIn(dir);
  cpSync(template, join(dir, 'templates', 'acme'), { recursive: true });
  let first = new Map<string, string>();
  const files = new Map<number, ReadonlyMap<string, Buffer>>();
  const base = siteOf(
    Array.from({ length: phones }, () => ({ port: 5060 })),
    `notify: { mode: off }\nmodels: { acme/a1: ${note}, acme/a2: ${note} }`,
  )
    .replace('address: 192.0.2.1', 'address: gen0x.example.com')
    .replaceAll('name: Person', 'name: gen0x');
  const site = {
    ...project,
    textOf: (generation: number) => made(base, generation),
    filesOf(generation: number) {
      const known = files.get(generation);
      if (known) return known;
      const texts = [...first].map(([name, text]) => [name, Buffer.from(made(text, generation))] as const);
      files.set(generation, new Map(texts));
      for (const oldest of files.keys()) if (files.size > mostKnown) files.delete(oldest);
      return files.get(generation)!;
    },
    generationOf(bytes: Buffer) {
      const [, number] = /gen(\d+)x/.exec(bytes.toString('latin1')) ?? [];
      return number === undefined ? undefined : Number(number);
    },
    learn() {
      const names = readdirSync(project.out).filter((name) => !isBeside(name) && !name.startsWith('.'));
      files.clear();
      first = new Map(names.map((name) => [name, readFileSync(join(project.out, name), 'utf8')]));
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
  project.write('devices.yml', site.textOf(0));
  mkdirSync(project.out);
  for (const { name, bytes } of beside) writeFileSync(join(project.out, name), bytes);
  return site;
}

/** Generations whose bytes are kept. */
const mostKnown = 8;

export const isBeside = (name: string): boolean => name === streamed.name || name === large.name;

/** Another name in every file, and another length: one block of TFTP to seven. */
function made(text: string, generation: number): string {
  const longer = generation === 0 ? 'note0x' : `note${generation}x${'-'.repeat((generation * 7919) % 3000)}`;
  return text.replaceAll('gen0x', `gen${generation}x`).replaceAll('note0x', longer);
}
