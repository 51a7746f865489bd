import type { FastifyRequest } from 'fastify';
import type { AuditFact } from '../model/fact.ts';
import type { App } from './app.ts';

const looking: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** One row for every call of somebody known that changes something, or was refused. */
export function addAudit(app: App, record: (fact: AuditFact) => void): void {
  app.decorateRequest('changed');
  app.addHook('onResponse', (request, reply, done) => {
    if (!looking.has(request.method) && request.caller !== undefined)
      record({ at: Date.now(), status: reply.statusCode, ...whoOf(request), ...whatOf(request) });
    done();
  });
}

const whoOf = ({ id, caller, client }: FastifyRequest) => ({
  ...{ request: id, caller: caller.name, role: caller.role, address: client.address },
});

function whatOf({ method, url, changed }: FastifyRequest) {
  const text = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));
  return {
    ...{ method, path: url.replace(/\?.*$/s, '').slice(0, 512), target: changed?.target },
    ...{ before: text(changed?.before), after: text(changed?.after) },
  };
}
