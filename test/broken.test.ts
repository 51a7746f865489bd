import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { formatProblems, problemFormats } from '../src/commands/format-problems.ts';
import { applyEdit, edit } from './support/edits.ts';
import { createProject, problemsOf, repository } from './support/loading.ts';

const project = createProject();
afterAll(() => project[Symbol.dispose]());

const example = readFileSync(join(repository, 'devices.yml'));
beforeEach(() => {
  project.clear();
  project.copy(join(repository, 'example'), 'example');
});

/** Loads what the project says now, as `offhook check` does, and looks at what it would print. */
async function check(): Promise<void> {
  const problems = problemsOf(await project.loader.load());
  for (const format of problemFormats) formatProblems(problems, format);
  expect(formatProblems(problems, 'text').split('\n').length - 1).toBe(problems.length);
  for (const { message, line = 1, column = 1 } of problems) {
    expect(message).not.toMatch(/undefined|\[object|NaN/);
    expect(Math.min(line, column)).toBeGreaterThan(0);
  }
}

/** Loads a devices.yml that says this. */
async function checkText(content: string | Uint8Array): Promise<void> {
  project.write('devices.yml', content);
  await check();
}

const sections = 'include templates_dir server sip notify defaults models groups extensions devices'.split(' ');
const words = [
  ...['mac', 'vendor', 'model', 'extension', 'lines', 'keys', 'type', 'value', 'label', 'position', 'sip', 'server'],
  ...[
    'password',
    'file',
    'env',
    'yealink',
    't46s',
    '1001',
    'include',
    'a*',
    'ntp',
    'parameters',
    '__proto__',
    'toString',
  ],
];

/** Values that are of no form, and some that nearly are. */
const anything = fc.letrec((tie) => {
  const word = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 5 }));
  const list = fc.array(tie('value'), { maxLength: 4 });
  const map = fc.dictionary(word, tie('value'), { maxKeys: 5 });
  return { value: fc.oneof({ depthSize: 'small' }, word, fc.nat(), fc.constant(null), list, map) };
}).value;

const pattern = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom(...'* ** ? [ ] { } , ! ( ) / .. . a \\ ~'.split(' ')), { maxLength: 8 })
    .map((parts) => parts.join(''))
    // A pattern may lead anywhere, and all files of this machine are not of this test.
    .filter((joined) => !/^\/|\.\./.test(joined)),
);

describe('the loader never throws', () => {
  test('whatever bytes a file holds', async () => {
    const text = fc.string({ unit: 'binary' }).map((some) => Buffer.from(some));
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), text);
    await fc.assert(
      fc.asyncProperty(bytes, bytes, async (main, included) => {
        await checkText(main);
        project.write('sites/a.yml', included);
        await checkText('include: [sites/*.yml]');
      }),
    );
  });

  test('whatever is done to the example', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) =>
        checkText(edits.reduce(applyEdit, example)),
      ),
      { numRuns: 200 },
    );
  });

  test('whatever value stands for a section, an entry or a word', async () => {
    const content = fc.dictionary(fc.constantFrom(...sections), anything, { minKeys: 1 });
    await fc.assert(
      fc.asyncProperty(content, async (value) => checkText(JSON.stringify(value))),
      { numRuns: 200 },
    );
  });

  test('whatever an include is called', async () => {
    project.write('a.yml', 'groups: {}');
    await fc.assert(
      fc.asyncProperty(fc.array(pattern, { minLength: 1, maxLength: 3 }), async (include) =>
        checkText(JSON.stringify({ include })),
      ),
    );
  });

  test('and an edit that mends the file is taken', async () => {
    await fc.assert(
      fc.asyncProperty(edit, async (broken) => {
        await checkText(applyEdit(example, broken));
        project.write('devices.yml', example);
        const { problems, site } = await project.loader.load();
        expect(problems).toEqual([]);
        expect(site.devices.length).toBe(8);
      }),
      { numRuns: 50 },
    );
  });
});
