import type { Problem } from '../problem.ts';
import { resolveSiteAccess } from './access.ts';
import { cutLabels } from './cut-labels.ts';
import type { Device, Server, Settings } from './device.ts';
import { exposedByAddress } from './exposed.ts';
import type { Fault } from './faults.ts';
import { createHttpsReader, type Https } from './https.ts';
import { findSection } from './layers.ts';
import { notifyDefaults } from './notify-policy.ts';
import { outMode } from './out-mode.ts';
import { holds, type Part, type Round, reportPart, resolvePart } from './parts.ts';
import { createPeople } from './people.ts';
import { createPhonebook } from './phonebook.ts';
import { resolvePnp } from './pnp.ts';
import { createReport } from './report.ts';
import { resolveApi } from './resolve-api.ts';
import { resolveRegistry } from './resolve-registry.ts';
import { resolveServer } from './resolve-settings.ts';
import { resolveWebhooks } from './resolve-webhooks.ts';
import type { NotifySettings, Site } from './site.ts';
import type { RawNotify, Sources } from './sources.ts';
import { createStacks, type Stacks, type StackWithLayers } from './stacks.ts';
import { parsePosixTimezone, type TimeZone } from './timezone.ts';
import { resolveUploads } from './upload.ts';

export interface Resolution {
  readonly site: Site;
  readonly problems: readonly Problem[];
}

/**
 * Applies the layers and joins the people. Work follows the change: of a file whose devices, layers and people are the
 * same objects as the last time nothing is looked at, and of one that changed each other device stays the same frozen
 * object.
 */
export function createResolver(): (sources: Sources) => Resolution {
  const joinPeople = createPeople();
  const readHttps = createHttpsReader();
  const listPeople = createPhonebook();
  let lastParts: ReadonlyMap<string, Part> = new Map();
  let lastStacks: ReadonlyMap<string, StackWithLayers> = new Map();
  let lastServer: { raw: unknown; server: Server } | undefined;

  return (sources) => {
    const found = findSection(sources, 'server');
    if (!lastServer || lastServer.raw !== found?.value)
      lastServer = { raw: found?.value, server: resolveServer(found?.value ?? { address: '' }) };
    const { server } = lastServer;
    const { faults, ...people } = joinPeople(sources);
    const stacks = createStacks(sources, server, lastStacks);
    const round: Round = { sources, stacks, ...people };
    const report = createReport();
    for (const { file, number, unreadable } of faults)
      report.at(file.locate(['extensions', number, 'password']), secretFault(unreadable));
    const parts = new Map<string, Part>();
    for (const file of sources.files) {
      const before = lastParts.get(file.path);
      const part = before && holds(before, file, round) ? before : resolvePart(file, round, before);
      if (!part.isSound) reportPart(part, { file, round, report });
      parts.set(file.path, part);
    }
    lastParts = parts;
    lastStacks = stacks.used;
    for (const { stack, layers } of stacks.used.values()) for (const fault of stack.faults) report.fault(fault, layers);
    const devices = [...parts.values()].flatMap((part) => part.devices);
    const kinds = [...parts.values()].flatMap((part) => part.kinds);
    const { https, problems } = readHttps(sources);
    const { registry, problems: registryFaults } = resolveRegistry(sources);
    const { api, problems: apiFaults } = resolveApi(sources);
    const { webhooks, problems: webhookFaults } = resolveWebhooks(sources);
    for (const { file, ...fault } of [...registryFaults, ...apiFaults, ...webhookFaults])
      report.at(file.locate(fault.path), fault);
    const phonebook = listPeople({ ...people, isWanted: kinds.some(hasPhonebook) });
    const site = toSite(sources, { devices, kinds, server, stacks, https, phonebook, registry, api, webhooks });
    const ofDevices = [...exposedByAddress(devices, sources), ...cutLabels(devices, sources)];
    return { site, problems: [...report.problems(), ...ofDevices, ...problems] };
  };
}

const secretFault = (unreadable: string): Fault => ({
  code: 'secret',
  path: [],
  severity: 'error',
  message: `${unreadable}; wanted a password`,
});

const hasPhonebook = ({ settings: { directory } }: Device): boolean => typeof directory?.phonebook === 'object';

function toSite(
  sources: Sources,
  {
    devices,
    kinds,
    server,
    stacks,
    https,
    phonebook,
    registry,
    api,
    webhooks,
  }: Required<Pick<Site, 'devices' | 'kinds' | 'server'>> &
    Pick<Site, 'registry' | 'api' | 'webhooks'> & {
      stacks: Stacks;
      https?: Https;
      phonebook: Site['phonebook'];
    },
): Site {
  const zones = new Map<string, TimeZone>();
  return Object.freeze({
    devices,
    kinds,
    server,
    notify: resolveNotify(sources),
    registry,
    api,
    webhooks,
    uploads: resolveUploads(findSection(sources, 'uploads')?.value),
    pnp: resolvePnp(findSection(sources, 'pnp')?.value),
    outMode: outMode(findSection(sources, 'out')?.value),
    ...resolveSiteAccess(kinds, sources),
    prefixes: findSection(sources, 'server')?.value.prefixes ?? [],
    proxies: findSection(sources, 'server')?.value.proxies,
    https,
    phonebook,
    vendors: sources.vendors,
    templates: sources.templates,
    templatePaths: sources.templatePaths,
    timezone(name: string): TimeZone {
      const known = zones.get(name) ?? parsePosixTimezone(name, sources.timezones.get(name) ?? 'UTC0');
      zones.set(name, known);
      return known;
    },
    settingsOfModel(vendor: string, model: string): Settings {
      const { isKnown, stack } = stacks.of({ vendor, model });
      if (!isKnown) throw new Error(`no such model: ${vendor}/${model}`);
      return stack.settings;
    },
  });
}

function resolveNotify(sources: Sources): NotifySettings {
  const { per_second, per_address } = notifyDefaults;
  const { pace, ...rest }: RawNotify = findSection(sources, 'notify')?.value ?? {};
  return Object.freeze({ mode: 'auto', per_second, per_address, ...rest, ...pace });
}
