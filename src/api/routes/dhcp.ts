import { type DhcpServer, dhcpServers } from '../../dhcp/servers.ts';
import type { Site } from '../../model/site.ts';
import { quoted } from '../../problem.ts';
import type { App } from '../app.ts';
import { Fault } from '../fault.ts';
import { demandSite, type FleetDeps } from '../fleet.ts';
import { answers } from '../schemas/shared.ts';

export interface DhcpDeps extends Pick<FleetDeps, 'site'> {
  /** As `offhook dhcp` says it, without tokens. Vendors are known ones, and those of the site's devices when there are none. */
  readonly dhcp: (
    site: Site,
    wanted: { readonly server?: DhcpServer; readonly vendors: readonly string[] },
  ) => { readonly text: string; readonly notes: readonly string[] };
}

interface Asked {
  Querystring: { readonly server?: DhcpServer; readonly vendor?: string; readonly format: 'text' | 'json' };
}

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    server: { type: 'string', enum: Object.keys(dhcpServers), description: 'For whom; a table when absent.' },
    vendor: { type: 'string', minLength: 1, maxLength: 100, description: 'Only its phones; those of all when absent.' },
    format: { type: 'string', enum: ['text', 'json'], default: 'text', description: '`json`: with notes.' },
  },
} as const;

const schema = {
  title: 'what DHCP says',
  type: ['object', 'string'],
  required: ['text', 'notes'],
  properties: {
    text: { type: 'string', description: 'To paste.' },
    notes: { type: 'array', items: { type: 'string' }, description: 'What it does not say, and why.' },
  },
} as const;

/** `GET /api/v1/dhcp`: the options by which phones find their files. */
export function dhcp(app: App, deps: DhcpDeps): void {
  app.get<Asked>(
    '/api/v1/dhcp',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'What a DHCP server says to phones',
        description: 'As `offhook dhcp` prints it; TOKEN stands for a token.',
        ...{ tags: ['devices'], querystring, produces: ['text/plain', 'application/json'] },
        response: answers({ 200: schema }, 400, 404, 409, 503),
      },
    },
    async ({ query: { server, vendor, format } }, reply) => {
      const site = demandSite(deps);
      if (vendor !== undefined && !site.vendors.has(vendor))
        throw new Fault(404, 'unknown-vendor', `there is no vendor ${quoted(vendor)}`);
      if (vendor === undefined && site.devices.length === 0)
        throw new Fault(409, 'no-devices', 'devices.yml has no devices yet; wanted `vendor`');
      const said = deps.dhcp(site, { server, vendors: vendor === undefined ? [] : [vendor] });
      if (format === 'json') return said;
      return reply.type('text/plain; charset=utf-8').send(said.text);
    },
  );
}
