import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Written } from '../../src/model/file.ts';
import { openWritten, readWritten } from '../../src/state/written.ts';
import { ada } from './facts.ts';
import { linesLog, stateFolder } from './folder.ts';

function open(folder = stateFolder(), out = '/srv/out') {
  const { log, lines } = linesLog();
  const written = openWritten({ folder, out, log });
  return { written, folder, lines };
}

const file = (path: string, more: Partial<Written> = {}): Written => ({
  path,
  size: 8192,
  mtime: 1763760000000.1235,
  hash: 'ab'.repeat(32),
  audience: { mac: ada },
  secrets: [],
  ...more,
});

test('gives back what was put, by path in lower case, after a restart too', () => {
  const { written, folder } = open();
  const files = [
    file('001565123456.cfg', {
      secrets: [
        { start: 12, end: 20 },
        { start: 31, end: 40 },
      ],
    }),
    file('spa504G.cfg', { audience: { vendor: 'some', model: 'one' } }),
    file('y000000000028.cfg', { audience: { vendor: 'some' }, size: 0 }),
  ];
  written.put(files);
  written.put([]);
  written.close();
  const again = open(folder).written;
  onTestFinished(() => again.close());
  expect(again.readWritten()).toEqual(new Map(files.map((entry) => [entry.path.toLowerCase(), entry])));
  expect(again.readWritten().get('spa504g.cfg')?.path).toBe('spa504G.cfg');
});

test('can be read beside a daemon that writes, and is empty where nothing was written', () => {
  const { written, folder } = open();
  onTestFinished(() => written.close());
  written.put([file('a.cfg')]);
  expect([...readWritten({ folder, out: '/srv/x/../out' }).files.keys()]).toEqual(['a.cfg']);
  expect(readWritten({ folder, out: '/srv/other' }).files.size).toBe(0);
  expect(readWritten({ folder: `${folder}-not-there`, out: '/srv/out' }).files.size).toBe(0);
});

test('replaces by path, and forgets by path as it was spelt', () => {
  const { written } = open();
  onTestFinished(() => written.close());
  written.put([file('a.cfg'), file('b.cfg')]);
  written.put([file('a.cfg', { size: 5 }), file('B.CFG')]);
  expect(written.readWritten().get('a.cfg')?.size).toBe(5);
  written.remove(['a.cfg', 'b.cfg', 'never there']);
  expect([...written.readWritten().values()].map(({ path }) => path)).toEqual(['B.CFG']);
});

test('keeps two folders apart', () => {
  const { written, folder } = open();
  const { written: other } = open(folder, '/srv/other');
  onTestFinished(() => written.close());
  onTestFinished(() => other.close());
  written.put([file('a.cfg')]);
  other.put([file('b.cfg')]);
  written.remove(['b.cfg']);
  expect([...other.readWritten().keys()]).toEqual(['b.cfg']);
});

test('puts all or nothing', () => {
  const { written } = open();
  onTestFinished(() => written.close());
  expect(() => written.put([file('a.cfg'), file('b.cfg', { size: 1.5 })])).toThrow('size');
  expect(written.readWritten().size).toBe(0);
  written.put([file('a.cfg')]);
  expect(written.readWritten().size).toBe(1);
});

test('begins empty when the file is broken, and keeps the broken one', () => {
  const { written, folder } = open();
  written.put([file('a.cfg')]);
  written.close();
  writeFileSync(join(folder, 'written.db'), 'no data base '.repeat(500));
  const again = open(folder);
  onTestFinished(() => again.written.close());
  expect(again.written.readWritten().size).toBe(0);
  expect(again.lines).toHaveLength(1);
  expect(statSync(join(folder, 'written.db')).mode & 0o777).toBe(0o600);
});

test('takes as many files as a large site has', () => {
  const { written } = open();
  onTestFinished(() => written.close());
  written.put(
    Array.from({ length: 50_000 }, (_, index) => file(`${index}.cfg`, { secrets: [{ start: 1, end: index }] })),
  );
  expect(written.readWritten().size).toBe(50_000);
});
