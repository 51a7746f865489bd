import type { Device } from '../../model/device.ts';
import type { NotifyFact } from '../../model/fact.ts';
import { formatMac } from '../../model/mac.ts';
import { quoted } from '../../problem.ts';
import type { App } from '../app.ts';
import { Fault } from '../fault.ts';
import { demandSite, type FleetDeps } from '../fleet.ts';
import { rebootedSchema, rebootsSchema } from '../schemas/reboots.ts';
import { olderAnswers } from '../schemas/shared.ts';

export interface RebootsDeps extends Pick<FleetDeps, 'site' | 'devices' | 'devicesOf'> {
  /** Whether anybody knows a way to a device. */
  readonly isReachable: (device: Device) => boolean;
  /** Sends a NOTIFY that makes it reboot, at the pace of devices.yml; what came of it. Never rejects. */
  readonly reboot: (device: Device) => Promise<NotifyFact | undefined>;
  /** Milliseconds until an answer is given, however many have not answered by then; 30,000 when not given. */
  readonly rebootPatience?: number;
}

const tags = ['predecessors'];
const config = { role: 'operator' } as const;

/** Phones are made to reboot by a NOTIFY, and the answer says what they answered. */
export function reboots(app: App, deps: RebootsDeps): void {
  app.post(
    '/api/phones/reboot',
    {
      config,
      schema: { summary: 'Make all phones reboot', tags, response: olderAnswers({ 200: rebootsSchema }, 503) },
    },
    async (request) => {
      demandSite(deps);
      const devices = deps.devices().filter(deps.isReachable);
      request.changed = { target: `${devices.length} devices` };
      return summaryOf(await rebootAll(devices, deps));
    },
  );
  app.post<{ Params: { extension: string } }>(
    '/api/phones/:extension/reboot',
    {
      config,
      schema: {
        ...{ summary: 'Make the phones of an extension reboot', tags },
        params: {
          type: 'object',
          properties: { extension: { type: 'string', minLength: 1, maxLength: 64, description: 'The extension.' } },
        },
        response: olderAnswers({ 200: rebootedSchema }, 400, 404, 503),
      },
    },
    async (request) => {
      demandSite(deps);
      const { extension } = request.params;
      const devices = deps.devicesOf(extension);
      request.changed = { target: extension };
      const reachable = devices.filter(deps.isReachable);
      if (reachable.length === 0) throw notFound(extension, devices.length > 0);
      const told = await rebootAll(reachable, deps);
      const { rebooted, failed } = summaryOf(told);
      if (rebooted.length === 0 && failed.length > 0)
        throw notReached(
          extension,
          failed.map(({ error }) => error),
        );
      const message =
        rebooted.length > 0
          ? `Reboot signal sent to extension ${extension}`
          : 'The phone was told, and has not answered yet';
      return { success: rebooted.length > 0, message, rebooted, failed };
    },
  );
}

function notFound(extension: string, isKnown: boolean): Fault {
  const message = isKnown
    ? `the phone of extension ${extension} is not registered, and has not fetched yet: nobody knows where it is`
    : `no device has a line of extension ${quoted(extension)}`;
  return new Fault(404, 'unknown-phone', message, { title: 'Phone not found' });
}

/** In the words of the second predecessor's document. */
const notReached = (extension: string, reasons: readonly string[]): Fault =>
  new Fault(500, 'not-reached', `Failed to communicate with phone ${extension}: ${reasons.join('; ')}`, {
    title: 'Phone not reached',
  });

interface Told {
  readonly device: Device;
  /** Undefined: not over yet. */
  readonly fact?: NotifyFact;
}

/** Those who do not answer are waited for in vain; who asks need not wait for all of them. */
async function rebootAll(
  devices: readonly Device[],
  { reboot, rebootPatience = 30_000 }: RebootsDeps,
): Promise<Told[]> {
  const facts = new Map<Device, NotifyFact>();
  const all = Promise.all(
    devices.map(async (device) => {
      const fact = await reboot(device);
      if (fact) facts.set(device, fact);
    }),
  );
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, rebootPatience);
  await Promise.race([all, patience.promise]);
  clearTimeout(timer);
  return devices.map((device) => ({ device, fact: facts.get(device) }));
}

const isTaken = ({ outcome, status = 0 }: NotifyFact): boolean =>
  outcome === 'handed' || (outcome === 'answered' && status >= 200 && status < 300);

function summaryOf(told: readonly Told[]) {
  const name = ({ mac, lines }: Device) => lines[0]?.extension ?? formatMac(mac);
  const over = told.flatMap(({ device, fact }) => (fact ? [{ device, fact }] : []));
  const rebooted = over.filter(({ fact }) => isTaken(fact)).map(({ device }) => name(device));
  const failed = over
    .filter(({ fact }) => !isTaken(fact))
    .map(({ device, fact }) => ({ extension: name(device), error: reasonOf(fact) }));
  const pending = told.length - over.length;
  const message = `${rebooted.length} phones took it, ${failed.length} did not${pending > 0 ? `, ${pending} are still being told` : ''}`;
  const counts = { success_count: rebooted.length, failed_count: failed.length, pending_count: pending };
  return { success: true, message, rebooted, failed, ...counts };
}

const reasonOf = ({ outcome, status, reason, target }: NotifyFact): string =>
  outcome === 'silent'
    ? `no answer from ${target}`
    : [status, reason ?? outcome].filter((part) => part !== undefined).join(' ');
