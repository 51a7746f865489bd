import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Vendor } from '../model/vendor.ts';
import type { Problem } from '../problem.ts';
import { compilePlaceholders } from '../render/placeholders.ts';
import { compileSchema } from './schema.ts';
import { type FolderPlace, readTemplatesFolder, type SourceText, type TemplatesFolder } from './templates-folder.ts';
import { type CustomTemplate, toVendor } from './vendor.ts';
import { readVendorDocument } from './vendor-document.ts';

/** All vendors, shipped and of the user. Of what has not changed since the last reading it is the same object. */
export interface VendorFolders {
  readonly vendors: ReadonlyMap<string, Vendor>;
  /** Text of every template by its name: `acme/mac.cfg.njk`, `acme_x9.template`. */
  readonly templates: ReadonlyMap<string, string>;
  /** The path of every template as people know it: `custom_templates/acme/mac.cfg.njk`. */
  readonly paths: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  /** Folders to watch, absolute. */
  readonly files: readonly string[];
}

/** `own`: the user's `templates_dir`, absolute and as devices.yml writes it. Never throws for what people wrote. */
export type VendorReader = (own?: FolderPlace) => VendorFolders;

/** `shipped`: the folders of the JSON Schemas and of the templates that come with the program. */
export function createVendorReader(shipped: { schema: string; templates: string }): VendorReader {
  const schemaOf = (name: string): object => JSON.parse(readFileSync(join(shipped.schema, name), 'utf8'));
  const validate = compileSchema(schemaOf('vendor.schema.json'), [
    schemaOf('devices.schema.json'),
    schemaOf('extensions.schema.json'),
  ]);
  const known = new Map<string, { key: string; made: Made }>();
  let last: VendorFolders | undefined;

  function make(input: Input): Made {
    const key = JSON.stringify(input);
    const before = known.get(input.id);
    if (before?.key === key) return before.made;
    const document = readVendorDocument(input.texts, validate);
    const made = toVendor({ ...input, document, templates: new Set(input.templates) });
    known.set(input.id, { key, made });
    return made;
  }

  return (own) => {
    const folders = [{ dir: shipped.templates, name: 'templates' }, ...(own ? [own] : [])];
    const found = gather(folders.map(readTemplatesFolder));
    const made = found.inputs.map(make);
    const next: VendorFolders = {
      vendors: new Map(made.map(({ vendor }) => [vendor.id, vendor])),
      templates: new Map([...found.templates].map(([name, { text }]) => [name, text])),
      paths: new Map([...found.templates].map(([name, { path }]) => [name, path])),
      problems: [...found.problems, ...made.flatMap(({ problems }) => problems)],
      files: folders.map(({ dir }) => dir),
    };
    last = last ? keepWhatIsSame(last, next) : next;
    return last;
  };
}

type Made = ReturnType<typeof toVendor>;

/** What a vendor is made of; as JSON it says whether anything has changed. */
interface Input {
  readonly id: string;
  readonly texts: readonly SourceText[];
  readonly templates: readonly string[];
  readonly custom: readonly CustomTemplate[];
}

interface Found {
  readonly inputs: readonly Input[];
  readonly templates: ReadonlyMap<string, SourceText>;
  readonly problems: readonly Problem[];
}

/** Joins the folders: of two files of one name the later folder's counts, but of vendor.yml both. */
function gather(folders: readonly TemplatesFolder[]): Found {
  const templates = new Map(folders.flatMap((folder) => [...folder.templates, ...folder.custom]));
  const { custom, problems } = readCustom(folders);
  const named = folders.flatMap((folder) => [...folder.vendors.keys()]);
  const ids = [...new Set([...named, ...custom.map(({ vendor }) => vendor)])].sort();
  const inputs = ids.map((id) => ({
    id,
    texts: folders.flatMap(({ vendors }) => vendors.get(id) ?? []),
    templates: [...templates.keys()].filter(
      (name) => !name.includes('/') || /^(?:_shared)\//.test(name) || name.startsWith(`${id}/`),
    ),
    custom: custom.filter(({ vendor }) => vendor === id).map(({ model, template }) => ({ model, template })),
  }));
  const all = folders.flatMap((folder) => folder.problems);
  return { inputs, templates, problems: [...all, ...problems, ...withoutVendorFile(templates, new Set(named))] };
}

function readCustom(folders: readonly TemplatesFolder[]) {
  const custom: (CustomTemplate & { vendor: string })[] = [];
  const problems: Problem[] = [];
  for (const [name, { path, text }] of new Map(folders.flatMap((folder) => [...folder.custom]))) {
    const [, vendor, model] = /^([a-z0-9-]+)_([a-z0-9_-]+)\.template$/.exec(name.toLowerCase()) ?? [];
    if (vendor && model) custom.push({ vendor, model, template: compilePlaceholders(name, text) });
    else problems.push(vendorProblem(path, 'wanted a name such as acme_x9.template: vendor, _, model'));
  }
  return { custom, problems };
}

/** `_shared` and the like are no vendors. */
const withoutVendorFile = (templates: ReadonlyMap<string, SourceText>, named: ReadonlySet<string>): Problem[] =>
  [
    ...new Map(
      [...templates].filter(([name]) => name.includes('/')).map(([name, { path }]) => [name.split('/')[0], path]),
    ),
  ]
    .filter(([folder = '']) => !folder.startsWith('_') && !named.has(folder))
    .map(([, path]) => vendorProblem(dirname(path), 'the folder has templates, but no vendor.yml'));

const vendorProblem = (file: string, message: string): Problem => ({
  file,
  code: 'vendor',
  severity: 'error',
  message,
});

/** Whoever made something of the last answer, or of a part of it, need not make it again. */
function keepWhatIsSame(last: VendorFolders, next: VendorFolders): VendorFolders {
  const vendors = sameEntries(last.vendors, next.vendors) ? last.vendors : next.vendors;
  const templates = sameEntries(last.templates, next.templates) ? last.templates : next.templates;
  const same =
    JSON.stringify([last.problems, last.files, [...last.paths]]) ===
    JSON.stringify([next.problems, next.files, [...next.paths]]);
  return same && vendors === last.vendors && templates === last.templates ? last : { ...next, vendors, templates };
}

const sameEntries = <Value>(one: ReadonlyMap<string, Value>, other: ReadonlyMap<string, Value>): boolean =>
  one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
