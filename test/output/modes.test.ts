import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openOutFolder } from '../../src/output/out-folder.ts';
import { createFolder, fileOf, put } from './folder.ts';

const record = { put: () => {}, remove: () => {} };

function open() {
  const out = join(createFolder(onTestFinished), 'out');
  const folder = openOutFolder(out, [], record);
  const modes = () =>
    Object.fromEntries(
      ['.', ...readdirSync(out)].map((name) => [name, (statSync(join(out, name)).mode & 0o777).toString(8)]),
    );
  const build = async (texts: Readonly<Record<string, string>>, mode?: number) => {
    const stage = folder.begin(mode);
    for (const [name, text] of Object.entries(texts)) stage.put(fileOf(name, text));
    await stage.commit();
    return modes();
  };
  return { out, build };
}

test('files and their folder are for their owner alone', async () => {
  const { build } = open();
  expect(await build({ a: '1' })).toEqual({ '.': '700', a: '600' });
});

test('a mode holds for what is written, for what is there already, and for the folder, and so does taking it back', async () => {
  const { out, build } = open();
  await build({ a: '1', b: '1' });
  put(out, { 'ring.wav': 'somebody else’s' });
  chmodSync(join(out, 'ring.wav'), 0o604);
  expect(await build({ a: '1', b: '2' }, 0o640)).toEqual({ '.': '750', a: '640', b: '640', 'ring.wav': '604' });
  expect(await build({ a: '1', b: '2', c: '1' }, 0o644)).toEqual({
    '.': '755',
    a: '644',
    b: '644',
    c: '644',
    'ring.wav': '604',
  });
  expect(await build({ a: '1', b: '2', c: '1' })).toEqual({
    '.': '700',
    a: '600',
    b: '600',
    c: '600',
    'ring.wav': '604',
  });
});

test('a folder that somebody opened himself stays open, and the files do not', async () => {
  const { out, build } = open();
  await build({ a: '1' });
  chmodSync(out, 0o755);
  chmodSync(join(out, 'a'), 0o644);
  const again = openOutFolder(out, [{ ...fileOf('a', '1'), mtime: statSync(join(out, 'a')).mtimeMs }], record);
  const stage = again.begin();
  stage.put(fileOf('a', '1'));
  await stage.commit();
  expect([statSync(out).mode & 0o777, statSync(join(out, 'a')).mode & 0o777]).toEqual([0o755, 0o600]);
});
