import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKept } from '../../src/state/kept.ts';
import { openSpentTokens } from '../../src/state/spent-tokens.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-kept-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines: string[] = [];
const log = { info: () => {}, warn: (line: string) => void lines.push(line), error: () => {} };

describe('a value that is kept', () => {
  const value = { at: new Map([['a', /^b$/]]), set: new Set([1]), bytes: new Uint8Array([1, 2]), none: undefined };

  test('is the same when it is read, and for nobody else to read', () => {
    const path = join(folder, 'deep', 'kept');
    createKept(path, '1').write(value);
    expect(createKept(path, '1').read()).toEqual({ value });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['kept']);
  });

  test('is none before it was written, and damaged when it was cut off, altered, or of another form', () => {
    const path = join(folder, 'kept');
    const kept = createKept(path, '1');
    expect(kept.read()).toBe('none');
    kept.write(value);
    expect(createKept(path, '2').read()).toBe('damaged');
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      expect(kept.read()).toBe('damaged');
    }
    for (let index = 0; index < whole.length; index++) {
      const altered = Buffer.from(whole);
      altered[index] = (altered[index] ?? 0) ^ 1;
      writeFileSync(path, altered);
      expect(kept.read()).toBe('damaged');
    }
  });

  test('stays what it was when the new one cannot be written', () => {
    const kept = createKept<unknown>(join(folder, 'kept'), '1');
    kept.write(1);
    expect(() => kept.write(() => {})).toThrow();
    expect(kept.read()).toEqual({ value: 1 });
    expect(readdirSync(folder)).toEqual(['kept']);
  });
});

describe('spent tokens', () => {
  test('are there after a restart, each once; a line that was cut off is none', () => {
    const first = openSpentTokens(folder, log);
    for (const name of ['a 1', 'b 2', 'a 1']) first.add(name);
    const path = join(folder, 'spent-tokens');
    expect(readFileSync(path, 'utf8')).toBe('a 1\nb 2\n');
    writeFileSync(path, 'a 1\nb 2\nc');
    const second = openSpentTokens(folder, log);
    expect([...second.names]).toEqual(['a 1', 'b 2']);
    second.add('d 4');
    expect([...openSpentTokens(folder, log).names]).toEqual(['a 1', 'b 2', 'c', 'd 4']);
  });

  test('hold all the same when they cannot be kept', () => {
    const spent = openSpentTokens(join(folder, 'file', 'below'), log);
    writeFileSync(join(folder, 'file'), '');
    spent.add('a');
    spent.add('b');
    expect([...spent.names]).toEqual(['a', 'b']);
    expect(lines).toEqual(['that a bootstrap token is spent cannot be kept over a restart']);
  });
});
