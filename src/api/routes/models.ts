import type { App } from '../app.ts';
import { demandSite, type FleetDeps } from '../fleet.ts';
import { modelsSchema } from '../schemas/models.ts';
import { answers } from '../schemas/shared.ts';

/** `GET /api/v1/models`: what devices.yml may name, and what there is of it. */
export function models(app: App, deps: Pick<FleetDeps, 'site'>): void {
  app.get(
    '/api/v1/models',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Vendors and models', tags: ['devices'], response: answers({ 200: modelsSchema }, 503) },
    },
    async () => {
      const { vendors, devices } = demandSite(deps);
      const counts = Map.groupBy(devices, ({ vendor, model }) => `${vendor}/${model}`);
      const items = [...vendors.values()].flatMap(({ id: vendor, title, models: all }) =>
        [...all.values()].map(({ id: model, title: name, lines, keys, key_types, firmware, files }) => ({
          ...{ vendor, model, title: `${title} ${name}`, lines, keys, key_types, firmware: firmware?.minimum ?? null },
          files: files.map((file) => file.name),
          devices: counts.get(`${vendor}/${model}`)?.length ?? 0,
        })),
      );
      return { items };
    },
  );
}
