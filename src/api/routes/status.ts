import type { Site } from '../../model/site.ts';
import type { App } from '../app.ts';
import { olderAnswers } from '../schemas/shared.ts';
import { statusSchema } from '../schemas/status.ts';

export interface StatusDeps {
  /** That of the last accepted build; undefined until there is one. */
  readonly site: () => Site | undefined;
  readonly now: () => number;
  /** When the daemon was started, milliseconds since 1970. */
  readonly started: number;
}

/** `GET /api/status`: whether it answers at all. */
export function status(app: App, { site, now, started }: StatusDeps): void {
  app.get(
    '/api/status',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Whether it runs', tags: ['predecessors'], response: olderAnswers({ 200: statusSchema }) },
    },
    async () => ({
      status: 'running',
      ready: site() !== undefined,
      devices: site()?.devices.length ?? 0,
      uptime: Math.floor((now() - started) / 1000),
    }),
  );
}
