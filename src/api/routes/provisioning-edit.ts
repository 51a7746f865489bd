import type { DeviceEdited, EditRequest, Fields } from '../../model/edit.ts';
import { isRefused } from '../../model/edit.ts';
import type { Mac } from '../../model/mac.ts';
import { masked } from '../../model/masked.ts';
import type { App } from '../app.ts';
import { macFrom, matchOf, toFault } from '../edit-faults.ts';
import { Fault } from '../fault.ts';
import type { FleetDeps } from '../fleet.ts';
import { configUrl } from '../provisioned.ts';
import { registeredSchema, registerSchema, removedSchema } from '../schemas/provisioning-edit.ts';
import { olderAnswers } from '../schemas/shared.ts';

export interface EditDeps extends Pick<FleetDeps, 'site' | 'device'> {
  readonly editDevice: (request: EditRequest) => Promise<DeviceEdited>;
}

interface Register {
  readonly mac_address: string;
  readonly extension_number: string;
  readonly extension_number_2?: string;
  readonly vendor: string;
  readonly model: string;
}

/** `POST` and `DELETE /api/provisioning/devices`, in the words of the predecessor. */
export function provisioningEdit(app: App, { editDevice, site, device: deviceOf }: EditDeps): void {
  app.post<{ Body: Register }>(
    '/api/provisioning/devices',
    {
      config: { role: 'admin' },
      schema: {
        ...{ summary: 'Registers a device, or changes one', tags: ['predecessors'], body: registerSchema },
        response: olderAnswers({ 200: registeredSchema, 202: registeredSchema }, 400, 409, 412),
      },
    },
    async (request, reply) => {
      const { body } = request;
      const mac = macFrom(body.mac_address);
      const device = entryOf(mac, body);
      const edit = { kind: 'add', mac, device, replace: true } as const;
      const answer = await editDevice({ edit, author: request.caller.name, match: matchOf(request) });
      if (isRefused(answer)) throw toFault(answer);
      request.changed = { target: mac, before: masked(answer.before), after: device };
      const { news, branch, commit, done } = answer;
      const [built, known] = [deviceOf(mac), site()];
      const url = built && known && configUrl(built, known);
      if (done === 'branch') void reply.code(202);
      return {
        success: true,
        device: { ...shownOf(mac, body), ...(url !== undefined && { config_url: url }) },
        reboot_triggered: news.phone === 'told',
        reboot_pending: news.phone === 'pending',
        message: messageOf(done, news),
        ...(branch !== undefined && { branch }),
        ...(commit !== undefined && { commit }),
      };
    },
  );
  app.delete<{ Params: { mac: string } }>(
    '/api/provisioning/devices/:mac',
    {
      config: { role: 'admin' },
      schema: {
        ...{ summary: 'Unregisters a device', tags: ['predecessors'] },
        params: {
          type: 'object',
          properties: { mac: { type: 'string', description: 'A MAC address in any usual spelling.' } },
        },
        response: olderAnswers({ 200: removedSchema, 202: removedSchema }, 400, 404, 409, 412),
      },
    },
    async (request, reply) => {
      const mac = macFrom(request.params.mac);
      const answer = await editDevice({
        edit: { kind: 'remove', mac },
        author: request.caller.name,
        match: matchOf(request),
      });
      if (isRefused(answer)) throw toFault(answer);
      request.changed = { target: mac, before: masked(answer.before) };
      const { branch, commit, done, news } = answer;
      if (done === 'branch') void reply.code(202);
      return {
        success: true,
        // Its files are gone: there is nothing to fetch.
        reboot_triggered: false,
        message: done === 'branch' ? `Device not unregistered yet: ${news.message}` : 'Device unregistered',
        ...(branch !== undefined && { branch }),
        ...(commit !== undefined && { commit }),
      };
    },
  );
}

function messageOf(done: string, { phone, message }: { readonly phone: string; readonly message: string }): string {
  if (done === 'branch') return `Device not registered yet: ${message}`;
  if (phone === 'told') return 'Device registered and phone reboot triggered automatically';
  return `Device registered; ${message}`;
}

/** Words as devices.yml has them: vendors and models are spelt in lower case. */
function entryOf(mac: Mac, { vendor, model, extension_number, extension_number_2 }: Register): Fields {
  const own = { mac: spelled(mac), vendor: vendor.toLowerCase(), model: model.toLowerCase() };
  if (extension_number === '') throw new Fault(400, 'validation', 'extension_number is empty; wanted an extension');
  if (!extension_number_2) return { ...own, extension: extension_number };
  return { ...own, lines: [{ extension: extension_number }, { extension: extension_number_2 }] };
}

const shownOf = (mac_address: Mac, { vendor, model, extension_number }: Register) => ({
  ...{ mac_address, extension_number, vendor: vendor.toLowerCase(), model: model.toLowerCase() },
});

const spelled = (mac: Mac): string => mac.replace(/..(?=.)/g, '$&:');
