import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../src/command-line.ts';
import { verbs } from '../../src/commands/verbs/table.ts';
import { recordedConsole } from '../support/console.ts';
import { offhook } from '../support/offhook.ts';
import { createProject, siteOf } from '../support/project.ts';

const commands = resolve(import.meta.dirname, '../../src/commands');

/** Codes above 1 that a verb's own file gives back: `return … ? 2 : 0`. */
function higherCodesIn(file: string): string[] {
  const text = readFileSync(join(commands, file), 'utf8');
  const returns = [...text.matchAll(/\breturn ([^;\n]*);/g)].map(([, what]) => what ?? '');
  return [
    ...new Set(returns.flatMap((what) => [...what.matchAll(/(?:^|[?:] )([2-9])(?= :|$)/g)].map(([, code]) => code!))),
  ];
}

test('a code above 1 stands in the table of a verb if and only if its code gives it back', () => {
  const files = readdirSync(commands).filter((name) => name.endsWith('.ts'));
  const given = files.flatMap((file) => higherCodesIn(file).map((code) => `${file.replace('.ts', '')} ${code}`));
  const told = verbs.flatMap(({ name, exits }) =>
    Object.keys(exits).flatMap((code) => (Number(code) > 1 ? [`${name.split(' ')[0]} ${code}`] : [])),
  );
  expect(given.length).toBeGreaterThan(1);
  expect([...new Set(told)].toSorted()).toEqual(given.toSorted());
});

describe('what is seen of a verb is what its table says', () => {
  const good = siteOf([{ port: 5060 }]);
  const bad = good.replace('model: a1', 'model: a9');
  const cases: readonly (readonly [line: string, site: string, code: number])[] = [
    ...([
      ['check', good, 0],
      ['check', bad, 1],
    ] as const),
    ...([
      ['plan', good, 2],
      ['plan', bad, 1],
    ] as const),
    ...([
      ['build', good, 0],
      ['build', bad, 1],
    ] as const),
    ...([
      ['explain 1001', good, 0],
      ['explain 4711', good, 1],
    ] as const),
    ...([
      ['fetches', good, 1],
      ['history 1001', good, 1],
      ['status', good, 1],
    ] as const),
    ...([
      ['verify out', good, 1],
      ['sync', good, 1],
    ] as const),
    ...([
      ['completion bash', good, 0],
      ['man', good, 0],
    ] as const),
    ...([
      ['init', good, 0],
      ['setup --yes', good, 1],
    ] as const),
  ];

  test.each(cases)('offhook %s', async (line, site, code) => {
    const { dir } = createProject(site);
    const console = recordedConsole();
    const run = await readCommandLine([...line.split(' '), '--project', dir], console);
    const seen = await run().catch((error: Error) => {
      expect(error.message).toMatch(/\S/);
      // What a verb throws is a sentence, and 1.
      return 1;
    });
    expect(seen).toBe(code);
    const [verb] = verbs.filter(({ name }) => name === line.split(' ')[0]);
    expect(Object.keys(verb?.exits ?? {})).toContain(String(code));
  });

  test('plan is 0 once everything is built', async () => {
    const { dir } = createProject(good);
    expect((await offhook(['build', '--project', dir])).code).toBe(0);
    expect((await offhook(['plan', '--project', dir])).code).toBe(0);
  });
});
