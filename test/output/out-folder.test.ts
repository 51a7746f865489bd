import { hash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { File, Written } from '../../src/model/file.ts';
import type { Mac } from '../../src/model/mac.ts';
import { openOutFolder } from '../../src/output/out-folder.ts';

const fileOf = (path: string, text: string): File => {
  const bytes = Buffer.from(text);
  const audience = { mac: '020000000001' as Mac };
  return { path, bytes, size: bytes.length, hash: hash('sha256', bytes), audience, secrets: [] };
};

/** An out/ and its record, opened anew as after a restart. */
function createOut() {
  const out = mkdtempSync(join(tmpdir(), 'offhook-out-'));
  onTestFinished(() => rmSync(out, { recursive: true, force: true }));
  const record = new Map<string, Written>();
  const open = () =>
    openOutFolder(out, [...record.values()], {
      put(files) {
        for (const file of files) record.set(file.path, file);
      },
      remove(paths) {
        for (const path of paths) record.delete(path);
      },
    });
  const build = async (...files: File[]) => {
    const folder = open();
    const stage = folder.begin();
    const changed = files.flatMap((file) => stage.put(file)?.path ?? []);
    const wanted = new Set(files.map(({ path }) => path));
    for (const { path } of folder.index.values()) if (!wanted.has(path)) stage.remove(path);
    await stage.commit();
    return changed;
  };
  const text = (path: string) => readFileSync(join(out, path), 'utf8');
  return { out, record, open, build, text, names: () => readdirSync(out).sort() };
}

test('only what differs is written, and what nobody wants is removed', async () => {
  const { out, build, names, text } = createOut();
  expect(await build(fileOf('a', '1'), fileOf('b', '2'))).toEqual(['a', 'b']);
  const time = statSync(join(out, 'a')).mtimeMs;
  expect(await build(fileOf('a', '1'), fileOf('c', '3'))).toEqual(['c']);
  expect(names()).toEqual(['a', 'c']);
  expect(text('c')).toBe('3');
  expect(statSync(join(out, 'a')).mtimeMs).toBe(time);
});

test('nothing shows before the commit, and nothing is left of what is discarded', () => {
  const { open, names, record } = createOut();
  const stage = open().begin();
  stage.put(fileOf('a', '1'));
  expect(names()).toEqual(['.offhook-staging']);
  stage.discard();
  expect(names()).toEqual([]);
  expect(record.size).toBe(0);
});

test('what a killed process left half done is thrown away', async () => {
  const { out, open, build, names } = createOut();
  mkdirSync(join(out, '.offhook-staging'));
  writeFileSync(join(out, '.offhook-staging', '7'), 'half');
  open();
  expect(names()).toEqual([]);
  writeFileSync(join(out, '.offhook-staging'), 'a file of that name');
  expect(await build(fileOf('a', '1'))).toEqual(['a']);
  expect(names()).toEqual(['a']);
});

test('files that were copied with new times are still known', async () => {
  const { out, build, names } = createOut();
  await build(fileOf('a', '1'), fileOf('b', '2'));
  for (const name of names()) utimesSync(join(out, name), new Date(0), new Date(0));
  expect(await build(fileOf('a', '1'))).toEqual([]);
  expect(names()).toEqual(['a']);
});

test('a file that somebody changed is written again when it is wanted, and stays when it is not', async () => {
  const { out, build, names, text } = createOut();
  await build(fileOf('a', '1'), fileOf('b', '2'));
  for (const name of names()) writeFileSync(join(out, name), 'changed by hand');
  expect(await build(fileOf('a', '1'))).toEqual(['a']);
  expect([text('a'), text('b')]).toEqual(['1', 'changed by hand']);
});

test('a file that was put there with the wanted bytes is no change', async () => {
  const { out, build, record } = createOut();
  writeFileSync(join(out, 'a'), '1');
  expect(await build(fileOf('a', '1'))).toEqual([]);
  expect([...record.keys()]).toEqual(['a']);
});

test('another spelling of the same name replaces the first', async () => {
  const { build, names } = createOut();
  await build(fileOf('SEP1.cnf', '1'));
  expect(await build(fileOf('sep1.cnf', '1'))).toEqual(['sep1.cnf']);
  expect(names()).toEqual(['sep1.cnf']);
});
