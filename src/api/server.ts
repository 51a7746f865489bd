import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import fastify from 'fastify';
import type { Log } from '../log.ts';
import { addAccess } from './access.ts';
import type { App } from './app.ts';
import type { Client } from './client.ts';
import { addErrorForms, sendError } from './errors.ts';
import { type Offered, routes } from './routes.ts';
import { addSchemas } from './schemas/shared.ts';
import { takeTokenOf } from './streams/web-socket.ts';

export interface ApiOptions {
  /** What routes are handed. */
  readonly offered: Offered;
  readonly log: Log;
}

/** Answers requests of servers that are not its own: of the phones' port, or of a port for it alone. */
export interface Api {
  /** Resolves when it can answer; before that it must not be asked. */
  ready(): Promise<void>;
  answer(request: IncomingMessage, response: ServerResponse, client: Client): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, client: Client): void;
  /** Ends what stands open (event streams) and answers no more. */
  close(): Promise<void>;
}

export function createApi({ offered, log }: ApiOptions): Api {
  const clients = new WeakMap<IncomingMessage, Client>();
  const app = createApp();
  app.decorateRequest('client', {
    getter() {
      return clients.get(this.raw) ?? nobody;
    },
  });
  addErrorForms(app, log);
  addSchemas(app);
  addAccess(app);
  for (const add of routes) app.register(async (scope) => add(scope, offered));
  return {
    async ready() {
      await app.ready();
    },
    answer(request, response, client) {
      clients.set(request, client);
      app.routing(request, response);
    },
    upgrade(request, socket, head, client) {
      clients.set(request, client);
      takeTokenOf(request);
      app.server.emit('upgrade', request, socket, head);
    },
    close: () => app.close(),
  };
}

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
