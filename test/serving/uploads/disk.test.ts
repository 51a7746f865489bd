import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openUploads, phone } from './room.ts';

/** A disk of its own, of half a megabyte; undefined where one may not be mounted. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]).status === 0) return folder;
  rmdirSync(folder);
  return undefined;
}

function unmount(folder: string): void {
  spawnSync('umount', [folder]);
  rmdirSync(folder);
}

const probe = smallDisk();
if (probe !== undefined) unmount(probe);
const needs = 'needs the right to mount a tmpfs';

test.skipIf(probe === undefined)(
  `a full disk refuses an upload, and what was there stays whole (${needs})`,
  async () => {
    const disk = smallDisk()!;
    onTestFinished(() => unmount(disk));
    const { put, text, names, incoming } = openUploads({}, { folder: join(disk, 'uploads'), reserve: 0 });
    const [cfg, log] = [`${phone}-phone.cfg`, `${phone}-app.log`];
    await put(`/${cfg}`, 'one');
    await put(`/${log}`, Buffer.alloc(200_000, 'a'));
    for (const name of [cfg, log])
      expect(await put(`/${name}`, Buffer.alloc(400_000, 'b'))).toMatchObject({
        status: 507,
        reason: 'the disk is full',
      });
    // There is room for the piece itself, but not for a second one of it behind the log.
    expect(await put(`/${log}`, Buffer.alloc(200_000, 'c'))).toMatchObject({ status: 507 });
    expect(text(cfg)).toBe('one');
    expect(text(log)).toBe('a'.repeat(200_000));
    expect([names(), incoming()]).toEqual([[log, cfg].sort(), []]);
    expect(await put(`/${log}`, 'd')).toMatchObject({ status: 200 });
  },
);

test.skipIf(probe === undefined)(`the last of a disk is left to builds and the journal (${needs})`, async () => {
  const disk = smallDisk()!;
  onTestFinished(() => unmount(disk));
  const { put } = openUploads({}, { folder: join(disk, 'uploads'), reserve: 300_000 });
  const log = `/${phone}-app.log`;
  expect(await put(log, 'x')).toMatchObject({ status: 201 });
  expect(await put(log, Buffer.alloc(250_000), { length: 250_000 })).toMatchObject({ status: 507, received: 0 });
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(250_000));
  expect(await put(log, 'x')).toMatchObject({ status: 507, reason: expect.stringContaining('builds and the journal') });
});

test.skipIf(probe === undefined)(
  `a disk that cannot be written refuses every upload in a sentence (${needs})`,
  async () => {
    const disk = smallDisk()!;
    onTestFinished(() => unmount(disk));
    const { put } = openUploads({}, { folder: join(disk, 'uploads'), reserve: 0 });
    await put(`/${phone}-app.log`, 'x');
    spawnSync('mount', ['-o', 'remount,ro', disk]);
    expect(await put(`/${phone}-app.log`, 'x')).toMatchObject({ status: 500, reason: 'it cannot be kept: EROFS' });
  },
);
