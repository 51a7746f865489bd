import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openJournal, readJournal } from '../../src/state/journal.ts';
import { fetchOf } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

const script = fileURLToPath(new URL('./journal-child.ts', import.meta.url));

function writer(folder: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [script, folder, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

test('several processes begin, write and read one journal at the same time, and no row is lost', async () => {
  const folder = stateFolder();
  const names = ['a', 'b', 'c'];
  const children = names.map((name) => writer(folder, name, '500'));
  for (const child of children) child.stdout?.resume();
  const { log, lines } = linesLog();
  const journal = openJournal({ folder, log, gatherMs: 1 });
  onTestFinished(() => journal.close());
  const ended = Promise.all(children.map((child) => once(child, 'exit')));
  for (let index = 0; index < 200; index++) {
    journal.add.fetch(fetchOf({ path: `/here/${index}` }));
    if (index % 20 === 0) journal.fetches({ limit: 5 });
  }
  expect((await ended).map(([code]) => code)).toEqual([0, 0, 0]);
  while (!journal.flush());
  const paths = journal.fetches({ afterId: 0, limit: Number.POSITIVE_INFINITY }).map(({ path }) => path);
  for (const name of names)
    expect(paths.filter((path) => path.startsWith(`/${name}/`))).toEqual(
      [...Array(500).keys()].map((i) => `/${name}/${i}`),
    );
  expect(paths.filter((path) => path.startsWith('/here/'))).toHaveLength(200);
  expect(lines.filter((line) => !line.startsWith('info'))).toEqual([]);
});

test('a process that is killed while it writes leaves every finished transaction, and a file that opens', async () => {
  const folder = stateFolder();
  for (const name of ['a', 'b', 'c']) {
    const child = writer(folder, name);
    let surely = 0;
    const output = createInterface({ input: child.stdout! });
    output.on('line', (line) => {
      surely = Number(line);
      if (surely === 300) child.kill('SIGKILL');
    });
    await once(output, 'close');
    expect(surely).toBeGreaterThanOrEqual(300);
    const { log, lines } = linesLog();
    const journal = openJournal({ folder, log });
    const paths = journal
      .fetches({ afterId: 0, limit: Number.POSITIVE_INFINITY })
      .map(({ path }) => path)
      .filter((path) => path.startsWith(`/${name}/`));
    expect(paths.length % 100).toBe(0);
    expect(paths.length).toBeGreaterThanOrEqual(surely);
    expect(paths).toEqual([...paths.keys()].map((index) => `/${name}/${index}`));
    journal.add.fetch(fetchOf({ path: '/after' }));
    expect(journal.fetches({ limit: 1, order: 'oldest' })).toHaveLength(1);
    journal.close();
    expect(lines).toEqual([]);
  }
  const reader = readJournal({ folder })!;
  onTestFinished(() => reader.close());
  expect(reader.fetches({ limit: 10_000 }).filter(({ path }) => path === '/after')).toHaveLength(3);
});
