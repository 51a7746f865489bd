import type { App } from '../app.ts';

/** JSON Schema of draft 7, as routes and the OpenAPI document have it. */
export type Schema = Readonly<Record<string, unknown>>;

const problem = {
  $id: 'Problem',
  title: 'a problem',
  description: 'Why a request was refused (RFC 9457).',
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string', description: '`about:blank`: `code` says which kind of problem it is.' },
    title: { type: 'string', description: 'The status in words.' },
    status: { type: 'integer', description: 'The status of the answer.' },
    detail: { type: 'string', description: 'What was seen and what is wanted, in a sentence.' },
    code: { type: 'string', description: 'Which kind of problem it is, for programs.' },
    request_id: { type: 'string', description: 'What the log calls the request.' },
    faults: {
      type: 'array',
      description: 'What `offhook check` would find in the files of the project.',
      items: {
        type: 'object',
        required: ['file', 'message'],
        properties: {
          file: { type: 'string', description: 'The file, from the project.' },
          line: { type: 'integer', description: 'Counted from 1.' },
          column: { type: 'integer', description: 'Counted from 1.' },
          code: { type: 'string', description: 'Which kind of fault it is.' },
          message: { type: 'string', description: 'What was seen and what is wanted.' },
        },
      },
    },
    errors: {
      type: 'array',
      description: 'The parts of the request that are wrong.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON pointer into the body, or the name of a parameter.' },
          detail: { type: 'string', description: 'What is wrong with it.' },
        },
      },
    },
  },
} as const;

const refusal = {
  $id: 'Refusal',
  title: 'a refusal',
  description: 'Why a request was refused.',
  type: 'object',
  required: ['success', 'error'],
  properties: {
    success: { type: 'boolean', const: false },
    error: { type: 'string', description: 'The kind of refusal.' },
    message: { type: 'string', description: 'What was seen and what is wanted, in a sentence.' },
  },
} as const;

/** What schemas of routes refer to by `Problem#` and `Refusal#`. */
export function addSchemas(app: App): void {
  app.addSchema(problem).addSchema(refusal);
}

/** The answers of a route under `/api/v1/`: its own by status, and the problems that it can end in. */
export const answers = (own: Readonly<Record<number, object>>, ...refused: readonly number[]): Schema => ({
  ...own,
  ...refusedWith('Problem#', [401, 403, 429, ...refused]),
});

/** The same of a path of the predecessors. */
export const olderAnswers = (own: Readonly<Record<number, object>>, ...refused: readonly number[]): Schema => ({
  ...own,
  ...refusedWith('Refusal#', [401, 403, 429, 500, ...refused]),
});

const refusedWith = ($ref: string, statuses: readonly number[]): Schema =>
  Object.fromEntries(statuses.map((status) => [status, { $ref }]));
