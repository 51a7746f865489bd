import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../log.ts';
import { quoted } from '../problem.ts';
import type { App } from './app.ts';
import { type Detail, Fault } from './fault.ts';

/**
 * Every refusal in one of two forms: under `/api/v1/` and beside it a problem of RFC 9457, at the paths of the predecessors
 * `{ success: false, error, message }`. What is a fault of ours is said to the log, and to the caller only that there is one.
 */
export function addErrorForms(app: App, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const fault = toFault(error, request);
    if (fault.status >= 500 && !(error instanceof Fault))
      log.error('a request of the API failed', { request: request.id, reason: reasonOf(error) });
    return sendFault(request, reply, fault);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.replace(/\?.*$/s, '');
    const message = `there is nothing at ${request.method} ${quoted(path)}; what there is stands at /api/docs`;
    return sendFault(request, reply, new Fault(404, 'not-found', message));
  });
}

/** Of a fault of ours the first line, for the log: where it was is in the trace, which nobody else needs. */
const reasonOf = (error: Error): string => (error.stack ?? String(error)).split('\n').slice(0, 3).join(' ');

/** For what is refused before anything of ours was asked: a path that cannot be decoded, or is too long. */
export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const { statusCode = 400 } = error;
  const message = statusCode === 414 ? 'a part of the path is too long' : 'the path cannot be decoded';
  void reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  sendFault(request, reply, new Fault(statusCode, 'path', message));
}

function sendFault(request: FastifyRequest, reply: FastifyReply, fault: Fault): FastifyReply {
  const { status, more } = fault;
  void reply.code(status).headers(more.headers ?? {});
  const isProblem = hasProblems(request.url);
  // Serialized here: whatever the route says of its answers, this is none of them.
  return reply
    .type(isProblem ? 'application/problem+json' : 'application/json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(isProblem ? toProblem(fault, request) : toRefusal(fault));
}

/** Paths whose refusals are problems; the others have the form of the predecessors. */
const hasProblems = (url: string): boolean => /^\/(?:api\/(?:v1|docs|openapi\.json)(?![^/?])|ws(?![^/?]))/.test(url);

function toProblem({ status, code, message, more }: Fault, request: FastifyRequest) {
  const { title = STATUS_CODES[status] ?? 'Error', details, extra } = more;
  const errors = details?.map(({ where, message: detail }) => ({ pointer: where, detail }));
  return { type: 'about:blank', title, status, detail: message, code, request_id: request.id, errors, ...extra };
}

/** Words of the second predecessor's document. */
const titles: Readonly<Record<number, string>> = {
  400: 'Validation error',
  401: 'Authentication failed',
  404: 'Not found',
  500: 'Internal server error',
};

function toRefusal({ status, message, more }: Fault) {
  const { title = titles[status] ?? STATUS_CODES[status] ?? 'Error' } = more;
  return { success: false, error: title, message };
}

function toFault(error: FastifyError, request: FastifyRequest): Fault {
  if (error instanceof Fault) return error;
  if (error.validation) return validationFault(error);
  const { statusCode = 500 } = error;
  if (statusCode === 413)
    return new Fault(413, 'too-large', `the body is larger than ${request.routeOptions.bodyLimit} bytes`);
  if (statusCode === 415)
    return new Fault(415, 'media-type', 'the body is of a type that is not taken here; wanted application/json');
  if (statusCode >= 400 && statusCode < 500)
    return new Fault(statusCode, 'bad-request', 'the request cannot be read; wanted a body in JSON that is whole');
  return new Fault(500, 'internal', `something went wrong here; the log has more of request ${request.id}`);
}

function validationFault({ validation = [], validationContext = 'body' }: FastifyError): Fault {
  const details = validation.map(({ instancePath, message = 'is wrong', params }): Detail => {
    const { missingProperty, additionalProperty, allowedValues } = params as Partial<Record<string, unknown>>;
    const name = missingProperty ?? additionalProperty;
    const where = `${instancePath}${name === undefined ? '' : `/${name}`}`;
    const words =
      missingProperty !== undefined ? 'is missing' : additionalProperty !== undefined ? 'is not known' : message;
    const which = Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : '';
    return { where, message: `${words}${which}` };
  });
  const sentence = details
    .map(({ where, message }) => `${validationContext}${quotedPath(where)} ${message}`)
    .join('; ');
  return new Fault(400, 'validation', sentence, { details });
}

const quotedPath = (where: string): string => (where === '' ? '' : ` ${quoted(where)}`);
