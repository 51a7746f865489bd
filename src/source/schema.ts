import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { nearest } from '../model/nearest.ts';
import { isSecretKey } from '../model/password-name.ts';
import type { Path } from '../model/sources.ts';
import { type Place, type Problem, quoted } from '../problem.ts';
import { describe, toPath, valueAtPath } from './describe.ts';
import { tellingErrors } from './telling-errors.ts';
import type { Document } from './yaml.ts';

/** A problem, and the value that has it. */
export interface Fault {
  readonly path: Path;
  readonly problem: Problem;
  /** The rule that was broken: what an alias brings in at several paths breaks it once. */
  readonly rule: string;
  /** What a misspelt key was probably meant to be. */
  readonly meant?: Path;
  /** What the schema wants there, if it has words for it: nothing that the document says. */
  readonly wanted?: string;
}

/** Validates a document's value, coercing its texts to numbers and booleans in place; every fault at once. */
export type Validate = (document: Checked) => Fault[];

/** `isSealed`: nothing that the document says is told. */
export type Checked = Document & { readonly isSealed?: boolean };

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
    // Optimizing takes longer than it saves: it is half of the start of every command.
    code: { optimize: false },
    schemas: [...others],
  });
  const validate = ajv.compile(schema);
  const words = new Set([schema, ...others].flatMap(wordsOf));
  return (document) =>
    faults(validate, document).map((fault) => (document.isSealed ? sealed(fault, document, words) : fault));
}

function faults(validate: ValidateFunction, document: Document): Fault[] {
  if (validate(document.value)) return [];
  return tellingErrors(validate.errors ?? []).map(({ error, title }) => toFault({ error, title, document }));
}

/** The words that a schema has for keys. */
function wordsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? Object.keys(Object(schema.properties)) : [];
  return [...own, ...Object.values(schema).flatMap(wordsOf)];
}

/** Where the fault is, and what is wanted; not what was seen. */
function sealed(
  { path, problem, wanted = 'what the schema has', ...fault }: Fault,
  { value }: Document,
  words: ReadonlySet<string>,
): Fault {
  const isTold = (step: string | number, index: number) =>
    words.has(String(step)) || Array.isArray(valueAtPath(value, path.slice(0, index)));
  const where = path.map((step, index) => (isTold(step, index) ? step : '…')).join('.');
  const message = `${where === '' ? 'the file' : where} is not of its form; wanted ${wanted}`;
  return { ...fault, path, problem: { ...problem, message } };
}

interface Context {
  readonly error: ErrorObject;
  /** Of the choice that the error belongs to. */
  readonly title?: string;
  readonly document: Document;
}

const toFault = (context: Context): Fault => ({
  rule: JSON.stringify([context.error.schemaPath, context.error.params]),
  ...explained(context),
});

type Explained = Omit<Fault, 'rule'>;

function explained(context: Context): Explained {
  const { error, document } = context;
  const path = toPath(error.instancePath);
  if (error.propertyName !== undefined) return badKey(context, [...path, error.propertyName]);
  if (error.keyword === 'additionalProperties') return unknownKey(context, path);
  if (error.keyword === 'not') return bothKeys(context, path);
  const words = `${describe(path, document.value)} ${seen(error, path)}; wanted ${wanted(context)}`;
  return {
    path,
    wanted: wanted(context),
    problem: problemAt(placeOf(context, path), words, isUnprintable(error) ? 'unprintable-value' : 'schema'),
  };
}

const problemAt = (place: Place, message: string, code: Problem['code'] = 'schema'): Problem => ({
  ...place,
  code,
  severity: 'error',
  message,
});

/** The second of two equal items of a list; else the value itself. */
const placeOf = ({ error, document }: Context, path: Path): Place =>
  document.locate(error.keyword === 'uniqueItems' ? [...path, Math.max(error.params.i, error.params.j)] : path);

/** A name that no entry of a map may have. */
function badKey({ error, document, title }: Context, path: Path): Explained {
  const where = describe(path.slice(0, -1), document.value);
  const message = `${where} has an entry ${quoted(String(error.propertyName))}; wanted ${wanted({ error, document, title })}`;
  return { path, problem: problemAt(document.locate(path, 'key'), message) };
}

