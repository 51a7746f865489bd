import { nearest } from '../model/nearest.ts';
import type { Path } from '../model/sources.ts';
import type { Model, VendorFile } from '../model/vendor.ts';

export interface FileFault {
  /** In vendor.yml. */
  readonly path: Path;
  readonly message: string;
}

/** The files of one model, and where in vendor.yml they are listed: with the model, or with the vendor. */
export interface ListedFiles {
  readonly model: Model;
  readonly path: Path;
}

/** What is wrong with the files of a vendor's models: their templates, their names, and that two have one name. */
export function fileFaults(models: readonly ListedFiles[], templates: ReadonlySet<string>): FileFault[] {
  const faults = models.flatMap((listed) => [
    ...missingTemplates(listed, templates),
    ...unknownPlaceholders(listed),
    ...mixedNames(listed),
    ...sameNames(listed),
    ...missingMain(listed),
  ]);
  faults.push(...sharedNames(models));
  return withoutRepeats(faults);
}

/** What is wrong with the bootstrap files, of which each model has the same. */
export function bootstrapFaults(models: readonly Model[], templates: ReadonlySet<string>): FileFault[] {
  const faults = models.flatMap((model) => {
    const listed = { model: { ...model, files: model.bootstrap ?? [] }, path: ['bootstrap'] };
    return [...missingTemplates(listed, templates), ...unknownPlaceholders(listed), ...sameNames(listed)];
  });
  return withoutRepeats(faults);
}

/** Where a template stands that vendor.yml names: in the vendor's folder, or in the one of all vendors. */
export const fullName = (template: string, vendor: string): string =>
  template.startsWith('_shared/') ? template : `${vendor}/${template}`;

interface Phonebook {
  readonly name: string;
  readonly template: string;
  readonly per_file?: number;
}

/** What is wrong with the phonebook: it has a template, and a name for each of its files. */
export function phonebookFaults(
  file: Phonebook | undefined,
  { id, templates }: { id: string; templates: ReadonlySet<string> },
): FileFault[] {
  if (!file) return [];
  const { name, per_file } = file;
  const template = fullName(file.template, id);
  const guess = nearest(template, templates);
  const missing = `there is no template "${template}"${guess ? `; did you mean "${guess}"?` : ''}`;
  const unnumbered = `a phonebook of several files has {page} in its name; "${name}" has not`;
  const numbered = `"${name}" has {page}, and the phonebook is one file; wanted \`per_file\` besides`;
  return [
    ...(templates.has(template) ? [] : [{ path: ['phonebook', 'template'], message: missing }]),
    ...(per_file !== undefined && !name.includes('{page}')
      ? [{ path: ['phonebook', 'name'], message: unnumbered }]
      : []),
    ...(per_file === undefined && name.includes('{page}') ? [{ path: ['phonebook', 'name'], message: numbered }] : []),
  ];
}

/** A fault of a file that several models have is said once. */
const withoutRepeats = (faults: readonly FileFault[]): FileFault[] => [
  ...new Map(faults.map((fault) => [`${fault.path.join('\n')}\n${fault.message}`, fault])).values(),
];

/** Of whom a name is: of a device, of a model, or of the vendor. */
const ownerOf = (name: string): string =>
  /\{mac\}/i.test(name) ? 'device' : /\{\w+\}/.test(name) ? 'model' : 'vendor';

const namesOf = ({ name, also }: VendorFile): readonly string[] => [name, ...also];

const missingTemplates = ({ model, path }: ListedFiles, templates: ReadonlySet<string>): FileFault[] =>
  model.files.flatMap(({ template }, index) => {
    if (templates.has(template)) return [];
    const guess = nearest(template, templates);
    const hint = guess ? `; did you mean "${guess}"?` : '';
    return [{ path: [...path, index, 'template'], message: `there is no template "${template}"${hint}` }];
  });

const deviceWords = ['mac', 'MAC'];
const modelWords = ['model'];

const unknownPlaceholders = ({ model, path }: ListedFiles): FileFault[] =>
  model.files.flatMap((file, index) =>
    namesOf(file).flatMap((name) => {
      const known = [...deviceWords, ...modelWords, ...Object.keys(model.properties)];
      const words = [...name.matchAll(/\{(\w+)\}/g)].map(([, word = '']) => word);
      return words
        .filter((word) => !known.includes(word))
        .map((word) => ({ path: [...path, index], message: unknownPlaceholder(word, model, known) }));
    }),
  );

function unknownPlaceholder(word: string, model: Model, known: readonly string[]): string {
  const guess = nearest(word, known);
  const hint = guess ? `did you mean "{${guess}}"?` : `it has ${known.map((name) => `{${name}}`).join(', ')}`;
  return `unknown placeholder "{${word}}": ${model.id} has no such property; ${hint}`;
}

const mixedNames = ({ model, path }: ListedFiles): FileFault[] =>
  model.files.flatMap((file, index) => {
    const other = file.also.find((name) => ownerOf(name) !== ownerOf(file.name));
    if (other === undefined) return [];
    const message = `"${file.name}" is of a ${ownerOf(file.name)}, but "${other}" would be of a ${ownerOf(other)}`;
    return [{ path: [...path, index], message }];
  });

/** Upper and lower case count as one: so they do when a phone asks. */
const expand = (name: string, model: Model): string =>
  name
    .replace(/\{(\w+)\}/g, (whole, word) =>
      word === 'model' ? model.id : Object.hasOwn(model.properties, word) ? (model.properties[word] ?? '') : whole,
    )
    .toLowerCase();

function sameNames({ model, path }: ListedFiles): FileFault[] {
  const seen = new Set<string>();
  return model.files.flatMap((file, index) =>
    namesOf(file).flatMap((name) => {
      const full = expand(name, model);
      if (!seen.has(full)) {
        seen.add(full);
        return [];
      }
      return [{ path: [...path, index], message: `two files of ${model.id} have the name "${full}"` }];
    }),
  );
}

/** A model without any files has a fault already. */
const missingMain = ({ model }: ListedFiles): FileFault[] =>
  model.files.length === 0 || model.files.some((file) => namesOf(file).includes('{mac}.cfg'))
    ? []
    : [
        {
          path: ['models', model.id],
          message: `${model.id} has no file "{mac}.cfg"; wanted one with this name, or with it in \`also\`: users’ DHCP servers ask for it`,
        },
      ];

/** Files that devices share, of one name and from different templates: the phone of one model would get the other's. */
function sharedNames(models: readonly ListedFiles[]): FileFault[] {
  const first = new Map<string, { model: Model; template: string }>();
  const faults: FileFault[] = [];
  for (const { model, path } of models)
    for (const [index, file] of model.files.entries())
      for (const name of namesOf(file)) {
        if (ownerOf(name) === 'device') continue;
        const full = expand(name, model);
        const other = first.get(full);
        if (!other) first.set(full, { model, template: file.template });
        else if (other.template !== file.template && other.model !== model)
          faults.push({
            path: [...path, index],
            message: `"${full}" of ${model.id} and of ${other.model.id} are made from different templates`,
          });
      }
  return faults;
}
