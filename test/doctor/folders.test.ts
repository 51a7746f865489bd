import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { whyNotWritable } from '../../src/doctor/folders.ts';
import { smallDisk, smallDisks } from '../support/small-disk.ts';

test.skipIf(smallDisks.missing)(`nothing stays on a full disk of what was tried there (${smallDisks.sentence})`, () => {
  const folder = smallDisk();
  expect(whyNotWritable(folder)).toBeUndefined();
  expect(() => writeFileSync(join(folder, 'fill'), Buffer.alloc(1024 * 1024))).toThrow('ENOSPC');
  expect(whyNotWritable(folder)).toMatch(/^no space is left on the disk \(ENOSPC/);
  expect(readdirSync(folder)).toEqual(['fill']);
});

test('a folder that is none cannot be written to', () => {
  expect(whyNotWritable('/dev/null')).toBe('it is no folder');
  expect(whyNotWritable('/dev/null/folder')).toContain('what stands above it is a file');
});
