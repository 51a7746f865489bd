import type { FastifyReply } from 'fastify';
import type { Device } from '../../model/device.ts';
import { formatMac, type Mac, parseMac } from '../../model/mac.ts';
import { quoted } from '../../problem.ts';
import { states } from '../../state/convergence.ts';
import type { PastRevision } from '../../state/history.ts';
import type { App } from '../app.ts';
import { deviceView, stateView, summaryOf } from '../device-views.ts';
import { Fault } from '../fault.ts';
import { demandSite, type FleetDeps, timeOrNull } from '../fleet.ts';
import { createKeptPages } from '../kept-pages.ts';
import { cursorOf, type PageQuery, pageOf, pageQuery, readCursor } from '../paging.ts';
import {
  desiredSchema,
  deviceSchema,
  effectiveSchema,
  filesSchema,
  historySchema,
  macParams,
  revisionSchema,
  standingSchema,
} from '../schemas/devices.ts';
import { answers } from '../schemas/shared.ts';

/** Where a value stands in the project; lines and columns from 1. */
export interface PlaceOf {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** Who says what of a setting, strongest first; secrets as dots. */
export interface ExplainedSetting {
  readonly setting: string;
  readonly value: string;
  readonly origins: readonly (PlaceOf & { readonly layer: string; readonly value: string })[];
}

export interface DeviceFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  /** Of this device alone, or of all of its model. */
  readonly isShared: boolean;
}

export interface DevicesDeps
  extends Pick<
    FleetDeps,
    'site' | 'device' | 'devices' | 'devicesOf' | 'stateOf' | 'told' | 'where' | 'sightingOf' | 'now'
  > {
  readonly revision: (mac: Mac) => string | undefined;
  /** Hash of the file in which its entry stands. */
  readonly fileTag: (mac: Mac) => string | undefined;
  /** Its entry of devices.yml, secrets as dots, and its place. */
  readonly desired: (mac: Mac) => (PlaceOf & { readonly entry: object }) | undefined;
  readonly explained: (device: Device) => readonly ExplainedSetting[];
  readonly filesOf: (device: Device) => readonly DeviceFile[];
  /** Oldest first. */
  readonly historyOf: (mac: Mac) => readonly PastRevision[];
}

interface ListQuery extends PageQuery {
  readonly vendor?: string;
  readonly model?: string;
  readonly group?: string;
  readonly extension?: string;
  readonly state?: string;
}

type OfOne = { Params: { mac: string } };

const tags = ['devices'];
const config = { role: 'viewer' } as const;
const word = (description: string) => ({ type: 'string', minLength: 1, maxLength: 100, description }) as const;

const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...pageQuery,
    vendor: word('Only those of a vendor.'),
    model: word('Only those of a model.'),
    group: word('Only those of a group.'),
    extension: word('Only those with a line of an extension.'),
    state: { type: 'string', enum: states, description: 'Only those that stand there.' },
  },
} as const;

