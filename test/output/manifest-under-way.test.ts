import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { verifyFolder } from '../../src/output/verify.ts';
import { createFolder, publicKey } from './folder.ts';

const stampOf = (out: string): string | undefined => {
  const stat = statSync(join(out, 'manifest.json'), { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs}`;
};

test('names no bytes that are not there, at whatever moment of a build somebody looks, or the build is killed', async () => {
  const out = createFolder(afterAll);
  const script = join(import.meta.dirname, 'build-forever.ts');
  let looks = 0;
  for (let life = 0; life < 4; life++) {
    const builder = spawn(process.execPath, [script, out], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(builder.stdout, 'data');
    builder.stdout.resume();
    for (const until = performance.now() + 300 + 37 * life; performance.now() < until; ) {
      const before = stampOf(out);
      const proof = await verifyFolder(out, publicKey).catch(() => undefined);
      // Only what was one manifest from the first to the last byte can be judged.
      if (before === undefined || stampOf(out) !== before || proof === undefined) continue;
      looks++;
      expect(proof).toMatchObject({ missing: [], changed: [] });
    }
    builder.kill('SIGKILL');
    await once(builder, 'close');
    if (stampOf(out) !== undefined)
      expect(await verifyFolder(out, publicKey)).toMatchObject({ missing: [], changed: [] });
  }
  expect(looks).toBeGreaterThan(0);
});
