import type { AuditFact, BuildFact, FetchFact, NotifyFact } from '../../model/fact.ts';
import { formatMac, type Mac, parseMac } from '../../model/mac.ts';
import { quoted } from '../../problem.ts';
import type { App } from '../app.ts';
import { Fault } from '../fault.ts';
import { cursorOf, type PageQuery, pageOf, pageQuery, readCursor } from '../paging.ts';
import { auditSchema, buildSchema, fetchSchema, notifySchema } from '../schemas/records.ts';
import { answers } from '../schemas/shared.ts';

type Stored<T> = T & { readonly id: number };

export interface RecordsFilter {
  readonly limit: number;
  readonly since?: number;
  readonly device?: Mac;
  /** The last of the page before. */
  readonly before?: Behind;
}

interface Behind {
  readonly at: number;
  readonly id: number;
}

/** What the journal has, newest first. */
export interface RecordsDeps {
  readonly builds: (filter: RecordsFilter) => readonly Stored<BuildFact>[];
  readonly fetches: (filter: RecordsFilter) => readonly Stored<FetchFact>[];
  readonly notifies: (filter: RecordsFilter) => readonly Stored<NotifyFact>[];
  readonly audits: (filter: RecordsFilter) => readonly Stored<AuditFact>[];
}

interface Query extends PageQuery {
  readonly since?: string;
  readonly device?: string;
}

const since = {
  since: { type: 'string', format: 'date-time', maxLength: 40, description: 'Only those from this time on.' },
} as const;
const device = {
  device: { type: 'string', minLength: 12, maxLength: 17, description: 'Only those of a device, by its MAC.' },
} as const;

/** What happened: builds, fetches, NOTIFYs, and who changed what by the API. */
export function records(app: App, deps: RecordsDeps): void {
  const list = <T extends Stored<{ readonly at: number }>>(
    name: string,
    { read, view, schema, role = 'viewer', more = {} }: Listed<T>,
  ) =>
    app.get<{ Querystring: Query }>(
      `/api/v1/${name}`,
      {
        config: { role },
        schema: {
          ...{ summary: `${name.replace(/^./, (first) => first.toUpperCase())}, newest first`, tags: ['journal'] },
          querystring: { type: 'object', additionalProperties: false, properties: { ...pageQuery, ...since, ...more } },
          response: answers({ 200: pageOf(name, schema) }, 400),
        },
      },
      async ({ query }) => pageFrom(query, read, view),
    );
  list('builds', { read: deps.builds, view: plain, schema: buildSchema });
  list('fetches', { read: deps.fetches, view: withDevice, schema: fetchSchema, more: device });
  list('notifies', { read: deps.notifies, view: withDevice, schema: notifySchema, more: device });
  list('audits', { read: deps.audits, view: audited, schema: auditSchema, role: 'admin' });
}

interface Listed<T> {
  readonly read: (filter: RecordsFilter) => readonly T[];
  readonly view: (fact: T) => object;
  readonly schema: object;
  readonly role?: 'viewer' | 'admin';
  readonly more?: object;
}

const isBehind = (value: unknown): value is Behind => {
  const { at, id } = Object(value);
  return Number.isSafeInteger(at) && Number.isSafeInteger(id);
};

function pageFrom<T extends Stored<{ readonly at: number }>>(
  { limit, cursor, since: text, device: mac }: Query,
  read: (filter: RecordsFilter) => readonly T[],
  view: (fact: T) => object,
) {
  const before = readCursor(cursor, isBehind);
  const rows = read({
    limit: limit + 1,
    before,
    since: text === undefined ? undefined : Date.parse(text),
    device: macOf(mac),
  });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map(view), next: rows.length > limit && last ? cursorOf({ at: last.at, id: last.id }) : null };
}

function macOf(text: string | undefined): Mac | undefined {
  if (text === undefined) return undefined;
  const mac = parseMac(text);
  if (mac) return mac;
  throw new Fault(400, 'mac', `${quoted(text)} is no MAC; wanted one such as 00:15:65:12:34:56`);
}

const plain = ({ at, ...fact }: { readonly at: number }) => ({ at: new Date(at).toISOString(), ...fact });

const withDevice = ({ device: mac, ...fact }: { readonly at: number; readonly device?: Mac }) => ({
  ...plain(fact),
  device: mac ? formatMac(mac) : null,
});

const audited = ({ before, after, ...fact }: AuditFact) => ({
  ...plain(fact),
  before: parsed(before),
  after: parsed(after),
});

const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
