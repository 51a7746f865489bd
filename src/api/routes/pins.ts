import type { FastifyRequest } from 'fastify';
import type { Device } from '../../model/device.ts';
import type { NotEdited } from '../../model/edit.ts';
import { formatMac } from '../../model/mac.ts';
import type { Pin } from '../../state/pins.ts';
import type { App } from '../app.ts';
import { macFrom, toFault } from '../edit-faults.ts';
import { Fault } from '../fault.ts';
import type { FleetDeps } from '../fleet.ts';
import { pageIn } from '../listed.ts';
import { type PageQuery, pageOf, pageQuery } from '../paging.ts';
import { macParams } from '../schemas/devices.ts';
import { causes, pinSchema, rollbackBody, steppedSchema } from '../schemas/pins.ts';
import { answers } from '../schemas/shared.ts';
import { demandDevice } from './devices.ts';

/** What becomes of a device: without a pin it is let go. */
interface Step {
  readonly pin?: Pin;
  readonly sentence: string;
  readonly changes: readonly {
    readonly file: string;
    readonly added?: number;
    readonly removed?: number;
    readonly diff: string;
  }[];
}

/** Without a step there was nothing to do. */
type Acted = { readonly step?: Step } | NotEdited;

export interface PinsDeps extends Pick<FleetDeps, 'site' | 'device'> {
  readonly pins: () => Iterable<Pin>;
  /** As `offhook rollback`: the daemon builds at once. */
  readonly rollBack: (
    device: Device,
    wanted: { readonly to: string; readonly reason?: string; readonly dryRun?: boolean },
  ) => Acted;
  /** As `offhook rollback --release`. */
  readonly release: (device: Device) => Acted;
}

interface Query extends PageQuery {
  readonly device?: string;
  readonly cause?: Pin['cause'];
}

interface OfOne {
  Params: { readonly mac: string };
}

interface Back extends OfOne {
  Body: { readonly to: string; readonly reason?: string; readonly dry_run?: boolean };
}

const tags = ['rollouts'];

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...pageQuery,
    device: { type: 'string', minLength: 12, maxLength: 17, description: 'Only that of a device, by its MAC.' },
    cause: { type: 'string', enum: causes, description: 'Only those for a cause.' },
  },
} as const;

/** Who keeps the files of an earlier revision, and going back to one. */
export function pins(app: App, deps: PinsDeps): void {
  app.get<{ Querystring: Query }>(
    '/api/v1/pins',
    {
      config: { role: 'viewer' },
      schema: {
        ...{ summary: 'Devices that do not get what git says, by MAC', tags, querystring },
        response: answers({ 200: pageOf('pins', pinSchema) }, 400),
      },
    },
    async ({ query: { device, cause, ...page } }) => {
      const mac = device === undefined ? undefined : macFrom(device);
      const wanted = [...deps.pins()].filter(
        (pin) => (mac === undefined || pin.device === mac) && (cause === undefined || pin.cause === cause),
      );
      const sorted = wanted.sort((a, b) => (a.device < b.device ? -1 : 1));
      const { items, next } = pageIn(sorted, { ...page, keyOf: (pin) => pin.device });
      return { items: items.map(viewOf), next };
    },
  );
  app.post<Back>(
    '/api/v1/devices/:mac/rollback',
    {
      config: { role: 'operator' },
      schema: {
        summary: 'Back to files that a device had',
        description: 'With the passwords of today, until git says the same or somebody takes the pin away.',
        ...{ tags, params: macParams, body: rollbackBody },
        response: answers({ 200: steppedSchema }, 400, 404, 409, 503),
      },
    },
    async (request) => {
      const { to, reason, dry_run: dryRun = false } = request.body;
      const device = demandDevice(request.params.mac, deps);
      const step = stepIn(deps.rollBack(device, { to, reason, dryRun }));
      if (step?.pin && !dryRun) noteChange(request, step.pin);
      return answered(device, step, dryRun ? 'planned' : 'pinned');
    },
  );
  app.delete<OfOne>(
    '/api/v1/devices/:mac/pin',
    {
      config: { role: 'operator' },
      schema: {
        ...{ summary: 'What git says again', tags, params: macParams },
        response: answers({ 200: steppedSchema }, 400, 404, 409, 503),
      },
    },
    async (request) => {
      const device = demandDevice(request.params.mac, deps);
      const [pin] = [...deps.pins()].filter((one) => one.device === device.mac);
      const step = stepIn(deps.release(device));
      if (!pin || !step) throw new Fault(404, 'not-pinned', `${formatMac(device.mac)} is not pinned`);
      request.changed = { target: device.mac, before: { pinned: pin.revision, cause: pin.cause } };
      return answered(device, step, 'released');
    },
  );
}

function stepIn(acted: Acted) {
  if ('refused' in acted) throw toFault(acted);
  return acted.step;
}

function noteChange(request: FastifyRequest, { device, from, revision, reason }: Pin): void {
  request.changed = { target: device, before: { revision: from }, after: { pinned: revision, reason } };
}

const answered = ({ mac }: Device, step: ReturnType<typeof stepIn>, done: string) => ({
  ...{ mac: formatMac(mac), done: step ? done : 'nothing' },
  ...{ from: step?.pin?.from ?? null, to: step?.pin?.revision ?? null },
  message: step?.sentence ?? 'it has that already',
  changes: (step?.changes ?? []).map(({ file, diff, added = null, removed = null }) => ({
    ...{ file, added, removed, diff },
  })),
});

const viewOf = ({ device, revision, at, cause, from, reason }: Pin) => ({
  ...{ device: formatMac(device), revision, cause, at: new Date(at).toISOString() },
  ...{ from: from ?? null, reason: reason ?? null },
});
