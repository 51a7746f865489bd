import type { FetchFact } from '../../model/fact.ts';
import { formatMac } from '../../model/mac.ts';
import type { Site } from '../../model/site.ts';
import { formatPlace, type Problem } from '../../problem.ts';
import type { App } from '../app.ts';
import { demandSite, type FleetDeps, timeText } from '../fleet.ts';
import { configUrl, provisionedOf } from '../provisioned.ts';
import { createProvisionedList } from '../provisioned-list.ts';
import {
  diagnosticsSchema,
  provisionedSchema,
  requestsSchema,
  templatesSchema,
  vendorsSchema,
} from '../schemas/provisioned.ts';
import { olderAnswers } from '../schemas/shared.ts';
import type { RecordsDeps } from './records.ts';

export interface ProvisionedDeps
  extends Pick<FleetDeps, 'site' | 'device' | 'devices' | 'begunAt' | 'fetchedAt' | 'told' | 'now'>,
    Pick<RecordsDeps, 'fetches'> {
  /** Bytes of a file in out/. */
  readonly sizeOf: (file: string) => number | undefined;
  /** What was found in the project when it was read last. */
  readonly problems: () => readonly Problem[];
}

const tags = ['predecessors'];
const config = { role: 'viewer' } as const;

/** What the first predecessor says of provisioning, read. */
export function provisioned(app: App, deps: ProvisionedDeps): void {
  const list = createProvisionedList(deps);
  app.get(
    '/api/provisioning/devices',
    { config, schema: { summary: 'Devices', tags, response: olderAnswers({ 200: provisionedSchema }, 503) } },
    async (_, reply) => {
      demandSite(deps);
      void reply.type('application/json; charset=utf-8');
      return list();
    },
  );
  app.get(
    '/api/provisioning/vendors',
    { config, schema: { summary: 'Vendors and models', tags, response: olderAnswers({ 200: vendorsSchema }, 503) } },
    async () => modelsOf(demandSite(deps)),
  );
  app.get(
    '/api/provisioning/templates',
    { config, schema: { summary: 'Templates', tags, response: olderAnswers({ 200: templatesSchema }, 503) } },
    async () => templatesOf(demandSite(deps)),
  );
  app.get<{ Querystring: { limit: number } }>(
    '/api/provisioning/requests',
    {
      config,
      schema: {
        ...{ summary: 'What was asked for, newest first', tags },
        querystring: {
          type: 'object',
          properties: {
            limit: { type: 'integer', minimum: 1, maximum: 1000, default: 50, description: 'How many at most.' },
          },
        },
        response: olderAnswers({ 200: requestsSchema }, 400),
      },
    },
    async ({ query: { limit } }) => {
      const kept = deps.fetches({ limit: most });
      return { total: kept.length, limit, requests: kept.slice(0, limit).map((fact) => requestOf(fact, deps)) };
    },
  );
  app.get(
    '/api/provisioning/diagnostics',
    {
      config,
      schema: { summary: 'How provisioning fares', tags, response: olderAnswers({ 200: diagnosticsSchema }, 503) },
    },
    async () => diagnosticsOf(demandSite(deps), deps),
  );
}

/** Requests that are looked at; the journal has more. */
const most = 1000;
/** Devices that diagnostics list; all stand at `/api/provisioning/devices`. */
const mostDevices = 100;

function modelsOf({ vendors }: Site) {
  const known = [...vendors.values()].filter(({ models }) => models.size > 0).sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    vendors: known.map(({ id }) => id),
    models: Object.fromEntries(known.map(({ id, models }) => [id, [...models.keys()].sort()])),
  };
}

function templatesOf({ vendors, templatePaths }: Site) {
  const templates = [...vendors.values()].flatMap(({ id, models }) =>
    [...models.values()].flatMap((model) =>
      model.files.map(({ template }) => ({
        ...{ vendor: id, model: model.id, template },
        path: templatePaths?.get(template) ?? template,
      })),
    ),
  );
  return { templates, total: templates.length };
}

const isGood = ({ status, complete }: FetchFact): boolean => status < 400 && complete;

function requestOf(fact: FetchFact, deps: ProvisionedDeps) {
  const { at, device: mac, address, user_agent, path, reason, file } = fact;
  const device = mac && deps.device(mac);
  return {
    ...{ timestamp: timeText(at), mac_address: mac ? formatMac(mac) : null, normalized_mac: mac ?? null },
    ...{ ip_address: address, user_agent: user_agent ?? null, path, success: isGood(fact) },
    error: isGood(fact) ? null : (reason ?? `refused with ${fact.status}`),
    ...{ vendor: device?.vendor ?? null, model: device?.model ?? null },
    ...{ extension: device?.lines[0]?.extension ?? null, config_size: (file && deps.sizeOf(file)) ?? null },
  };
}

function diagnosticsOf(site: Site, deps: ProvisionedDeps) {
  const kept = deps.fetches({ limit: most });
  const failed = kept.filter((fact) => !isGood(fact)).length;
  const [first] = site.devices;
  const statistics = {
    total_devices: site.devices.length,
    total_templates: templatesOf(site).total,
    ...{ total_requests: kept.length, successful_requests: kept.length - failed, failed_requests: failed },
  };
  return {
    enabled: true,
    configuration: {
      url_format: first ? configUrl(first, site).replace(new RegExp(first.mac, 'i'), '{mac}') : null,
      external_ip: site.server.address,
      api_port: site.server.http.port,
      ...{ sip_host: first?.lines[0]?.sip.server ?? null, sip_port: first?.lines[0]?.sip.port ?? null },
    },
    statistics,
    devices: deps
      .devices()
      .slice(0, mostDevices)
      .map((device) => provisionedOf(device, deps)),
    ...modelsOf(site),
    recent_requests: kept.slice(0, 20).map((fact) => requestOf(fact, deps)),
    warnings: warningsOf(statistics, deps.problems()),
  };
}

function warningsOf(
  { total_devices, failed_requests }: { readonly total_devices: number; readonly failed_requests: number },
  problems: readonly Problem[],
): string[] {
  const found = problems.map((problem) => `${formatPlace(problem)} ${problem.message}`);
  if (total_devices === 0) found.push('there are no devices: devices.yml lists none');
  if (failed_requests > 0) found.push(`${failed_requests} of the last requests failed: recent_requests says why`);
  return found;
}
