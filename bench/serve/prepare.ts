import { chmodSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../../src/commands/build.ts';
import { createLog } from '../../src/log.ts';
import { type Certificate, type ServedSite, writeServedSite } from './site.ts';

export interface PreparedSite {
  readonly site: ServedSite;
  /** A copy of what was built, for those who read only what everybody may read. */
  readonly files: string;
}

/** The project of so many devices, built, with HTTPS where there is a certificate. Throws when it cannot be. */
export async function prepareSite(folder: string, devices: number, certificate?: Certificate): Promise<PreparedSite> {
  const site = writeServedSite(join(folder, 'project'), devices, { certificate });
  const root = join(import.meta.dirname, '../..');
  const shipped = { schema: join(root, 'schema'), templates: join(root, 'templates') };
  const place = { dir: site.dir, shipped, out: join(site.dir, 'out'), state: join(site.dir, '.offhook') };
  const quiet = createLog((line) => void (/ (?:warn|error) /.test(line) && process.stderr.write(line)));
  const console_ = { out: () => {}, err: (text: string) => void process.stderr.write(text), isTerminal: false };
  const onStop = () => new AbortController().signal;
  if ((await build(place, { ...console_, log: quiet, onStop })) !== 0) throw new Error('the site cannot be built');
  const files = join(folder, 'files');
  mkdirSync(files);
  for (const name of [...site.names, site.firmware.name]) {
    cpSync(join(site.dir, 'out', name), join(files, name));
    chmodSync(join(files, name), 0o644);
  }
  for (const each of [folder, files]) chmodSync(each, 0o755);
  return { site, files };
}
