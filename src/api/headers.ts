import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { ApiSettings } from '../model/api.ts';
import type { App } from './app.ts';

/** What goes with every answer: what browsers must not do with it, what it is called in the log, and who may read it. */
export async function addHeaders(app: App, settings: () => ApiSettings | undefined): Promise<void> {
  await app.register(helmet, {
    // Answers are no pages; the reader of the description has words of its own.
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Whether this name is always to be had by HTTPS is for whoever speaks it to say.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  await app.register(cors, {
    origin: (origin, tell) => tell(null, origin !== undefined && settings()?.cors.includes(origin) === true),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'If-Match', 'If-None-Match', 'Last-Event-ID'],
    exposedHeaders: ['ETag', 'Link', 'Location', 'Retry-After', 'X-Request-Id', 'RateLimit', 'RateLimit-Policy'],
    maxAge: 600,
  });
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' });
  });
}
