import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { App } from './app.ts';

const description = `What is under /api/v1/ refuses with problems of RFC 9457; the other paths are those of the predecessors, and refuse with
{ success: false, error, message }. Each operation says which role it takes: viewer, operator or admin.`;

const tags = [
  { name: 'devices', description: 'What devices are meant to be, what they are, and how that came.' },
  { name: 'plan', description: 'What a change would change, before it is made.' },
  { name: 'rollouts', description: 'How changes go out, and going back.' },
  { name: 'journal', description: 'What happened.' },
  { name: 'events', description: 'What happens, as it happens.' },
  { name: 'sync', description: 'Who is asked for people and registrations.' },
  { name: 'predecessors', description: 'What scripts of former systems call.' },
];

/** The description of all routes that are added after it, made from their schemas: it cannot say what they do not do. */
export async function addOpenApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'offhook', description, version: '1' },
      tags,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: '`offhook token create`, or a JWT.' },
        },
      },
      security: [{ bearer: [] }, {}],
    },
    // By the names that the schemas have, and not by numbers.
    refResolver: {
      buildLocalReference: ({ $id }, _, __, index) => (typeof $id === 'string' ? $id : `schema-${index}`),
    },
    transform: ({ schema, url, route }) => ({
      schema: { ...schema, ...('hide' in (schema ?? {}) ? {} : { 'x-role': route.config?.role }) },
      url,
    }),
  });
}

const mark = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 40" width="150" height="40"><text x="0" y="29"
  font-family="system-ui, sans-serif" font-size="28" font-weight="600" fill="#fff">offhook</text></svg>`;

/** `/api/openapi.json`, and a reader for people at `/api/docs`. */
export async function addDocs(app: App): Promise<void> {
  app.get('/api/openapi.json', { config: { role: 'viewer', isDocs: true }, schema: { hide: true } }, async () =>
    app.swagger(),
  );
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { role: 'viewer', isDocs: true, ...route.config };
    });
    await scope.register(swaggerUi, {
      routePrefix: '/api/docs',
      // What the reader loads are files of its own; helmet's words are for answers that load nothing.
      staticCSP: true,
      // Where nobody speaks HTTPS there would be nothing to load.
      transformStaticCSP: (words) =>
        words.replace(/upgrade-insecure-requests;?/, '').replace('validator.swagger.io', ''),
      // Nobody else is told what stands here.
      logo: { type: 'image/svg+xml', content: mark, href: '/api/docs', target: '_self' },
      theme: { title: 'offhook: the API' },
      uiConfig: { docExpansion: 'list', deepLinking: true, validatorUrl: null },
    });
  });
}
