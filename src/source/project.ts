import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Sources } from '../model/sources.ts';
import { expandIncludes } from './include.ts';
import { type Reading, readSourceFile } from './read-file.ts';
import { compileSchema } from './schema.ts';
import { createSecretStore, type SecretStoreOptions } from './secrets.ts';
import { stampOf } from './stamp.ts';
import { createTextStore } from './texts.ts';
import { createTimezoneReader } from './timezones.ts';
import { createVendorReader } from './vendors.ts';

export const mainFile = 'devices.yml';

export interface ProjectOptions {
  /** The project's folder: where devices.yml is. */
  readonly dir: string;
  /** Folders of the JSON Schemas and of the templates that are shipped. */
  readonly shipped: { readonly schema: string; readonly templates: string };
  readonly secrets?: Partial<SecretStoreOptions>;
}

export interface ProjectReader {
  /** Reads the project; what has not changed since the last time is the same object as then. Never throws for what people wrote. */
  read(): Promise<Sources>;
  /** Files and folders, absolute, that the last reading depended on. */
  watched(): readonly string[];
}

/** Which files make a site, and what they say. */
export function createProjectReader({ dir, shipped, secrets }: ProjectOptions): ProjectReader {
  const validate = compileSchema(readJson(shipped.schema, 'devices.schema.json'), [
    readJson(shipped.schema, 'extensions.schema.json'),
  ]);
  const store = createSecretStore({ dir, env: process.env, placeholders: false, ...secrets });
  const texts = createTextStore(dir);
  const readVendors = createVendorReader(shipped);
  const readTimezones = createTimezoneReader(shipped.templates);
  const readings = new Map<string, { readonly reading: Reading; readonly stamp: string | undefined }>();
  let secretsVersion = 0;
  let watched: readonly string[] = [];

  /** A file that nobody has written to is not read again: of a hundred it is mostly one that was. */
  function readOne(path: string): Reading {
    const before = readings.get(path);
    // Before the reading: what is written during it is read again the next time.
    const stamp = stampOf(resolve(dir, path));
    if (before && stamp !== undefined && stamp === before.stamp) return before.reading;
    const reading = readSourceFile({ dir, path }, validate, before?.reading);
    readings.set(path, { reading, stamp });
    return reading;
  }

  return {
    async read() {
      const main = readOne(mainFile);
      const included = await expandIncludes(dir, main.file);
      const all = [main, ...included.paths.map(readOne)];
      const named = new Set(all.map(({ file }) => file.path));
      // A file that comes back later is a new one: what was remembered of it is out of date.
      for (const path of readings.keys()) if (!named.has(path)) readings.delete(path);
      const own = all.find(({ file }) => file.content.templates_dir)?.file.content.templates_dir;
      const vendors = readVendors(own === undefined ? undefined : { dir: resolve(dir, own), name: own });
      if (store.refresh()) secretsVersion++;
      texts.refresh();
      watched = [join(dir, mainFile), ...included.folders, ...included.paths.map((path) => join(dir, path))];
      watched = [...watched, ...vendors.files];
      return {
        files: all.map(({ file }) => file),
        vendors: vendors.vendors,
        templates: vendors.templates,
        templatePaths: vendors.paths,
        timezones: readTimezones(),
        secret: store.read,
        secretsVersion,
        ...(!secrets?.placeholders && { text: texts.read }),
        problems: [...all.flatMap(({ problems }) => problems), ...included.problems, ...vendors.problems],
        leftOut: [
          ...all.flatMap(({ leftOut }) => leftOut),
          ...(included.problems.length > 0 ? [[]] : []),
          ...vendors.problems.map(({ file }) => ['templates_dir', ...vendorOf(file)]),
        ],
      };
    },
    // Files with secrets are named while the site is resolved: after the reading.
    watched: () => [...watched, ...store.files(), ...texts.files()],
  };
}

/** Whose vendor.yml it is, if it is one. */
const vendorOf = (file: string): string[] => (basename(file) === 'vendor.yml' ? [basename(dirname(file))] : []);

function readJson(folder: string, name: string): object {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'));
}
