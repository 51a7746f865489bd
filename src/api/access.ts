import type { FastifyRequest } from 'fastify';
import { type ApiSettings, isEnough } from '../model/api.ts';
import type { App, Caller } from './app.ts';
import type { Authenticate } from './callers.ts';
import { Fault } from './fault.ts';
import type { Limits } from './limits.ts';
import { demandOwnPage, isLocal } from './local.ts';

export interface AccessOptions {
  /** What holds now; undefined while nothing does. */
  readonly settings: () => ApiSettings | undefined;
  readonly authenticate: Authenticate;
  readonly limits: Limits;
  /** Names of this machine, by which its own pages may call it. */
  readonly names: () => readonly string[];
}

/**
 * Lets nobody in who has asked too often, does not show who he is where that is asked, or is not the one that the route
 * wants; a route that does not say whom it wants is not taken.
 */
export function addAccess(app: App, { settings, authenticate, limits, names }: AccessOptions): void {
  app.addHook('onRoute', (route) => {
    // Those of plugins, which say nothing, are for whoever may read.
    if (route.config?.role === undefined && Object(route.schema).hide === true)
      route.config = { ...route.config, role: 'viewer' };
    if (route.config?.role === undefined)
      throw new Error(`the route ${route.method} ${route.url} does not say who may call it`);
  });

  app.addHook('onRequest', async (request, reply) => {
    const now = settings();
    if (!now)
      throw new Fault(503, 'not-ready', 'who may ask is not known: no build was accepted yet', {
        headers: { 'retry-after': '5' },
      });
    await limits.ofAddress(request, reply, now.limits);
    const { role = 'viewer', isDocs = false } = request.routeOptions.config;
    if (isDocs && now.docs === 'open') return;
    request.caller = await callerOf(request, now);
    await limits.ofCaller(request, reply, now.limits);
    if (!isEnough(request.caller.role, role))
      throw new Fault(
        403,
        'role',
        `this takes the role ${role}, and ${request.caller.name} has ${request.caller.role}`,
      );
  });

  async function callerOf(request: FastifyRequest, { auth, cors }: ApiSettings): Promise<Caller> {
    const shown = shownBy(request);
    if (auth && shown !== undefined) return authenticate(shown, auth);
    if (auth && (auth.loopback === 'asked' || !isLocal(request))) throw unknownCaller(auth.loopback === 'none');
    if (!isLocal(request))
      throw new Fault(
        403,
        'not-local',
        'the API answers this machine alone; wanted `api: { auth: ... }` in devices.yml',
      );
    demandOwnPage(request, { cors, names: names() });
    return { name: 'local', role: 'admin' };
  }
}

const unknownCaller = (isOpenHere: boolean): Fault =>
  new Fault(
    401,
    'no-token',
    `a token is wanted: Authorization: Bearer ...${isOpenHere ? ', but of this machine' : ''}`,
    { headers: { 'www-authenticate': 'Bearer realm="offhook"' } },
  );

/** RFC 6750 section 2.1; never in the query, since addresses end up in logs. */
function shownBy({ headers: { authorization } }: FastifyRequest): string | undefined {
  if (authorization === undefined) return undefined;
  const [, text] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  if (text !== undefined) return text;
  throw new Fault(401, 'bad-credentials', 'the Authorization is of another kind; wanted Bearer, and a token', {
    headers: { 'www-authenticate': 'Bearer realm="offhook", error="invalid_request"' },
  });
}
