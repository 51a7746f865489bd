import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeSite } from '../bench/site.ts';
import { createVendorReader } from '../src/source/vendors.ts';

/** A large site of all vendors in two versions, that differ in every device's file, and what a whole build makes of each. */
export interface TwoRenders extends Disposable {
  readonly dir: string;
  readonly out: string;
  /** Puts the project into this version. */
  write(version: Version): void;
  /** SHA-256 by name. */
  readonly files: Readonly<Record<Version, ReadonlyMap<string, string>>>;
}

export type Version = 'old' | 'new';

const root = resolve(import.meta.dirname, '..');
const shipped = { schema: join(root, 'schema'), templates: join(root, 'templates') };
/** In every file: what is dialled for voice mail, and who may change the phone. */
const changes: Readonly<Record<Version, readonly [RegExp, string][]>> = {
  old: [],
  new: [
    [/voicemail: "\*97"/, 'voicemail: "*98"'],
    [/admin_password: .*/, 'admin_password: another-horse-battery'],
    [/timezone: .*/, 'timezone: Europe/London'],
    [/address: 192\.0\.2\.1/, 'address: 192.0.2.99'],
  ],
};

export function createTwoRenders(devices: number): TwoRenders {
  const dir = mkdtempSync(join(tmpdir(), 'offhook-soak-'));
  writeSite({ dir, vendors: createVendorReader(shipped)().vendors, devices, files: 20 });
  const base = readFileSync(join(dir, 'devices.yml'), 'utf8');
  const write = (version: Version) => {
    const text = changes[version].reduce((before, [what, by]) => before.replace(what, by), base);
    writeFileSync(join(dir, 'devices.yml'), text);
  };
  const render = (version: Version) => {
    write(version);
    const out = join(dir, `render-${version}`);
    const args = ['--project', dir, '--out', out, '--state', `${out}-state`, 'build'];
    execFileSync(process.execPath, [join(root, 'src/main.ts'), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    return hashesIn(out);
  };
  const files = { old: render('old'), new: render('new') };
  return {
    dir,
    out: join(dir, 'out'),
    write,
    files,
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Of every file in the folder but offhook's own place for what is half done; folders by a word that no file has. */
export function hashesIn(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => name !== '.offhook-staging');
  return new Map(
    entries.map((entry) => [
      entry.name,
      entry.isFile() ? hash('sha256', readFileSync(join(folder, entry.name))) : 'no file',
    ]),
  );
}
