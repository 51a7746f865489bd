import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Sources } from '../model/sources.ts';
import type { Problem } from '../problem.ts';
import { expandIncludes } from './include.ts';
import { type PeopleForm, pathsOfPeople, peopleSchema, readPeople } from './people/people.ts';
import { type Reading, readSourceFile } from './read-file.ts';
import { compileSchema, type Validate } from './schema.ts';
import { readIdentities } from './secrets/identities.ts';
import { createReadSource } from './secrets/source-text.ts';
import { createSecretStore, type SecretStoreOptions } from './secrets.ts';
import { stampOf } from './stamp.ts';
import { createTextStore } from './texts.ts';
import { createTimezoneReader } from './timezones.ts';
import { createVendorReader } from './vendors.ts';

export const mainFile = 'devices.yml';

/** Beside it: the identities that decrypt, where nobody names others. */
export const usualIdentity = '.age-identity';

export interface ProjectOptions {
  /** The project's folder: where devices.yml is. */
  readonly dir: string;
  /** Folders of the JSON Schemas and of the templates that are shipped. */
  readonly shipped: { readonly schema: string; readonly templates: string };
  readonly secrets?: Partial<SecretStoreOptions>;
  /** File with the identities of age that decrypt, absolute; `.age-identity` beside devices.yml when it is not given. */
  readonly ageIdentity?: string;
  /** What files would say, by their path, in place of what they say; it may be another with each reading. */
  readonly texts?: ReadonlyMap<string, string>;
}

export interface ProjectReader {
  /** Reads the project; what has not changed since the last time is the same object as then. Never throws for what people wrote. */
  read(): Promise<Sources>;
  /** Files and folders, absolute, that the last reading depended on. */
  watched(): readonly string[];
}

/** Which files make a site, and what they say. */
export function createProjectReader({
  dir,
  shipped,
  secrets,
  ageIdentity,
  texts: said,
}: ProjectOptions): ProjectReader {
  const schema = readJson(shipped.schema, 'devices.schema.json');
  const ofPeople = [readJson(shipped.schema, 'extensions.schema.json')];
  const validate = compileSchema(schema, ofPeople);
  let validateTheirs: Validate | undefined;
  /** Made when somebody has such a file: it costs as much as the start of a command. */
  const validatePeople: Validate = (document) => {
    validateTheirs ??= compileSchema(peopleSchema(schema), ofPeople);
    return validateTheirs(document);
  };
  const { env = process.env, placeholders = false } = secrets ?? {};
  const lookForIdentities = () =>
    readIdentities({ file: ageIdentity, usual: join(secrets?.dir ?? dir, usualIdentity), env });
  let identities = lookForIdentities();
  const store = createSecretStore({ dir, env, placeholders, identities: () => identities, ...secrets });
  // Every file of the project that is YAML or CSV is read by this: it may be encrypted.
  const readSource = createReadSource({ dir, identities: () => identities, placeholders });
  const texts = createTextStore(dir);
  const readVendors = createVendorReader(shipped);
  const readTimezones = createTimezoneReader(shipped.templates);
  const readings = new Map<string, Kept>();
  /** Of `readings` those that this round is made from. */
  const used = new Set<string>();
  let secretsVersion = 0;
  let watched: readonly string[] = [];

  /** A file that nobody has written to is not read again: of a hundred it is mostly one that was. */
  async function readOne(path: string, form?: PeopleForm): Promise<Reading> {
    const key = form ? `${path} ${form.key}` : path;
    used.add(key);
    const before = readings.get(key);
    // Before the reading: what is written during it is read again the next time.
    const stamp = stampOf(resolve(dir, path));
    const { version } = identities;
    const text = said?.get(path);
    const isSame = stamp !== undefined && stamp === before?.stamp && version === before.version;
    if (before && isSame && text === before.text) return before.reading;
    const source = text === undefined ? await readSource(path) : { text, isSealed: false };
    const reading = readSourceFile({ path, source, ...form }, form ? validatePeople : validate, before?.reading);
    readings.set(key, { reading, stamp, version, text });
    return reading;
  }

  /** Once, and not for each password. */
  function lackingIdentity({ file }: Pick<Reading, 'file'>): Problem[] {
    const lacking = store.lacking(file.content);
    if (!lacking) return [];
    const what = lacking.count === 1 ? 'a password is' : `${lacking.count} passwords are`;
    return [
      { file: file.path, code: 'secret', severity: 'error', message: `${what} encrypted, and ${lacking.reason}` },
    ];
  }

  return {
    async read() {
      identities = lookForIdentities();
      used.clear();
      const main = await readOne(mainFile);
      const included = await expandIncludes(dir, main.file);
      const ofMain = pathsOfPeople(dir, main.file);
      const more = included.paths.filter((path) => !ofMain.has(path)).map((path) => readOne(path));
      const both = [main, ...(await Promise.all(more))];
      const owner = both.find(({ file }) => file.content.people)?.file;
      const ofOwner = pathsOfPeople(dir, owner);
      const all = both.filter(({ file }) => file === owner || !ofOwner.has(file.path));
      const exists = (path: string) => said?.has(path) || existsSync(join(dir, path));
      const { people, ...ofSources } = await readPeople({ dir, owner, read: readOne, exists });
      // A file that comes back later is a new one: what was remembered of it is out of date.
      for (const key of readings.keys()) if (!used.has(key)) readings.delete(key);
      const own = all.find(({ file }) => file.content.templates_dir)?.file.content.templates_dir;
      const vendors = readVendors(own === undefined ? undefined : { dir: resolve(dir, own), name: own });
      const contents = [...all.map(({ file }) => file.content), ...(people ?? []).map(({ file }) => file.content)];
      if (await store.refresh(contents)) secretsVersion++;
      texts.refresh();
      watched = [join(dir, mainFile), ...included.folders];
      watched = [...watched, ...[...included.paths, ...ofSources.paths].map((path) => resolve(dir, path))];
      watched = [...watched, ...vendors.files, ...identities.files];
      return {
        files: all.map(({ file }) => file),
        people,
        vendors: vendors.vendors,
        templates: vendors.templates,
        templatePaths: vendors.paths,
        timezones: readTimezones(),
        secret: store.read,
        secretsVersion,
        ...(!secrets?.placeholders && { text: texts.read }),
        problems: [
          ...all.flatMap(({ problems }) => problems),
          ...[...all, ...(people ?? [])].flatMap(lackingIdentity),
          ...ofSources.problems,
          ...included.problems,
          ...vendors.problems,
        ],
        leftOut: [
          ...all.flatMap(({ leftOut }) => leftOut),
          ...ofSources.leftOut,
          ...(included.problems.length > 0 ? [[]] : []),
          ...vendors.problems.map(({ file }) => ['templates_dir', ...vendorOf(file)]),
        ],
      };
    },
    // Files with secrets are named while the site is resolved: after the reading.
    watched: () => [...watched, ...store.files(), ...texts.files()],
  };
}

/** A file as it was read last: with which identities, and what the system said of it then. */
interface Kept {
  readonly reading: Reading;
  readonly stamp: string | undefined;
  readonly version: string;
  /** What it would say, when it is read so. */
  readonly text: string | undefined;
}

/** Whose vendor.yml it is, if it is one. */
const vendorOf = (file: string): string[] => (basename(file) === 'vendor.yml' ? [basename(dirname(file))] : []);

function readJson(folder: string, name: string): object {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'));
}
