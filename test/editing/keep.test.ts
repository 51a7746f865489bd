import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { replaceIfSame } from '../../src/editing/keep.ts';
import { replaceFileIf } from '../../src/source/replace-file.ts';

const before = Buffer.from('one\n');
const after = Buffer.from('two\n');

function fileOf(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-keep-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'devices.yml'), text);
  return join(dir, 'devices.yml');
}

test('a file that nobody has changed is replaced', () => {
  const path = fileOf('one\n');
  expect(replaceIfSame(path, { before, after })).toBe('replaced');
  expect(readFileSync(path)).toEqual(after);
});

test('a file that somebody has changed stays, and nothing is left beside it', () => {
  const path = fileOf('other\n');
  expect(replaceIfSame(path, { before, after })).toBe('changed');
  expect(readFileSync(path, 'utf8')).toBe('other\n');
  expect(readdirSync(dirname(path))).toEqual(['devices.yml']);
});

test('a file that is changed at the last moment, when all is written, stays', () => {
  const path = fileOf('one\n');
  const replace: typeof replaceFileIf = (target, bytes, { isStill }) =>
    replaceFileIf(target, bytes, {
      isStill: () => {
        writeFileSync(path, 'other\n');
        return isStill();
      },
    });
  expect(replaceIfSame(path, { before, after, replace })).toBe('changed');
  expect(readFileSync(path, 'utf8')).toBe('other\n');
});

test('what is written to the old file while it is replaced is not lost', () => {
  const path = fileOf('one\n');
  const replace: typeof replaceFileIf = (target, bytes, options) => {
    const editor = openSync(path, 'a');
    const isReplaced = replaceFileIf(target, bytes, options);
    writeSync(editor, 'more\n');
    closeSync(editor);
    return isReplaced;
  };
  expect(replaceIfSame(path, { before, after, replace })).toEqual({ overtaken: Buffer.from('one\nmore\n') });
});
