import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildResult } from './build.ts';
import type { Log } from './log.ts';
import { manifestName } from './model/manifest.ts';
import { writeManifest } from './output/manifest.ts';
import type { SecretKey } from './output/minisign-key.ts';
import type { OutFolder } from './output/out-folder.ts';
import type { Current } from './state/current.ts';

export interface ManifestingOptions {
  readonly out: string;
  readonly folder: Pick<OutFolder, 'index'>;
  readonly current: Pick<Current, 'revision'>;
  /** One is written after each accepted build, signed if there is a key; none when absent. */
  readonly manifest?: { readonly key?: SecretKey };
  readonly log: Log;
}

/** Keeps the manifest of out/ to what the daemon has built. False when one is wanted and could not be written: copies keep what they have. */
export function createManifesting(options: ManifestingOptions): (result: BuildResult) => Promise<boolean> {
  const { out, folder, current, manifest, log } = options;
  if (!manifest && existsSync(join(out, manifestName)))
    log.warn('out/ has a manifest that is not renewed (--manifest): it goes with the first change');

  return async (result) => {
    if (!manifest || !result.accepted) return true;
    const { prefixes } = result.site;
    const files = { files: folder.index.values(), revisionOf: current.revision, prefixes };
    return writeManifest({ out, ...files, ...manifest }).then(
      () => true,
      (error: Error) => {
        log.error('the manifest cannot be written; copies keep what they have', { reason: error.message });
        return false;
      },
    );
  };
}
