import { hash } from 'node:crypto';
import { formatMac, type Mac } from '../../model/mac.ts';
import type { Registration } from '../../registry/registration.ts';
import type { App } from '../app.ts';
import { macFrom } from '../edit-faults.ts';
import type { FleetDeps } from '../fleet.ts';
import { pageIn } from '../listed.ts';
import { type PageQuery, pageOf, pageQuery } from '../paging.ts';
import { holds, ownerOf, type RegisteredDeps } from '../registered.ts';
import { registrationSchema } from '../schemas/registrations.ts';
import { answers } from '../schemas/shared.ts';

export type RegistrationsDeps = RegisteredDeps &
  Pick<FleetDeps, 'registrations' | 'registrationsOf' | 'registrationsAt'>;

interface Query extends PageQuery {
  readonly extension?: string;
  readonly address?: string;
  readonly source?: string;
  readonly device?: string;
}

const word = (description: string) => ({ type: 'string', minLength: 1, maxLength: 100, description }) as const;

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...pageQuery,
    extension: word('Only those of an extension.'),
    address: word('Only those from an IP address.'),
    source: word('Only those that a PBX tells of.'),
    device: { type: 'string', minLength: 12, maxLength: 17, description: 'Only those of a device, by its MAC.' },
  },
} as const;

/** `GET /api/v1/registrations`: who is registered, by all PBXs. */
export function registrations(app: App, deps: RegistrationsDeps): void {
  app.get<{ Querystring: Query }>(
    '/api/v1/registrations',
    {
      config: { role: 'viewer' },
      schema: {
        ...{ summary: 'Who is registered, by extension', tags: ['devices'], querystring },
        response: answers({ 200: pageOf('registrations', registrationSchema) }, 400),
      },
    },
    async ({ query: { device, limit, cursor, ...wanted } }) => {
      const mac = device === undefined ? undefined : macFrom(device);
      const found = [...candidates(wanted, deps)].filter((one) => fits(one, { ...wanted, mac }, deps));
      const sorted = found.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
      const { items, next } = pageIn(sorted, { limit, cursor, keyOf });
      return { items: items.map((one) => viewOf(one, ownerOf(one, deps)?.mac)), next };
    },
  );
}

type Wanted = Omit<Query, 'limit' | 'cursor' | 'device'>;

const candidates = ({ extension, address }: Wanted, deps: RegistrationsDeps): Iterable<Registration> =>
  extension !== undefined
    ? deps.registrationsOf(extension)
    : address !== undefined
      ? deps.registrationsAt(address)
      : deps.registrations();

const fits = (
  one: Registration,
  { address, source, mac }: Wanted & { readonly mac?: Mac },
  deps: RegistrationsDeps,
): boolean =>
  holds(one, deps.now()) &&
  (address === undefined || one.address === address) &&
  (source === undefined || one.source === source) &&
  (mac === undefined || ownerOf(one, deps)?.mac === mac);

const sortKey = ({ extension, source, contact }: Registration): string => `${extension}\0${source}\0${contact}`;

/** Short enough for a cursor. */
const keyOf = (one: Registration): string => hash('sha256', sortKey(one), 'base64url').slice(0, 22);

const viewOf = ({ extension, domain, address, port, transport, ...one }: Registration, mac: Mac | undefined) => ({
  ...{ extension, domain: domain ?? null, device: mac === undefined ? null : formatMac(mac) },
  ...{ address, port, transport, contact: one.contact, user_agent: one.user_agent ?? null, source: one.source },
  at: new Date(one.at).toISOString(),
  expires: one.expires === undefined ? null : new Date(one.expires).toISOString(),
});
