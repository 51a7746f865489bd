import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeManifest } from '../../src/output/manifest.ts';
import { verifyFolder } from '../../src/output/verify.ts';
import { createFolder, fileOf, publicKey, put, secretKey } from './folder.ts';

/** A copy of an out/ of twenty files, signed. */
async function createCopy(): Promise<string> {
  const folder = createFolder(afterAll);
  const texts = Array.from({ length: 20 }, (_, index) => [`f${index}.cfg`, `text ${index}`] as const);
  put(folder, Object.fromEntries(texts));
  const files = texts.map(([name, text]) => fileOf(name, text));
  await writeManifest({ out: folder, files, revisionOf: () => undefined, prefixes: [], key: secretKey, now: 0 });
  return folder;
}

describe('verifying a copy', () => {
  it('finds it whole', async () => {
    expect(await verifyFolder(await createCopy(), publicKey)).toEqual({
      files: 20,
      signature: 'verified',
      comment: 'timestamp:0\tfile:manifest.json\thashed',
      missing: [],
      changed: [],
      additional: [],
    });
  });

  it('lists each file that is missing, changed or additional; what nobody serves does not count', async () => {
    const folder = await createCopy();
    unlinkSync(join(folder, 'f3.cfg'));
    put(folder, { 'f1.cfg': 'Text 1', 'f2.cfg': 'text 2 and more', 'evil.cfg': 'x', '.hidden': 'x' });
    truncateSync(join(folder, 'f4.cfg'), 2);
    unlinkSync(join(folder, 'f5.cfg'));
    mkdirSync(join(folder, 'f5.cfg'));
    for (const sub of ['.git', 'sub']) {
      mkdirSync(join(folder, sub));
      put(join(folder, sub), { 'ring.wav': 'x' });
    }
    expect(await verifyFolder(folder, publicKey)).toMatchObject({
      missing: ['f3.cfg'],
      changed: [
        { path: 'f1.cfg', reason: 'other bytes' },
        { path: 'f2.cfg', reason: '15 bytes instead of 6' },
        { path: 'f4.cfg', reason: '2 bytes instead of 6' },
        { path: 'f5.cfg', reason: 'it is no regular file' },
      ],
      additional: ['evil.cfg', 'sub/ring.wav'],
    });
  });

  it('reads through links, as a mounted ConfigMap has them, and never waits for a pipe', async () => {
    const folder = await createCopy();
    mkdirSync(join(folder, '..data'));
    renameSync(join(folder, 'f1.cfg'), join(folder, '..data', 'f1.cfg'));
    symlinkSync('..data/f1.cfg', join(folder, 'f1.cfg'));
    expect(await verifyFolder(folder)).toMatchObject({ signature: 'unverified', missing: [], changed: [] });
    unlinkSync(join(folder, 'f2.cfg'));
    execFileSync('mkfifo', [join(folder, 'f2.cfg')]);
    expect(await verifyFolder(folder)).toMatchObject({
      changed: [{ path: 'f2.cfg', reason: 'it is no regular file' }],
    });
  });

  it('fails in a sentence without a manifest, and with a signature that does not hold', async () => {
    const folder = await createCopy();
    put(folder, { 'manifest.json': '{}' });
    await expect(verifyFolder(folder, publicKey)).rejects.toThrow(/signature does not hold/);
    rmSync(join(folder, 'manifest.json'));
    await expect(verifyFolder(folder)).rejects.toThrow(/it is not there/);
  });
});