/** Devices: what they are meant to be, what they are, and how that came. */
export function devices(app: App, deps: DevicesDeps): void {
  const pages = createKeptPages(deps);
  app.get<{ Querystring: ListQuery }>(
    '/api/v1/devices',
    {
      config,
      schema: {
        ...{ summary: 'Devices, by MAC', tags, querystring: listQuery },
        response: answers({ 200: pageOf('devices', { $ref: 'DeviceSummary#' }) }, 400, 503),
      },
    },
    async ({ query }, reply) => {
      void reply.type('application/json; charset=utf-8');
      return pages(JSON.stringify(query), () => listOf(query, deps));
    },
  );
  const one = (
    path: string,
    summary: string,
    schema: object,
    answer: (device: Device, reply: FastifyReply) => unknown,
  ) =>
    app.get<OfOne>(
      `/api/v1/devices/:mac${path}`,
      { config, schema: { summary, tags, params: macParams, response: answers({ 200: schema }, 400, 404, 503) } },
      async ({ params: { mac } }, reply) => answer(demandDevice(mac, deps), reply),
    );
  const tagged = (mac: Mac, reply: FastifyReply) => {
    const tag = deps.fileTag(mac);
    if (tag !== undefined) void reply.header('etag', `"${tag}"`);
  };
  one('', 'A device at a glance', deviceSchema, (device, reply) => {
    tagged(device.mac, reply);
    return deviceView(device, deps);
  });
  one('/desired', 'Its entry of devices.yml', desiredSchema, ({ mac }, reply) => {
    tagged(mac, reply);
    const found = deps.desired(mac);
    if (!found) throw new Fault(404, 'no-entry', 'what was built last has no entry for it any more');
    return found;
  });
  one('/effective', 'All layers applied, and who says what', effectiveSchema, (device) => ({
    ...{ mac: formatMac(device.mac), device: JSON.parse(JSON.stringify(device)), explained: deps.explained(device) },
  }));
  one('/files', 'What it fetches', filesSchema, (device) => ({
    items: deps.filesOf(device).map(({ isShared, ...file }) => ({ ...file, shared: isShared })),
  }));
  one('/revision', 'The hash of all bytes that it is meant to have', revisionSchema, ({ mac }) => ({
    revision: deps.revision(mac) ?? null,
  }));
  one('/state', 'Where it stands between what it is meant to have and what it fetched', standingSchema, ({ mac }) => {
    const state = stateView(deps.stateOf(mac));
    if (!state) throw new Fault(404, 'no-state', 'nothing was written down of it yet');
    return state;
  });
  one('/history', 'Its revisions, newest first', historySchema, ({ mac }) => ({
    items: deps.historyOf(mac).toReversed().map(pastView),
  }));
}

const pastView = ({ revision, built, commit, notified, fetched }: PastRevision) => ({
  ...{ revision: revision ?? null, built: timeOrNull(built), commit: commit ?? null },
  ...{ notified: timeOrNull(notified), fetched: timeOrNull(fetched) },
});

export function demandDevice(text: string, deps: Pick<FleetDeps, 'site' | 'device'>): Device {
  demandSite(deps);
  const mac = parseMac(text);
  if (!mac) throw new Fault(400, 'mac', `${quoted(text)} is no MAC; wanted one such as 00:15:65:12:34:56`);
  const device = deps.device(mac);
  if (device) return device;
  throw new Fault(404, 'unknown-device', `no device of devices.yml has the MAC ${formatMac(mac)}`);
}

const isMac = (value: unknown): value is Mac => typeof value === 'string' && parseMac(value) === value;

function listOf({ limit, cursor, extension, ...wanted }: ListQuery, deps: DevicesDeps) {
  demandSite(deps);
  const after = readCursor(cursor, isMac);
  const all =
    extension === undefined ? deps.devices() : deps.devicesOf(extension).toSorted((a, b) => (a.mac < b.mac ? -1 : 1));
  const items = [];
  for (let index = after === undefined ? 0 : placeAfter(all, after); index < all.length; index++) {
    const device = all[index]!;
    if (!fits(device, wanted)) continue;
    const state = deps.stateOf(device.mac);
    if (wanted.state !== undefined && state?.state !== wanted.state) continue;
    if (items.length === limit) return { items, next: cursorOf(parseMac(items.at(-1)!.mac)) };
    items.push(summaryOf(device, state));
  }
  return { items, next: null };
}

const fits = (device: Device, { vendor, model, group }: Omit<ListQuery, 'limit'>): boolean =>
  (vendor === undefined || device.vendor === vendor) &&
  (model === undefined || device.model === model) &&
  (group === undefined || device.group === group);

/** Of a list by MAC, the place of the first behind one. */
function placeAfter(all: readonly Device[], mac: Mac): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle]!.mac <= mac) low = middle + 1;
    else high = middle;
  }
  return low;
}
