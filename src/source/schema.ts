import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { nearest } from '../model/nearest.ts';
import type { Path } from '../model/sources.ts';
import type { Problem } from '../problem.ts';
import type { Document } from './yaml.ts';

/** A problem, and the value that has it. */
export interface Fault {
  readonly path: Path;
  readonly problem: Problem;
}

/** Validates a document's value, coercing its texts to numbers and booleans in place; every fault at once. */
export type Validate = (document: Document) => Fault[];

/**
 * Compiles a JSON Schema (draft 7). A `title` is written as what is wanted ("a MAC address, such as …"), so that it
 * can end the message of a fault. `others` are schemas that it refers to by their `$id`.
 */
export function compileSchema(schema: object, others: readonly object[] = []): Validate {
  const ajv = new Ajv({
    allErrors: true,
    coerceTypes: true,
    verbose: true,
    allowUnionTypes: true,
    schemas: [...others],
  });
  const validate = ajv.compile(schema);
  return (document) => faults(validate, document);
}

function faults(validate: ValidateFunction, document: Document): Fault[] {
  if (validate(document.value)) return [];
  const errors = validate.errors ?? [];
  return errors
    .filter((error) => isTelling(error, errors))
    .map((error) => ({ path: toPath(error.instancePath), problem: toProblem(error, document) }));
}

/** Branches of an anyOf that did not fit say nothing: the choice as a whole, by its title, does. */
function isTelling(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (error.keyword === 'if') return false;
  return !errors.some((other) => other.keyword === 'anyOf' && other !== error && isWithin(error, other));
}

const isWithin = (error: ErrorObject, choice: ErrorObject): boolean =>
  error.instancePath.startsWith(choice.instancePath) &&
  branchesOf(choice).some((branch) => branch === error.parentSchema)
    ? true
    : error.schemaPath.startsWith(`${choice.schemaPath}/`);

function branchesOf(choice: ErrorObject): unknown[] {
  const branches: unknown = choice.schema;
  return Array.isArray(branches) ? branches : [];
}

function toProblem(error: ErrorObject, document: Document): Problem {
  const path = toPath(error.instancePath);
  if (error.keyword === 'additionalProperties') return unknownKey(error, document, path);
  const message = `${describe(path)} ${seen(error, path)}; wanted ${wanted(error)}`;
  const code = error.parentSchema?.$comment === 'printable' ? 'unprintable-value' : 'schema';
  return { ...document.locate(path), code, severity: 'error', message };
}

function unknownKey(error: ErrorObject, document: Document, path: Path): Problem {
  const key = String(error.params.additionalProperty);
  const known = Object.keys(error.parentSchema?.properties ?? {});
  const guess = nearest(key, known);
  const hint = guess ? `did you mean "${guess}"?` : `known are ${known.join(', ')}`;
  const place = document.locate([...path, key], 'key');
  const where = path.length === 0 ? '' : ` in ${describe(path)}`;
  return { ...place, code: 'schema', severity: 'error', message: `unknown key "${key}"${where}; ${hint}` };
}

function seen(error: ErrorObject, path: Path): string {
  if (error.keyword === 'required') return `has no "${error.params.missingProperty}"`;
  if (error.data === '') return 'is empty';
  if (typeof error.data === 'object') return Array.isArray(error.data) ? 'is a list' : 'is a mapping';
  return isSecret(path) ? 'is not of its form' : `is ${JSON.stringify(shorten(String(error.data)))}`;
}

/** A password is never shown, not even a wrongly written one. */
const isSecret = (path: Path): boolean => path.some((step) => /password$/.test(String(step)));

const shorten = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 57)}…`);

function wanted(error: ErrorObject): string {
  if (error.keyword === 'required') return wantedProperty(error);
  const title = error.parentSchema?.title;
  if (error.keyword === 'enum') return choice(error);
  return typeof title === 'string' ? title : (error.message ?? 'something else').replace(/^must (be|have|match) /, '');
}

function wantedProperty(error: ErrorObject): string {
  const missing = String(error.params.missingProperty);
  const title = error.parentSchema?.properties?.[missing]?.title;
  return typeof title === 'string' ? title : `"${missing}"`;
}

function choice(error: ErrorObject): string {
  const values: unknown[] = Array.isArray(error.schema) ? error.schema : [];
  const guess = nearest(String(error.data), values.map(String));
  return `one of ${values.join(', ')}${guess ? ` (did you mean "${guess}"?)` : ''}`;
}

const toPath = (pointer: string): Path =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** `devices[3].mac`, counted from 1 as people do. */
export function describe(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((step, index) =>
      /^\d+$/.test(String(step)) && index > 0 && path[0] !== 'extensions'
        ? `[${Number(step) + 1}]`
        : `${index ? '.' : ''}${step}`,
    )
    .join('');
}
