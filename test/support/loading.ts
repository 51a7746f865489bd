import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createLoader, type Loaded, type Loader } from '../../src/load.ts';
import type { File } from '../../src/model/file.ts';
import { Secret } from '../../src/model/secret.ts';
import { inReadingOrder, type Problem } from '../../src/problem.ts';
import { createRenderProblems } from '../../src/render/render-problems.ts';

export const repository = resolve(import.meta.dirname, '../..');
export const shippedFolders = { schema: join(repository, 'schema'), templates: join(repository, 'templates') };

/** A project's folder of its own in the temporary folder, and a loader that goes with it. */
export interface TestProject extends Disposable {
  readonly dir: string;
  readonly loader: Loader;
  write(path: string, text: string | Uint8Array): void;
  /** Copies a file or a folder into the project; links stay links. */
  copy(from: string, to: string): void;
  remove(path: string): void;
  /** Removes all that is in the folder. */
  clear(): void;
}

export function createProject(env: Readonly<Record<string, string>> = {}): TestProject {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-project-'));
  return {
    dir,
    loader: createLoader({ dir, shipped: shippedFolders, secrets: { env } }),
    write(path, text) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    },
    copy: (from, to) => cpSync(from, join(dir, to), { recursive: true, verbatimSymlinks: true }),
    remove: (path) => rmSync(join(dir, path), { recursive: true }),
    clear() {
      for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true });
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Every file of a site, and what only shows when they are rendered. */
export function renderAll({ rendering, site }: Loaded): { files: File[]; problems: Problem[] } {
  const problems = createRenderProblems();
  const parts = [rendering.shared(), ...site.devices.map(rendering.device)];
  for (const part of parts) problems.add(part.problems);
  return { files: parts.flatMap(({ files }) => files), problems: problems.all() };
}

/** Everything that `offhook check` would find: the templates are rendered, too. */
export function problemsOf(loaded: Loaded): Problem[] {
  const { problems, rendering } = loaded;
  return inReadingOrder(rendering.problems.length > 0 ? problems : [...problems, ...renderAll(loaded).problems]);
}

/** A value as JSON has it, but with its passwords readable. */
export function plainOf(value: unknown): unknown {
  if (value instanceof Secret) return `secret:${Secret.reveal(value)}`;
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && typeof inner !== 'function');
  return Object.fromEntries(entries.map(([name, inner]) => [name, plainOf(inner)]));
}
