import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EditSettings } from '../../model/api.ts';
import { type DeviceEdited, type Edited, type Fields, isRefused, type WantedEdit } from '../../model/edit.ts';
import { formatMac, type Mac, parseMac } from '../../model/mac.ts';
import { masked } from '../../model/masked.ts';
import type { App } from '../app.ts';
import { demandShallow, macFrom, matchOf, toFault } from '../edit-faults.ts';
import { Fault } from '../fault.ts';
import { answers } from '../schemas/shared.ts';
import { deviceBody, editedSchema, macParam, patchBody } from '../schemas/v1-edit.ts';
import type { EditDeps } from './provisioning-edit.ts';

export interface V1EditDeps extends Pick<EditDeps, 'editDevice'> {
  readonly editSettings: () => EditSettings;
  /** Hash of the file in which a device stands. */
  readonly fileTag: (mac: Mac) => string | undefined;
}

interface OfOne {
  Params: { readonly mac: string };
  Body: Fields;
}

const config = { role: 'admin' } as const;
const tags = ['devices'];

/** `POST`, `PATCH` and `DELETE` of `/api/v1/devices`: each is a change of devices.yml. */
export function v1Edit(app: App, deps: V1EditDeps): void {
  app.addContentTypeParser(
    'application/merge-patch+json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.post<{ Body: Fields }>(
    '/api/v1/devices',
    {
      config,
      schema: {
        ...{ summary: 'Adds a device to devices.yml', tags, body: deviceBody },
        response: answers({ 201: editedSchema, 202: editedSchema }, 400, 409, 412),
      },
    },
    async (request, reply) => {
      const mac = macFrom(request.body.mac);
      demandShallow(request.body);
      const answer = await run(deps, request, { kind: 'add', mac, device: request.body });
      void reply.code(201).header('location', `/api/v1/devices/${mac}`);
      return answered(reply, mac, answer);
    },
  );
  app.patch<OfOne>(
    '/api/v1/devices/:mac',
    {
      config,
      schema: {
        ...{
          summary: 'Changes words of a device',
          description: 'A JSON merge patch (RFC 7396) of its entry in devices.yml.',
          tags,
        },
        ...{ params: macParam, body: patchBody, consumes: ['application/merge-patch+json', 'application/json'] },
        response: answers({ 200: editedSchema, 202: editedSchema }, 400, 404, 409, 412, 428),
      },
    },
    async (request, reply) => {
      const mac = macFrom(request.params.mac);
      const { mac: other, ...patch } = request.body;
      if (other !== undefined && parseMac(String(other)) !== mac)
        throw new Fault(
          400,
          'mac',
          'a device keeps its MAC; another phone is another device: remove this one and add that one',
        );
      demandShallow(patch);
      demandMatch(request, deps);
      return answered(reply, mac, await run(deps, request, { kind: 'change', mac, patch }));
    },
  );
  app.delete<Pick<OfOne, 'Params'>>(
    '/api/v1/devices/:mac',
    {
      config,
      schema: {
        ...{ summary: 'Removes a device from devices.yml', tags, params: macParam },
        response: answers({ 200: editedSchema, 202: editedSchema }, 400, 404, 409, 412, 428),
      },
    },
    async (request, reply) => {
      const mac = macFrom(request.params.mac);
      demandMatch(request, deps);
      return answered(reply, mac, await run(deps, request, { kind: 'remove', mac }));
    },
  );
}

type Done = Exclude<DeviceEdited, { refused: string }>;

async function run({ editDevice }: V1EditDeps, request: FastifyRequest, edit: WantedEdit): Promise<Done> {
  const answer = await editDevice({ edit, author: request.caller.name, match: matchOf(request) });
  if (isRefused(answer)) throw toFault(answer);
  const after = edit.kind === 'add' ? edit.device : edit.kind === 'change' ? edit.patch : undefined;
  request.changed = { target: edit.mac, before: masked(answer.before), after: masked(after) };
  return answer as Done;
}

/** RFC 6585 section 3. */
function demandMatch(request: FastifyRequest, { editSettings }: V1EditDeps): void {
  if (editSettings().if_match === 'required' && request.headers['if-match'] === undefined)
    throw new Fault(
      428,
      'precondition-required',
      'wanted If-Match with the ETag of the device (GET /api/v1/devices/MAC)',
    );
}

function answered(reply: FastifyReply, mac: Mac, { done, file, tag, commit, branch, warnings, news }: Done & Edited) {
  if (done === 'branch') void reply.code(202);
  void reply.header('etag', `"${tag}"`);
  return { mac: formatMac(mac), done, file, commit, branch, warnings, phone: news.phone, message: news.message };
}
