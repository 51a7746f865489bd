import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ApiSettings, isEnough, type Role } from '../model/api.ts';
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

  app.addHook('onRequest', (request, reply, done) => {
    const now = settings();
    if (!now)
      throw new Fault(503, 'not-ready', 'who may ask is not known: no build was accepted yet', {
        headers: { 'retry-after': '5' },
      });
    if (now.limits) counted(request, reply, now).then(() => done(), done);
    else {
      const admitted = admit(request, now);
      if (admitted) admitted.then(() => done(), done);
      else done();
    }
  });

  async function counted(request: FastifyRequest, reply: FastifyReply, now: ApiSettings): Promise<void> {
    await limits.ofAddress(request, reply, now.limits);
    await admit(request, now, () => limits.ofCaller(request, reply, now.limits));
  }

  /** A promise only where there is something to wait for: most who ask are known at once. */
  function admit(request: FastifyRequest, now: ApiSettings, count?: () => Promise<void>): Promise<void> | undefined {
    const { role = 'viewer', isDocs = false } = request.routeOptions.config;
    if (isDocs && now.docs === 'open') return undefined;
    const caller = callerOf(request, now);
    if (!(caller instanceof Promise) && !count) return demandRole(request, { caller, role });
    return Promise.resolve(caller).then(async (known) => {
      request.caller = known;
      await count?.();
      demandRole(request, { caller: known, role });
    });
  }

  function callerOf(request: FastifyRequest, { auth, cors }: ApiSettings): Caller | Promise<Caller> {
    const shown = shownBy(request);
    if (auth && shown !== undefined) return authenticate(shown, auth);
    if (auth && (auth.loopback === 'asked' || !isLocal(request))) throw unknownCaller(auth.loopback === 'none');
    if (!isLocal(request))
      throw new Fault(
        403,
        'not-local',
        'the API answers this machine alone; wanted `api: { auth: ... }` in devices.yml',
      );
    demandOwnPage(request, { cors, names });
    return local;
  }
}

const local: Caller = { name: 'local', role: 'admin' };

function demandRole(request: FastifyRequest, { caller, role }: { readonly caller: Caller; readonly role: Role }) {
  request.caller = caller;
  if (!isEnough(caller.role, role))
    throw new Fault(403, 'role', `this takes the role ${role}, and ${caller.name} has ${caller.role}`);
  return undefined;
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
