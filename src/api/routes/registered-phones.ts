import type { App } from '../app.ts';
import type { FleetDeps } from '../fleet.ts';
import { holds, ownerOf, type RegisteredDeps, registeredOf, withMac } from '../registered.ts';
import { registeredSchema, registeredWithMacSchema } from '../schemas/registered.ts';
import { olderAnswers } from '../schemas/shared.ts';

export type RegisteredPhonesDeps = RegisteredDeps & Pick<FleetDeps, 'registrations' | 'registrationsOf'>;

const tags = ['predecessors'];
const config = { role: 'viewer' } as const;

/** Which phones the PBXs say are registered, as the first predecessor lists them. */
export function registeredPhones(app: App, deps: RegisteredPhonesDeps): void {
  const numbered = <T>(rows: readonly T[]) => rows.map((row, index) => ({ id: index + 1, ...row }));
  const holding = (all: ReturnType<FleetDeps['registrations']>) => [...all].filter((one) => holds(one, deps.now()));

  app.get(
    '/api/registered-phones',
    { config, schema: { summary: 'Registered phones', tags, response: olderAnswers({ 200: registeredSchema }) } },
    async () => numbered(holding(deps.registrations()).map((one) => registeredOf(one, ownerOf(one, deps), deps))),
  );
  app.get(
    '/api/registered-phones/with-mac',
    {
      config,
      schema: {
        ...{ summary: 'Registered phones with what devices.yml says of them', tags },
        response: olderAnswers({ 200: registeredWithMacSchema }),
      },
    },
    async () => numbered(holding(deps.registrations()).map((one) => withMac(one, deps))),
  );
  app.get<{ Params: { number: string } }>(
    '/api/registered-phones/extension/:number',
    {
      config,
      schema: {
        ...{ summary: 'Registered phones of an extension', tags },
        params: {
          type: 'object',
          properties: { number: { type: 'string', minLength: 1, maxLength: 64, description: 'The extension.' } },
        },
        response: olderAnswers({ 200: registeredWithMacSchema }, 400),
      },
    },
    async ({ params: { number } }) => numbered(holding(deps.registrationsOf(number)).map((one) => withMac(one, deps))),
  );
}
