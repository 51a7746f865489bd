import type { Site } from '../../model/site.ts';
import type { App } from '../app.ts';
import { Fault } from '../fault.ts';
import { answers } from '../schemas/shared.ts';

export interface DevicesDeps {
  readonly site: () => Site | undefined;
}

export function devices(app: App, { site }: DevicesDeps): void {
  app.get(
    '/api/v1/devices',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Devices',
        tags: ['devices'],
        response: answers(
          {
            200: {
              type: 'object',
              properties: {
                items: { type: 'array', items: { type: 'object', properties: { mac: { type: 'string' } } } },
              },
            },
          },
          503,
        ),
      },
    },
    async () => {
      const known = site();
      if (!known) throw new Fault(503, 'not-ready', 'no build was accepted yet');
      return { items: known.devices.map(({ mac }) => ({ mac })) };
    },
  );
}
