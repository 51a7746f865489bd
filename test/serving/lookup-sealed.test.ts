import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLookup } from '../../src/serving/lookup.ts';
import { createOut, type Out } from './support/out.ts';

let out: Out;
beforeEach(async () => {
  out = await createOut();
});
afterEach(() => out.remove());

describe('the manifest', () => {
  test.each(['manifest.json', '/provision/MANIFEST.JSON', 'Manifest.json.minisig'])(
    'is not served, however it is asked for: %s',
    async (path) => {
      await out.put('manifest.json', '{}');
      await out.put('Manifest.json', '{}');
      await out.put('manifest.json.minisig', 'x');
      const lookup = createLookup({ out: out.folder, index: () => out.index });
      expect(await lookup(path)).toMatchObject({ status: 404, reason: 'the manifest is for copies, not for phones' });
    },
  );
});

describe('a sealed copy', () => {
  const create = () => createLookup({ out: out.folder, index: () => out.index, sealed: true });

  test('gives the files that its index names, and no others', async () => {
    await out.build('a.cfg', 'bytes');
    await out.put('ring.wav', 'x');
    expect(await create()('a.cfg')).toMatchObject({ file: 'a.cfg', size: 5 });
    expect(await create()('ring.wav')).toMatchObject({ status: 404, reason: 'the signed manifest does not name it' });
  });

  test('gives no bytes but those that the index says, and those from memory for as long as it can', async () => {
    await out.build('a.cfg', 'bytes');
    const warm = create();
    await warm('a.cfg');
    await out.put('a.cfg', 'other');
    expect(await warm('a.cfg')).toMatchObject({ size: 5, bytes: Buffer.from('bytes') });
    expect(await create()('a.cfg')).toMatchObject({ status: 503, reason: expect.stringContaining('signed manifest') });
  });
});
