import { formatMac } from '../../model/mac.ts';
import type { Unknown } from '../../state/unknown.ts';
import type { App } from '../app.ts';
import { type NotAnswered, notAnswered } from '../awaited.ts';
import { demandSite, type FleetDeps } from '../fleet.ts';
import { pageIn } from '../listed.ts';
import { type PageQuery, pageOf, pageQuery } from '../paging.ts';
import { answers } from '../schemas/shared.ts';
import { unknownSchema } from '../schemas/unknown.ts';

export interface UnknownDeps extends Pick<FleetDeps, 'site'> {
  /** Who asked since then and is in no devices.yml, the last seen first; phones with the entry to paste. */
  readonly unknown: (
    since: number,
  ) => Promise<
    | { readonly phones: readonly (Unknown & { readonly entry: string })[]; readonly others: readonly Unknown[] }
    | { readonly failed: NotAnswered }
  >;
}

interface Query extends PageQuery {
  readonly since?: string;
  readonly kind?: 'phone' | 'other';
}

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...pageQuery,
    since: { type: 'string', format: 'date-time', maxLength: 40, description: 'Only requests from this time on.' },
    kind: { type: 'string', enum: ['phone', 'other'], description: 'Only phones, or only what is none.' },
  },
} as const;

/** `GET /api/v1/unknown`: phones that asked and are not in devices.yml, as `offhook unknown` lists them. */
export function unknown(app: App, deps: UnknownDeps): void {
  app.get<{ Querystring: Query }>(
    '/api/v1/unknown',
    {
      config: { role: 'viewer' },
      schema: {
        ...{ summary: 'Phones that asked and are not in devices.yml, the last seen first', tags: ['devices'] },
        querystring,
        response: answers({ 200: pageOf('unknown devices', unknownSchema) }, 400, 422, 503),
      },
    },
    async ({ query: { since, kind, ...page } }) => {
      demandSite(deps);
      const found = await deps.unknown(since === undefined ? 0 : Date.parse(since));
      if ('failed' in found) throw notAnswered(found.failed, 'the fetch log');
      const all = [
        ...found.phones.map((one) => viewOf(one, 'phone', one.entry)),
        ...found.others.map((one) => viewOf(one, 'other', null)),
      ];
      const wanted = kind === undefined ? all : all.filter((one) => one.kind === kind);
      return pageIn(wanted, { ...page, keyOf: ({ mac }) => mac });
    },
  );
}

function viewOf({ mac, first_seen, last_seen, ...one }: Unknown, kind: 'phone' | 'other', entry: string | null) {
  return {
    ...{ mac: formatMac(mac), kind, entry },
    ...{ vendor: one.vendor ?? null, model: one.model ?? null, says: one.says ?? null },
    ...{ firmware: one.firmware ?? null, user_agent: one.user_agent ?? null, address: one.address },
    ...{ first_seen: new Date(first_seen).toISOString(), last_seen: new Date(last_seen).toISOString() },
    ...{ count: one.count, paths: one.paths },
  };
}
