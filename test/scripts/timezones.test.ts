import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { timezoneTable, versionOf } from '../../scripts/timezones.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-zoneinfo-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(name: string, content: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content, 'latin1');
}

const tzif = (rule: string) => `TZif2${'\0'.repeat(60)}TZif2${'\0'.repeat(60)}\n${rule}\n`;

test('takes zones and links with their footers, sorted, and leaves out what is no zone', () => {
  put(
    'tzdata.zi',
    '# version 2026f\nR E 1 o - 1 1 1 s S\nZ Europe/Berlin 1 E CE%sT\nZ Factory 0 - -00\nL Europe/Berlin A/B\n',
  );
  put('Europe/Berlin', tzif('CET-1CEST,M3.5.0,M10.5.0/3'));
  put('A/B', tzif('CET-1'));
  put('Factory', tzif('<-00>0'));
  put('posix/A/B', tzif('CET-1'));
  put('localtime', tzif('CET-1'));
  const text = timezoneTable(folder);
  const rows = text.split('\n').filter((row) => !row.startsWith('#'));
  expect(rows).toEqual(['A/B: CET-1', 'Europe/Berlin: CET-1CEST,M3.5.0,M10.5.0/3', '']);
  expect(versionOf(text)).toBe('2026f');
  expect(timezoneTable(folder)).toBe(text);
});

test.each([
  ['a name of the list that is not in the folder', undefined, 'ENOENT'],
  ['a file that is not TZif', 'CET-1\n', 'no TZif file'],
  ['a file of version 1, which has no footer', 'TZif\0\n', 'no TZif file'],
  ['a rule that phones cannot be told', tzif('CET-1CEST,J79,J263'), 'time zone A/B'],
])('refuses %s', (_, content, message) => {
  put('tzdata.zi', '# version 2026f\nZ A/B 1 - CET\n');
  if (content !== undefined) put('A/B', content);
  expect(() => timezoneTable(folder)).toThrow(message);
});

const shipped = readFileSync(new URL('../../templates/_shared/timezones.yml', import.meta.url), 'utf8');
test('the shipped table is what the script writes: sorted, each name once, its tzdata named', () => {
  const names = shipped.split('\n').flatMap((row) => /^([^#:]+): /.exec(row)?.[1] ?? []);
  expect(names.length).toBeGreaterThan(590);
  expect(names).toEqual([...new Set(names)].sort());
  expect(versionOf(shipped)).toMatch(/^20\d\d[a-z]$/);
});
