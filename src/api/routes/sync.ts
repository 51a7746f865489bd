import type { SourceReport } from '../../registry/registry.ts';
import type { App } from '../app.ts';
import { timeText } from '../fleet.ts';
import { answers } from '../schemas/shared.ts';
import { syncSchema } from '../schemas/sync.ts';

export interface SyncDeps {
  /** The directories of people, and when each answered last. */
  readonly directories: () => readonly { readonly into: string; readonly at: number }[];
  /** The PBXs that say who is registered. */
  readonly sources: () => readonly SourceReport[];
}

/** `GET /api/v1/sync`: whom this asks, and how that goes. */
export function sync(app: App, { directories, sources }: SyncDeps): void {
  app.get(
    '/api/v1/sync',
    {
      config: { role: 'viewer' },
      schema: {
        ...{ summary: 'Directories of people, and sources of registrations', tags: ['sync'] },
        response: answers({ 200: syncSchema }),
      },
    },
    async () => ({
      directories: directories().map(({ into, at }) => ({ file: into, answered: timeText(at) })),
      registries: sources().map(({ name, kind, state, registrations }) => ({
        ...{ name, kind, up: state.up, registrations },
        reason: state.up ? null : (state.reason ?? null),
      })),
    }),
  );
}
