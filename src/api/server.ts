import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import fastify from 'fastify';
import type { Log } from '../log.ts';
import type { ApiSettings } from '../model/api.ts';
import type { AuditFact } from '../model/fact.ts';
import { addAccess } from './access.ts';
import type { App } from './app.ts';
import { addAudit } from './audit.ts';
import { type CallersOptions, createAuthenticate } from './callers.ts';
import type { Client } from './client.ts';
import { addErrorForms, sendError } from './errors.ts';
import { addEtags } from './etags.ts';
import { demandFinite } from './finite.ts';
import { addHeaders } from './headers.ts';
import { createLimits } from './limits.ts';
import { addDocs, addOpenApi } from './openapi.ts';
import { type Offered, routes } from './routes.ts';
import { addNamed } from './schemas/named.ts';
import { addSchemas } from './schemas/shared.ts';
import { endRefusedUpgrades, takeTokenOf } from './streams/web-socket.ts';

export interface ApiOptions extends CallersOptions {
  /** What `api:` says now; undefined while nobody knows, and then nobody is answered. */
  readonly settings: () => ApiSettings | undefined;
  /** Names of this machine, by which its own pages may call it. */
  readonly names: () => readonly string[];
  /** What routes are handed. */
  readonly offered: Offered;
  readonly audit: (fact: AuditFact) => void;
  readonly log: Log;
}

/** Answers requests of servers that are not its own: of the phones' port, or of a port for it alone. */
export interface Api {
  answer(request: IncomingMessage, response: ServerResponse, client: Client): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, client: Client): void;
  /** Ends what stands open (event streams) and answers no more. */
  close(): Promise<void>;
}

export async function createApi({ settings, offered, log, audit, ...options }: ApiOptions): Promise<Api> {
  const app = createApp();
  app.decorateRequest('client', {
    getter() {
      return (this.raw as Brought)[brought] ?? nobody;
    },
  });
  app.decorateRequest('caller');
  // What wants another than JSON says so itself.
  app.removeContentTypeParser('text/plain');
  endRefusedUpgrades(app);
  addErrorForms(app, log);
  addSchemas(app);
  addNamed(app);
  await addHeaders(app, settings);
  const limits = await createLimits(app);
  addAccess(app, { settings, limits, authenticate: createAuthenticate(options), names: options.names });
  addAudit(app, audit);
  addEtags(app);
  demandFinite(app);
  await addOpenApi(app);
  for (const add of routes) app.register(async (scope) => add(scope, offered));
  await addDocs(app);
  await app.ready();
  return {
    answer(request, response, client) {
      // RFC 9112 section 3.2.2: who takes us for a proxy asks with the whole URL.
      if (!request.url?.startsWith('/')) request.url = request.url?.replace(/^https?:\/\/[^/?#]*/i, '') || '/';
      (request as Brought)[brought] = client;
      app.routing(request, response);
    },
    upgrade(request, socket, head, client) {
      takeTokenOf(request);
      (request as Brought)[brought] = client;
      app.server.emit('upgrade', request, socket, head);
    },
    close: () => app.close(),
  };
}

/** Whom a request was brought from stands in it: of maps that hold weakly the collector has more work than we with all the rest. */
const brought = Symbol('client');
type Brought = IncomingMessage & { [brought]?: Client };

/** Of a request that no server of ours brought: nobody is let in as this. */
const nobody: Client = { address: '', protocol: 'http', isTwo: true };

const createApp = (): App =>
  fastify({
    // What is logged we log ourselves.
    logger: false,
    bodyLimit: 1_048_576,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: sendError,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, allErrors: false } },
  });
