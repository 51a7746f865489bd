import type { FastifyRequest } from 'fastify';
import { isEnough } from '../model/api.ts';
import { parseAddress } from '../model/cidr.ts';
import type { App, Caller } from './app.ts';
import { Fault } from './fault.ts';

/** Lets nobody in whose role is not the one that the route wants; a route that says none is not taken. */
export function addAccess(app: App): void {
  app.decorateRequest('caller');
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.role === undefined) throw new Error(`the route ${method} ${url} does not say who may call it`);
  });
  app.addHook('onRequest', async (request) => {
    const caller = callerOf(request);
    const { role = 'viewer' } = request.routeOptions.config;
    if (!isEnough(caller.role, role))
      throw new Fault(403, 'role', `this is for ${role}s, and ${caller.name} is ${caller.role}`);
    request.caller = caller;
  });
}

/** Nobody is asked who he is: then only this machine is let in. */
function callerOf({ client }: FastifyRequest): Caller {
  if (!isLoopback(client.address) || client.isTwo)
    throw new Fault(403, 'not-local', 'the API answers this machine alone; wanted `api: { auth: ... }` in devices.yml');
  return { name: 'local', role: 'admin' };
}

function isLoopback(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  return address.family === 4 ? Math.floor(address.value / 0x100_0000) === 127 : address.value === 1n;
}
