import fc from 'fast-check';
import type { Operation, Parameter } from './described.ts';

/** What a test sends to an operation. */
export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
}

type Schema = Readonly<Record<string, unknown>>;

/** Strings that break out of something, somewhere. */
const hostile = fc.constantFrom(
  ...['', ' ', '.', '..', '../../etc/passwd', '%00', '\u0000', '\r\nX: y', '"', "' OR 1=1 --", '{{7*7}}', '<script>'],
  ...['__proto__', 'constructor', '[object Object]', '-1', '1e309', 'NaN', 'null', 'a'.repeat(300), '🐙', '\ud800'],
  ...['00:15:65:12:34:56', '020000000001', '192.0.2.1', '::1', '1001', 'WyJhIl0', 'eyJhdCI6MX0', '9007199254740993'],
);
const text = fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 40 }));

/** Mostly what a schema wants, and now and then something else. */
export function anythingLike(schema: Schema = {}, depth = 0): fc.Arbitrary<unknown> {
  const other = fc.oneof(text, fc.integer(), fc.double(), fc.constant(null), fc.jsonValue({ maxDepth: 2 }));
  return fc.oneof({ weight: 4, arbitrary: like(schema, depth) }, { weight: 1, arbitrary: other });
}

function like(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const { enum: words, const: only, anyOf, oneOf, properties = {}, items, examples } = schema;
  if (Array.isArray(examples) && examples.length > 0) return fc.oneof(fc.constantFrom(...examples), text);
  if (only !== undefined) return fc.constant(only);
  if (Array.isArray(words)) return fc.constantFrom(...words);
  const choices = [anyOf, oneOf].flat().filter((choice): choice is Schema => choice !== undefined);
  if (choices.length > 0) return fc.oneof(...choices.map((choice) => anythingLike(choice, depth + 1)));
  const [type] = [schema.type].flat();
  if (type === 'integer' || type === 'number') return fc.oneof(fc.integer({ min: -2, max: 1001 }), fc.integer());
  if (type === 'boolean') return fc.boolean();
  if (depth > 4) return fc.constant(null);
  if (type === 'array') return fc.array(anythingLike(Object(items), depth + 1), { maxLength: 3 });
  if (type === 'object') {
    const parts = Object.entries(Object(properties)).map(([name, part]) => [
      name,
      anythingLike(part as Schema, depth + 1),
    ]);
    return fc.record(Object.fromEntries(parts), { requiredKeys: [] });
  }
  return text;
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What cannot stand in a URL is left out; what stands there is escaped, or as it is. */
function written(value: unknown, isRaw: boolean): string {
  const raw = (shown(value) ?? '').toWellFormed();
  return isRaw && /^[\w.~:%!$&'()*+,;=@-]*$/.test(raw) ? raw : encodeURIComponent(raw);
}

export function anyCallOf({ method, path, parameters, body }: Operation): fc.Arbitrary<Sent> {
  const valueFor = ({ name, schema }: Parameter) =>
    fc.tuple(fc.constant(name), anythingLike(schema as Schema), fc.boolean());
  const inPath = fc.tuple(...parameters.filter((one) => one.in === 'path').map(valueFor));
  const inQuery = fc
    .subarray(parameters.filter((one) => one.in === 'query'))
    .chain((some) => fc.tuple(...some.map(valueFor)));
  const more = fc.option(fc.tuple(text, text, fc.boolean()));
  const sent = body === undefined ? fc.constant(undefined) : anythingLike(body as Schema);
  return fc.tuple(inPath, inQuery, more, sent).map(([places, queries, extra, content]) => {
    const filled = places.reduce(
      (whole, [name, value, isRaw]) => whole.replace(`{${name}}`, () => written(value, isRaw)),
      path,
    );
    const all = extra ? [...queries, extra] : queries;
    const query = all.map(([name, value, isRaw]) => `${written(name, false)}=${written(value, isRaw)}`).join('&');
    return {
      method,
      path: query === '' ? filled : `${filled}?${query}`,
      ...(content !== undefined && { body: content }),
    };
  });
}
