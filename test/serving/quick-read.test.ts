import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createQuickRead } from '../../src/serving/quick-read.ts';
import { createOut, type Out, sha256 } from './support/out.ts';

let out: Out;
beforeEach(async () => {
  out = await createOut();
});
afterEach(() => out.remove());

test('reads the bytes of a file with their own hash, whatever the index says', async () => {
  const entry = await out.build('a.cfg', 'old');
  await out.put('a.cfg', 'new');
  const read = createQuickRead(out.folder)(entry);
  expect(read).toMatchObject({ bytes: Buffer.from('new'), hash: sha256('new') });
  expect(read?.modified.getTime()).toBeGreaterThan(0);
});

test('reads an empty file', async () => {
  const entry = await out.build('a.cfg', '');
  expect(createQuickRead(out.folder)(entry)?.bytes).toEqual(Buffer.alloc(0));
});

test('leaves to others what is missing, a link, a folder, large, or not flat', async () => {
  const read = createQuickRead(out.folder);
  const gone = await out.build('gone.cfg', 'bytes');
  await rm(join(out.folder, 'gone.cfg'));
  const linked = await out.build('linked.cfg', 'bytes');
  await rm(join(out.folder, 'linked.cfg'));
  await symlink('/etc/passwd', join(out.folder, 'linked.cfg'));
  const folder = { ...(await out.build('sub/a.cfg', 'bytes')), path: 'sub' };
  const large = await out.build('large.cfg', 'x'.repeat(300_000));
  const grown = await out.build('grown.cfg', 'x');
  await out.put('grown.cfg', 'x'.repeat(300_000));
  const deep = await out.build('sub/b.cfg', 'bytes');
  const hidden = await out.build('.env', 'SECRET=1');
  for (const entry of [gone, linked, folder, large, grown, deep, hidden])
    expect(read(entry), entry.path).toBeUndefined();
});

test('gives a disk that makes it wait twice in a row a rest', async () => {
  const entry = await out.build('a.cfg', 'bytes');
  const clock = { time: 0, perRead: 1 };
  const now = () => {
    clock.time += clock.perRead / 2;
    return clock.time;
  };
  const read = createQuickRead(out.folder, { slow: 4, rest: 1000, now });
  expect(read(entry)).toBeDefined();
  for (const perRead of [20, 1, 20, 20]) {
    clock.perRead = perRead;
    expect(read(entry)).toBeDefined();
  }
  clock.perRead = 0;
  expect(read(entry)).toBeUndefined();
  clock.time += 1000;
  expect(read(entry)).toBeDefined();
});
