import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import fastify from 'fastify';
import type { ApiSettings } from '../model/api.ts';
import type { App } from './app.ts';

/** What goes with every answer: what browsers must not do with it, what it is called in the log, and who may read it. */
export async function addHeaders(app: App, settings: () => ApiSettings | undefined): Promise<void> {
  const fixed = { ...(await helmetHeaders()), 'cache-control': 'no-store' };
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(fixed).header('x-request-id', request.id);
    done();
  });
  await app.register(cors, {
    origin: (origin, tell) => tell(null, origin !== undefined && settings()?.cors.includes(origin) === true),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'If-Match', 'If-None-Match', 'Last-Event-ID'],
    exposedHeaders: ['ETag', 'Link', 'Location', 'Retry-After', 'X-Request-Id', 'RateLimit', 'RateLimit-Policy'],
    maxAge: 600,
  });
}

/** The same for every answer: helmet, which makes them anew for each, is asked once. */
async function helmetHeaders(): Promise<Record<string, string>> {
  const once = fastify();
  await once.register(helmet, {
    // Answers are no pages; the reader of the description has words of its own.
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Whether this name is always to be had by HTTPS is for whoever speaks it to say.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  once.get('/', (_, reply) => reply.hijack().raw.end());
  const { headers } = await once.inject('/');
  await once.close();
  const own = Object.entries(headers).filter(([name]) => !ofTheAnswer.has(name));
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
}

const ofTheAnswer: ReadonlySet<string> = new Set(['connection', 'date', 'content-length', 'transfer-encoding']);
