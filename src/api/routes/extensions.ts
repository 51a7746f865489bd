import type { PhonebookEntry } from '../../model/phonebook.ts';
import type { App } from '../app.ts';
import { demandSite, type FleetDeps } from '../fleet.ts';
import { holds } from '../registered.ts';
import { extensionsSchema } from '../schemas/extensions.ts';
import { olderAnswers } from '../schemas/shared.ts';

export interface ExtensionsDeps extends Pick<FleetDeps, 'site' | 'devicesOf' | 'registrationsOf' | 'now'> {
  /** Everybody whom any source knows, by number. */
  readonly people: () => readonly Pick<PhonebookEntry, 'number' | 'name' | 'email'>[];
}

/** `GET /api/extensions`: everybody, with the devices that have a line of the number. */
export function extensions(app: App, deps: ExtensionsDeps): void {
  const isRegistered = (number: string) => {
    for (const one of deps.registrationsOf(number)) if (holds(one, deps.now())) return true;
    return false;
  };
  app.get(
    '/api/extensions',
    {
      config: { role: 'viewer' },
      schema: { summary: 'Extensions', tags: ['predecessors'], response: olderAnswers({ 200: extensionsSchema }, 503) },
    },
    async () => {
      demandSite(deps);
      return deps.people().map(({ number, name, email }) => ({
        ...{ number, name, email, registered: isRegistered(number) },
        devices: deps.devicesOf(number).map(({ mac }) => mac),
      }));
    },
  );
}
