import type { Finding } from '../../findings/finding.ts';
import { plain } from '../../findings/finding.ts';
import { kinds, severities } from '../../findings/kinds.ts';
import { formatMac, type Mac } from '../../model/mac.ts';
import type { App } from '../app.ts';
import { type NotAnswered, notAnswered } from '../awaited.ts';
import { macFrom } from '../edit-faults.ts';
import { demandSite, type FleetDeps } from '../fleet.ts';
import { pageIn } from '../listed.ts';
import { type PageQuery, pageOf, pageQuery } from '../paging.ts';
import { findingSchema } from '../schemas/findings.ts';
import { answers } from '../schemas/shared.ts';

export interface FindingsDeps extends Pick<FleetDeps, 'site'> {
  /** What the fetches of the last day show, and where devices stand; worst first. */
  readonly findings: () => Promise<readonly Finding[] | { readonly failed: NotAnswered }>;
}

interface Query extends PageQuery {
  readonly device?: string;
  readonly severity?: string;
  readonly id?: string;
}

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...pageQuery,
    device: { type: 'string', minLength: 12, maxLength: 17, description: 'Only those of a device, by its MAC.' },
    severity: { type: 'string', enum: severities, description: 'Only those of a severity.' },
    id: { type: 'string', enum: Object.keys(kinds), description: 'Only those of a kind.' },
  },
} as const;

/** `GET /api/v1/findings`: what keeps phones from their files, as the fetch log shows it. */
export function findings(app: App, deps: FindingsDeps): void {
  app.get<{ Querystring: Query }>(
    '/api/v1/findings',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'What is wrong, worst first',
        description:
          'What the fetch log of the last day shows, and where devices stand. `offhook doctor` looks at ports, certificates, clocks and directories as well.',
        ...{ tags: ['devices'], querystring },
        response: answers({ 200: pageOf('findings', findingSchema) }, 400, 422, 503),
      },
    },
    async ({ query: { device, severity, id, ...page } }) => {
      demandSite(deps);
      const mac = device === undefined ? undefined : macFrom(device);
      const found = await deps.findings();
      if ('failed' in found) throw notAnswered(found.failed, 'the fetch log');
      const wanted = found.filter((one) => fits(one, { mac, severity, id }));
      return pageIn(wanted.map(viewOf), { ...page, keyOf });
    },
  );
}

interface Wanted {
  readonly mac?: Mac;
  readonly severity?: string;
  readonly id?: string;
}

const fits = (one: Finding, { mac, severity, id }: Wanted): boolean =>
  (mac === undefined || one.device === mac) &&
  (severity === undefined || one.severity === severity) &&
  (id === undefined || one.id === id);

const viewOf = ({ id, severity, device, address, seen, means, fix, at, count }: Finding) => ({
  ...{ id, severity, device: device === undefined ? null : formatMac(device), address: address ?? null },
  ...{ seen: plain(seen), means, fix: plain(fix) },
  ...{ at: at === undefined ? null : new Date(at).toISOString(), count },
});

/** Short enough for a cursor. */
const keyOf = ({ id, device, address }: ReturnType<typeof viewOf>): string => `${id} ${device} ${address}`;
