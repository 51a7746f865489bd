import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatProblems } from '../src/commands/format-problems.ts';
import { type Problem, type ProblemCode, problemCodes } from '../src/problem.ts';
import { createProject, problemsOf } from './support/loading.ts';

/*
 * A refusal is a file whose name is the sentence: a devices.yml, with the lines that the user must see, all of them and
 * in order, as comments at its head (`# wants: devices.yml:14:9 …`). Where it takes more files, a folder of the same
 * name holds them. `# env: NAME=value` sets a variable; a wanted line that ends with … goes on.
 */
const folder = join(import.meta.dirname, 'rejected');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.yml'))
  .map((file) => file.slice(0, -'.yml'.length));

// Some are no UTF-8 below their head.
const read = (name: string): string => readFileSync(join(folder, `${name}.yml`)).toString('utf8');
const linesAfter = (text: string, word: string): string[] =>
  [...text.matchAll(new RegExp(`^# ${word}: (.*)$`, 'gm'))].map(([, line = '']) => line);

const env = names.flatMap((name) => linesAfter(read(name), 'env')).map((line) => line.split('=', 2));
/** One loader for all of them: after a refusal it goes on. */
const project = createProject(Object.fromEntries(env));
afterAll(() => project[Symbol.dispose]());

async function problemsIn(name: string): Promise<Problem[]> {
  project.clear();
  const more = join(folder, name);
  if (!existsSync(join(more, 'devices.yml'))) project.copy(join(folder, `${name}.yml`), 'devices.yml');
  if (existsSync(more)) project.copy(more, '.');
  return problemsOf(await project.loader.load());
}

const seenCodes = new Set<ProblemCode>();

describe('refused is', () => {
  test.each(names.map((name) => [name.replaceAll('-', ' '), name] as const))('%s', async (_, name) => {
    const problems = await problemsIn(name);
    const wanted = linesAfter(read(name), 'wants');
    const matching = wanted.map((line) => (line.endsWith('…') ? expect.stringContaining(line.slice(0, -1)) : line));
    for (const { code } of problems) seenCodes.add(code);
    expect(wanted).not.toEqual([]);
    expect(formatProblems(problems, 'text').split('\n').slice(0, -1)).toEqual(matching);
  });

  test('whatever devices.yml can bring about', () => {
    // A folder that cannot be written is no matter of devices.yml, and MACs in the names keep devices' files apart.
    const elsewhere: readonly string[] = ['plain-password', 'weak-password', 'out-folder', 'revisions'];
    const missing = Object.keys(problemCodes).filter((code) => !seenCodes.has(code as ProblemCode));
    expect(missing).toEqual(elsewhere);
  });
});
