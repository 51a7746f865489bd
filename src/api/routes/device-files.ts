import type { Device } from '../../model/device.ts';
import { formatMac } from '../../model/mac.ts';
import { quoted } from '../../problem.ts';
import type { App } from '../app.ts';
import { Fault } from '../fault.ts';
import type { FleetDeps } from '../fleet.ts';
import { macParams } from '../schemas/devices.ts';
import { answers } from '../schemas/shared.ts';
import { demandDevice } from './devices.ts';

export interface DeviceFilesDeps extends Pick<FleetDeps, 'site' | 'device'> {
  /** A file of a device as people may see it, now or in a revision that it had; undefined when it has none of that name. */
  readonly fileText: (
    device: Device,
    name: string,
    revision?: string,
  ) => { readonly text: string } | { readonly refused: 'missing' | 'conflict'; readonly message: string } | undefined;
}

interface Asked {
  Params: { readonly mac: string; readonly name: string };
  Querystring: { readonly revision?: string };
}

const params = {
  type: 'object',
  properties: {
    ...macParams.properties,
    name: { type: 'string', minLength: 1, maxLength: 256, description: 'Its name, as `files` lists it.' },
  },
} as const;

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    revision: {
      ...{ type: 'string', minLength: 1, maxLength: 100, examples: ['previous'] },
      description: 'The beginning of a revision, `previous` or `current`; what it has now when absent.',
    },
  },
} as const;

/** `GET /api/v1/devices/{mac}/files/{name}`: as `offhook show` prints it. */
export function deviceFiles(app: App, deps: DeviceFilesDeps): void {
  app.get<Asked>(
    '/api/v1/devices/:mac/files/:name',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'The text of a file of a device, passwords as dots',
        ...{ tags: ['devices'], params, querystring, produces: ['text/plain'] },
        response: answers({ 200: { description: 'The text.', type: 'string' } }, 400, 404, 409, 503),
      },
    },
    async ({ params: { mac, name }, query: { revision } }, reply) => {
      const device = demandDevice(mac, deps);
      const found = deps.fileText(device, name, revision);
      if (!found)
        throw new Fault(404, 'unknown-file', `${formatMac(device.mac)} has no file ${quoted(name)} in that revision`);
      if ('text' in found) return reply.type('text/plain; charset=utf-8').send(found.text);
      if (found.refused === 'missing') throw new Fault(404, 'unknown-revision', found.message);
      throw new Fault(409, 'not-kept', found.message);
    },
  );
}
