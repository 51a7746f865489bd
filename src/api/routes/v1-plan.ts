import type { FastifyRequest } from 'fastify';
import { type Fields, isMap, isRefused, type NotEdited, type WantedEdit } from '../../model/edit.ts';
import type { App } from '../app.ts';
import { demandShallow, macFrom, toFault } from '../edit-faults.ts';
import { Fault } from '../fault.ts';
import { answers } from '../schemas/shared.ts';
import { planBody, planQuery, planSchema } from '../schemas/v1-plan.ts';

type Format = 'text' | 'json' | 'markdown';

export interface PlanDeps {
  /** What a build would change; undefined where nobody can say it. */
  readonly plan?: (
    request: { readonly texts?: ReadonlyMap<string, string>; readonly edits?: readonly WantedEdit[] },
    format: Format,
  ) => Promise<{ readonly text: string } | NotEdited>;
}

interface Asked {
  Querystring: { readonly format?: Format; readonly file?: string };
  Body: string | Fields;
}

const yaml = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];
const types: Readonly<Record<Format, string>> = {
  ...{ json: 'application/json; charset=utf-8', text: 'text/plain; charset=utf-8' },
  markdown: 'text/markdown; charset=utf-8',
};

/** `POST /api/v1/plan`: what a build would change, if a file or some devices were others. Nothing is written. */
export function v1Plan(app: App, { plan }: PlanDeps): void {
  app.addContentTypeParser([...yaml, 'text/plain'], { parseAs: 'string' }, (_, body, done) => done(null, body));
  app.addContentTypeParser(
    'application/merge-patch+json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.post<Asked>(
    '/api/v1/plan',
    {
      // A text may name templates, which are programs.
      ...{ config: { role: 'admin' }, bodyLimit: 32 * 1024 * 1024 },
      schema: {
        summary: 'What a change would change',
        description:
          'A text of devices.yml (or of `file`), or devices by MAC as JSON: the diff of all files of phones, secrets as dots.',
        ...{ tags: ['plan'], querystring: planQuery, body: planBody, consumes: ['application/json', ...yaml] },
        ...{ produces: ['application/json', 'text/plain', 'text/markdown'] },
        response: answers({ 200: planSchema }, 400, 404, 409, 413, 415),
      },
    },
    async (request, reply) => {
      if (!plan) throw new Fault(404, 'no-plans', 'there are no plans here');
      const format = formatOf(request);
      const made = await plan(requestOf(request), format);
      if (isRefused(made)) throw toFault(made);
      void reply.type(types[format]);
      return format === 'json' ? JSON.parse(made.text) : made.text;
    },
  );
}

function formatOf({ query, headers }: FastifyRequest<Asked>): Format {
  if (query.format) return query.format;
  const { accept = '' } = headers;
  if (/text\/markdown/.test(accept)) return 'markdown';
  return /text\/plain/.test(accept) && !/application\/json/.test(accept) ? 'text' : 'json';
}

function requestOf({ body, query: { file = 'devices.yml' } }: FastifyRequest<Asked>) {
  if (typeof body === 'string') return { texts: new Map([[file, body]]) };
  demandShallow(body);
  const { devices, ...rest } = body;
  const [stranger] = Object.keys(rest);
  if (stranger !== undefined || !isMap(devices))
    throw new Fault(400, 'validation', 'wanted { "devices": { MAC: { ... } or null } }, or a text of YAML');
  return { edits: Object.entries(devices).map(([name, words]) => editOf(name, words)) };
}

function editOf(name: string, words: Fields[string]): WantedEdit {
  const mac = macFrom(name);
  if (words === null) return { kind: 'remove', mac };
  if (!isMap(words)) throw new Fault(400, 'validation', `devices/${mac} is neither a map nor null`);
  return { kind: 'add', mac, device: { mac: name, ...words }, replace: true };
}