function unknownKey({ error, document }: Context, parent: Path): Explained {
  const key = String(error.params.additionalProperty);
  const path = [...parent, key];
  const known = Object.keys(error.parentSchema?.properties ?? {});
  const guess = nearest(key, known);
  const hint = guess ? `did you mean "${guess}"?` : `known are ${known.join(', ')}`;
  // What is no word may be a password, and so may be a key without a value: the part of one behind a comma.
  const isWord = /^[a-z_-]{1,30}$/.test(key) && valueAtPath(document.value, path) !== '';
  const name = guess || isWord ? ` ${quoted(key)}` : '';
  const where = parent.length === 0 ? '' : ` in ${describe(parent, document.value)}`;
  const problem = problemAt(document.locate(path, 'key'), `unknown key${name}${where}; ${hint}`);
  return { path, problem, ...(guess && { meant: [...parent, guess] }) };
}

/** `not: { required: [a, b] }`: of the two only one may be there. */
function bothKeys({ error, document }: Context, parent: Path): Explained {
  const { required = [], title = 'one of them' }: { required?: readonly string[]; title?: string } = Object(
    error.schema,
  );
  const [other = '', key = ''] = required;
  const related = document.locate([...parent, other], 'key');
  const message = `${describe(parent, document.value)} has ${required.join(' and ')}; wanted ${title}`;
  const problem = problemAt(document.locate([...parent, key], 'key'), message);
  return { path: [...parent, other], problem: { ...problem, related: [related] } };
}

function seen({ keyword, params, data, parentSchema }: ErrorObject, path: Path): string {
  if (keyword === 'required') return `has no "${params.missingProperty}"`;
  if (keyword === 'uniqueItems') return `has ${quoted(String(Object(data)[params.i]))} twice`;
  if (data === '' || keyword === 'minItems') return 'is empty';
  if (keyword === 'maxItems') return `has ${Object(data).length} items`;
  if (keyword === 'maxProperties') return `has ${Object.keys(Object(data)).join(' and ')}`;
  if (keyword === 'minProperties') return 'is empty';
  if (typeof data === 'object') return Array.isArray(data) ? 'is a list' : 'is a mapping';
  // What stands where a mapping or a list should may be a password that was written one level too high.
  if (keyword === 'type' && /^(object|array)(,(object|array))*$/.test(String(parentSchema?.type))) return 'is a text';
  const value = isSecret(path) ? '' : ` ${quoted(String(data))}`;
  if (isUnprintable({ keyword, parentSchema })) return `${value.trim()} holds ${unprintable(String(data))}`.trim();
  return isSecret(path) ? 'is not of its form' : `is${value}`;
}

/** A password is never shown, not even a wrongly written one. */
const isSecret = (path: Path): boolean => path.some(isSecretKey);

const isUnprintable = ({ keyword, parentSchema }: Pick<ErrorObject, 'keyword' | 'parentSchema'>): boolean =>
  keyword === 'pattern' && parentSchema?.$comment === 'printable';

function unprintable(text: string): string {
  const [character = ''] = /[\p{Cc}\p{Zl}\p{Zp}\p{Cn}\p{Co}]/u.exec(text) ?? [];
  if (/[\n\r\u0085\u2028\u2029]/.test(character)) return 'a line break';
  if (character === '\t') return 'a tab';
  return `the control character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function wanted({ error, title }: Context): string {
  if (error.keyword === 'required') return wantedProperty(error);
  if (error.keyword === 'enum') return choice(error);
  if (error.keyword === 'type' && error.instancePath === '') return 'a mapping of sections';
  const own: unknown = error.parentSchema?.title ?? title;
  if (typeof own !== 'string') return (error.message ?? 'something else').replace(/^must (be|have|match) /, '');
  if (error.keyword === 'maxItems') return `${own}, ${error.params.limit} at the most`;
  return isUnprintable(error) ? `${own} without line breaks or control characters` : own;
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
