// A process of its own, for tests that look at an out/ while it is built: builds two sets of files in turn, each with a
// signed manifest, until it is killed.

import { writeManifest } from '../../src/output/manifest.ts';
import { openOutFolder } from '../../src/output/out-folder.ts';
import { fileOf, secretKey } from './folder.ts';

const [, , out = ''] = process.argv;
const folder = openOutFolder(out, [], { put: () => {}, remove: () => {} });
for (let round = 0; ; round++) {
  const stage = folder.begin();
  for (let index = 0; index < 100; index++) stage.put(fileOf(`f${index}.cfg`, `text ${index * (round % 3)}`));
  const extra = `extra${round % 2}.cfg`;
  stage.put(fileOf(extra, 'x'));
  for (const { path } of folder.index.values()) if (path.startsWith('extra') && path !== extra) stage.remove(path);
  await stage.commit();
  await writeManifest({
    ...{ out, files: folder.index.values(), revisionOf: () => undefined, prefixes: [], key: secretKey },
  });
  process.stdout.write('.');
}
