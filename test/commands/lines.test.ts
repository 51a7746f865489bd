import { expect, test } from 'vitest';
import { createLines } from '../../src/commands/lines.ts';

test('lines of one turn are written together, in their order, and never one twice', async () => {
  const written: string[] = [];
  const lines = createLines((text) => written.push(text));
  for (const line of ['a\n', 'b\n']) lines.add(line);
  expect(written).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  lines.add('c\n');
  lines.flush();
  lines.flush();
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toEqual(['a\nb\n', 'c\n']);
});

test('very many do not wait for the end of the turn', () => {
  const written: string[] = [];
  const lines = createLines((text) => written.push(text));
  for (let count = 0; count < 1000; count++) lines.add(`${'x'.repeat(199)}\n`);
  expect(written.length).toBeGreaterThan(1);
});
