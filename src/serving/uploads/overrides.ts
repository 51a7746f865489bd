import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mac, parseMac } from '../../model/mac.ts';
import { ruleFor, type UploadRule } from '../../model/upload.ts';
import { type Kept, keptIn } from './keep.ts';

export interface Override extends Kept {
  readonly device: Mac;
}

/** Settings that people made at their phones, by device and name. `rulesOf` is asked for devices that are gone, too. */
export async function* overridesIn(
  folder: string,
  rulesOf: (device: Mac) => readonly UploadRule[],
): AsyncGenerator<Override> {
  for (const entry of (await readdir(folder).catch(() => [])).sort()) {
    const device = parseMac(entry);
    if (device === undefined) continue;
    const files = await keptIn(join(folder, entry));
    files.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const file of files)
      if (ruleFor(rulesOf(device), file.name, device)?.kind === 'override') yield { ...file, device };
  }
}
