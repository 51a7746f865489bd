import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { kinds } from '../../src/findings/kinds.ts';
import { rules } from '../../src/findings/rules.ts';

const root = resolve(import.meta.dirname, '../..');
const manual = readFileSync(join(root, 'docs/diagnosis.md'), 'utf8');
const rows = [...manual.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, id, means]) => [id, means]);

test('the manual lists every finding with what it means, in the order of the table, and no other', () => {
  expect(rows).toEqual(Object.entries(kinds));
});

test('every finding of the table can be found, and no rule finds two things', () => {
  const code = ['findings', 'examination'].flatMap((folder) =>
    readdirSync(join(root, 'src', folder))
      .filter((name) => name !== 'kinds.ts')
      .map((name) => readFileSync(join(root, 'src', folder, name), 'utf8')),
  );
  const found = new Set(
    code.flatMap((text) =>
      [...text.matchAll(/\bid(?: =|:) [^\n]*/g)].flatMap(([line]) => line.match(/(?<=')[a-z-]+(?=')/g) ?? []),
    ),
  );
  expect(Object.keys(kinds).filter((id) => !found.has(id))).toEqual([]);
  expect(rules.map(({ id }) => id)).toEqual([...new Set(rules.map(({ id }) => id))]);
});
