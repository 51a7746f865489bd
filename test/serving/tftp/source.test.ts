import { mkdtemp, open, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Served } from '../../../src/serving/served.ts';
import { toNetascii } from '../../../src/serving/tftp/netascii.ts';
import { createSources } from '../../../src/serving/tftp/source.ts';
import type { Source } from '../../../src/serving/tftp/streamed-file.ts';
import { randomBytes } from '../../support/random.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offhook-source-'));
});
afterAll(() => rm(folder, { recursive: true }));

const small = { memory: 4096, chunk: 1000 };

describe('a file in memory', () => {
  test('is read as it is, or with converted line ends', async () => {
    const served = { file: 'a', size: 4, modified: new Date(0), bytes: Buffer.from('a\nb\r') };
    expect(await readAll(await createSources(small).open(served, 'octet'), 3)).toEqual(Buffer.from('a\nb\r'));
    expect(await readAll(await createSources(small).open(served, 'netascii'), 3)).toEqual(Buffer.from('a\r\nb\r\0'));
  });
});

describe('a streamed file', () => {
  test.each([0, 1, 999, 1000, 1001, 2000, 12_345])('of %i bytes is read whole, in blocks of any size', async (size) => {
    const { bytes, served } = await streamed(`size-${size}`, size);
    for (const mode of ['octet', 'netascii'] as const) {
      const source = await createSources(small).open(served, mode);
      const expected = mode === 'octet' ? bytes : toNetascii(bytes);
      expect(source.size).toBe(expected.length);
      for (const block of [7, 512, 1428, 4000]) expect(await readAll(source, block)).toEqual(expected);
      source.close();
    }
  });

  test('is read right by many at once, however small the memory', async () => {
    const { bytes, served } = await streamed('many', 20_000);
    const sources = createSources({ memory: 1, chunk: 1000 });
    const opened = await Promise.all(Array.from({ length: 20 }, () => sources.open(served, 'octet')));
    const all = await Promise.all(opened.map((source, i) => readAll(source, 100 + i * 37)));
    for (const read of all) expect(read).toEqual(bytes);
    for (const source of opened) source.close();
  });

  test('may be read from any place, also backwards', async () => {
    const { bytes, served } = await streamed('anywhere', 9000);
    const source = await createSources(small).open(served, 'octet');
    const range = fc.tuple(fc.nat(9000), fc.nat(3000));
    await fc.assert(
      fc.asyncProperty(range, async ([start, length]) => {
        const end = Math.min(start + length, 9000);
        expect(await source.read(start, end)).toEqual(bytes.subarray(start, end));
      }),
    );
    source.close();
  });

  test('is opened once for all its transfers, and closed after the last', async () => {
    const { served } = await streamed('shared', 5000);
    const sources = createSources(small);
    const before = await openFiles();
    const opened = await Promise.all(Array.from({ length: 10 }, () => sources.open(served, 'octet')));
    await settled(async () => (await openFiles()) === before + 1);
    for (const source of opened) {
      await readAll(source, 512);
      source.close();
      source.close();
    }
    await settled(async () => (await openFiles()) === before);
  });

  test('that is replaced ends with the bytes that it began with, while the next transfer gets the new ones', async () => {
    const { bytes, served } = await streamed('replaced', 30_000);
    const sources = createSources(small);
    const old = await sources.open(served, 'octet');
    const first = await old.read(0, 512);
    await writeFile(join(folder, 'beside'), 'the new file');
    await rename(join(folder, 'beside'), join(folder, 'replaced'));
    const renewed = await sources.open(served, 'octet');
    expect(Buffer.concat([first, await readAll(old, 512, 512)])).toEqual(bytes);
    expect(await readAll(renewed, 512)).toEqual(Buffer.from('the new file'));
    old.close();
    renewed.close();
  });

  test('that is cut short or written in place rejects, rather than mix two files', async () => {
    const { served } = await streamed('cut', 30_000);
    const source = await createSources(small).open(served, 'octet');
    await truncate(join(folder, 'cut'), 20_000);
    await expect(readAll(source, 512)).rejects.toThrow('was written to while it was being sent');
    source.close();
  });
});

test('a file without bytes and without a way to open it is refused', async () => {
  const nothing = { file: 'a', size: 1, modified: new Date(0) };
  await expect(createSources(small).open(nothing, 'octet')).rejects.toThrow('neither bytes nor a way to open it');
});

async function streamed(name: string, size: number): Promise<{ bytes: Buffer; served: Served }> {
  const bytes = randomBytes(size, size);
  const path = join(folder, name);
  await writeFile(path, bytes);
  return { bytes, served: { file: name, size, modified: new Date(0), open: () => open(path) } };
}

async function readAll(source: Source, block: number, from = 0): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = from; at < source.size; at += block)
    parts.push(await source.read(at, Math.min(at + block, source.size)));
  return Buffer.concat(parts);
}

const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;

async function settled(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition).toBe(true);
}
