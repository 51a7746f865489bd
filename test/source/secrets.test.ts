import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import type { RawSecret } from '../../src/model/sources.ts';
import { createSecretStore, type SecretStore } from '../../src/source/secrets.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const write = (name: string, text: string | Uint8Array) => writeFileSync(join(dir, name), text);
const open = (env: Record<string, string> = {}, placeholders = false) => createSecretStore({ dir, env, placeholders });
const textOf = (store: SecretStore, reference: RawSecret): string => {
  const answer = store.read(reference);
  return answer instanceof Secret ? Secret.reveal(answer) : `! ${answer.unreadable}`;
};

describe('a secret', () => {
  test.each<[written: string, RawSecret, expected: string]>([
    ['as text', 'geheim', 'geheim'],
    ['as the name of a variable', { env: 'GEHEIM' }, 'from the environment'],
    ['as the name of a variable that is empty', { env: 'EMPTY' }, '! environment variable EMPTY is empty'],
    ['as the name of no variable', { env: 'NONE' }, '! environment variable NONE is not set'],
    ['as a name that every object has', { env: 'toString' }, '! environment variable toString is not set'],
    ['as a path', { file: 'plain' }, 'from a file'],
    ['as a path to nothing', { file: 'nothing' }, '! file nothing is not there'],
    ['as a path to a folder', { file: '.' }, '! file . cannot be read (EISDIR)'],
    ['in a file with a line break at its end', { file: 'lf' }, 'one'],
    ['in a file of Windows', { file: 'crlf' }, 'one '],
    [
      'in a file with two line breaks at its end',
      { file: 'two' },
      '! file two holds a line break or a control character',
    ],
    ['in an empty file', { file: 'empty' }, '! file empty is empty'],
    ['in a file of another encoding', { file: 'latin' }, '! file latin is not UTF-8'],
    ['in a file with a null byte', { file: 'nul' }, '! file nul holds a line break or a control character'],
    ['as dots', '••••••••', '! the password holds dots, as passwords are shown'],
    ['with a separator of lines', 'a\u2028b', '! the password holds a line break or a control character'],
  ])('written %s is read, or in words why not', (_, reference, expected) => {
    write('plain', 'from a file');
    write('lf', 'one\n');
    write('crlf', '\ufeffone \r\n');
    write('two', 'one\n\n');
    write('empty', '\n');
    write('latin', Uint8Array.of(0x63, 0xe9));
    write('nul', 'a\0b');
    expect(textOf(open({ GEHEIM: 'from the environment', EMPTY: '' }), reference)).toBe(expected);
  });

  test('is the same object for as long as its text is', async () => {
    write('a', 'one');
    const store = open({ GEHEIM: 'x' });
    for (const reference of ['text', { env: 'GEHEIM' }, { file: 'a' }, { env: 'NONE' }, { file: 'none' }])
      expect(store.read(structuredClone(reference))).toBe(store.read(reference));
    const before = store.read({ file: 'a' });
    write('a', 'one\n');
    expect(await store.refresh()).toBe(false);
    expect(store.read({ file: 'a' })).toBe(before);
    write('a', 'two');
    expect(await store.refresh()).toBe(true);
    expect(store.read({ file: 'a' })).not.toBe(before);
    expect(textOf(store, { file: 'a' })).toBe('two');
  });

  test('in a file stays what it was until the next refresh, so that one build sees one text', async () => {
    write('a', 'one');
    const store = open();
    expect(textOf(store, { file: 'a' })).toBe('one');
    write('a', 'two');
    expect(textOf(store, { file: 'a' })).toBe('one');
    expect(await store.refresh()).toBe(true);
    expect(textOf(store, { file: 'a' })).toBe('two');
    expect(await store.refresh()).toBe(false);
  });

  test('that goes away, comes back, or comes by way of another link is a change', async () => {
    write('a', 'one');
    write('b', 'two');
    symlinkSync('a', join(dir, 'link'));
    const store = open();
    const seen = [textOf(store, { file: 'link' })];
    const look = async () => {
      seen.push(`${await store.refresh()} ${textOf(store, { file: 'link' })}`);
    };
    rmSync(join(dir, 'link'));
    await look();
    await look();
    symlinkSync('b', join(dir, 'link'));
    await look();
    expect(seen).toEqual(['one', 'true ! file link is not there', 'false ! file link is not there', 'true two']);
  });

  test('in a file is watched, by the file’s absolute path', () => {
    const store = open();
    store.read({ file: 'a/b' });
    store.read({ file: '/run/secrets/x' });
    store.read({ env: 'X' });
    expect(store.files()).toEqual([join(dir, 'a/b'), '/run/secrets/x']);
  });

  test('stands as a placeholder where nothing outside the repository may be read', () => {
    const store = open({ A: 'real' }, true);
    expect(textOf(store, { env: 'A' })).toBe('placeholder for environment variable A');
    expect(textOf(store, { file: 'x\ny' })).toBe('placeholder for file x\\u000ay');
    expect(textOf(store, 'as text')).toBe('as text');
    expect(store.files()).toEqual([]);
  });
});
